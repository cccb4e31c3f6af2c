"""Payments, the provider's notices, refunds."""

from django.db import models
from django.db.models import F, Q

from groupbuy.domain.states import PaymentState, RefundState
from groupbuy.domain.words import RefundReason
from groupbuy.kernel.ids import uuid7


class Payment(models.Model):
    """
    One attempt to be paid for an order through one provider. ``payer``: who started it; when it counts, the order's.

    ``out_trade_no`` is our number at the provider. ``counts``: this is the payment that pays the order; at most one
    does (I8), any other that succeeds is refunded. ``next_query_at``: when to ask the provider if no notice came.
    ``refunded_fen``: the sum of its refunds, whatever their state; never more than ``amount_fen`` (I7).
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    order = models.ForeignKey("groupbuy.Order", models.PROTECT, related_name="payments", verbose_name="订单")
    payer = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="+", verbose_name="付款人")
    provider = models.CharField("渠道", max_length=16)
    out_trade_no = models.CharField("商户单号", max_length=32, unique=True)
    amount_fen = models.BigIntegerField("金额（分）")
    prepay_id = models.CharField(max_length=64, blank=True)
    transaction_id = models.CharField("支付单号", max_length=64, null=True, unique=True)  # noqa: DJ001 - NULL until paid, so that UNIQUE holds
    state = models.CharField(
        "状态",
        max_length=16,
        default=PaymentState.CREATED,
        choices=[(PaymentState.CREATED, "待支付"), (PaymentState.PAID, "已支付"), (PaymentState.CLOSED, "已关闭")],
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    counts = models.BooleanField("计入订单", default=False)
    refunded_fen = models.BigIntegerField("退款（分）", default=0, db_default=0)
    created_at = models.DateTimeField("发起时间")
    paid_at = models.DateTimeField("支付时间", null=True)
    next_query_at = models.DateTimeField(null=True)
    queries = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "支付单"
        verbose_name_plural = "支付单"
        constraints = (
            models.UniqueConstraint(fields=["order"], condition=Q(counts=True), name="payment_one_counts"),
            models.UniqueConstraint(fields=["order"], condition=Q(state="created"), name="payment_one_pending"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded_fen__gte=0, refunded_fen__lte=F("amount_fen")), name="payment_refunds_within_it"
            ),
        )
        indexes = (
            models.Index(fields=["next_query_at"], name="payment_to_query", condition=Q(next_query_at__isnull=False)),
        )

    def __str__(self) -> str:
        return self.out_trade_no


class PaymentNotice(models.Model):
    """A verified notice of the provider; its id makes a second delivery visible."""

    notice_id = models.CharField(max_length=64, unique=True)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="notices")
    event_type = models.CharField(max_length=32)
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = "支付通知"
        verbose_name_plural = "支付通知"

    def __str__(self) -> str:
        return self.notice_id


class Refund(models.Model):
    """
    Money on its way back to the payer. ``out_refund_no`` never changes, so that a retry can never refund twice (I7); only
    one that the provider has closed is replaced, when a person has the refund tried again.

    ``next_try_at``: when the sweep may send it or ask about it; NULL when nothing is to be done by machine.
    ``sent_as``: the refund under whose number it was sent, itself or an earlier one of the payment that waited with
    it; NULL until it is sent, then the same as long as the number. One parcel of a payment is on its way at a time.
    ``billed_date``: the first day on whose bill its number stood, on the row that gave the number.
    ``as_credit``: the payer has store credit in place of the money.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name="支付单")
    order = models.ForeignKey("groupbuy.Order", models.PROTECT, related_name="refunds", verbose_name="订单")
    out_refund_no = models.CharField("退款单号", max_length=64, unique=True)
    amount_fen = models.BigIntegerField("金额（分）")
    reason = models.CharField(
        "原因",
        max_length=24,
        choices=[
            (RefundReason.SHOPPER_CANCELLED, "顾客取消"),
            (RefundReason.GROUP_MINIMUM, "未成团"),
            (RefundReason.OFFER_MINIMUM, "商品未成团"),
            (RefundReason.LATE_PAYMENT, "超时支付"),
            (RefundReason.DOUBLE_PAYMENT, "重复支付"),
            (RefundReason.SHORTAGE, "缺货"),
            (RefundReason.WEIGHT, "称重退差"),
            (RefundReason.OPERATOR, "运营退款"),
        ],
    )
    note = models.CharField("说明", max_length=200, blank=True)
    state = models.CharField(
        "状态",
        max_length=16,
        default=RefundState.INTENDED,
        choices=[
            (RefundState.INTENDED, "待退款"),
            (RefundState.SENDING, "退款中"),
            (RefundState.SUCCEEDED, "已退款"),
            (RefundState.FAILED, "失败待重试"),
            (RefundState.MANUAL, "转人工"),
        ],
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField("发起时间")
    next_try_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField("尝试次数", default=0)
    last_error = models.CharField("最近错误", max_length=200, blank=True)
    sent_as = models.ForeignKey("self", models.PROTECT, null=True, related_name="parcel", verbose_name="合并至")
    sent_at = models.DateTimeField("首次发出时间", null=True)
    done_at = models.DateTimeField("到账时间", null=True)
    billed_date = models.DateField("对账单日", null=True, editable=False)
    as_credit = models.BooleanField("转为余额", default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = "退款单"
        verbose_name_plural = "退款单"
        constraints = (
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(sent_as=None, sent_at=None) | Q(sent_as__isnull=False, sent_at__isnull=False),
                name="refund_sent_under_a_number",
            ),
            models.CheckConstraint(condition=Q(as_credit=False) | Q(state="succeeded"), name="refund_credit_is_final"),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(state__in=["sending", "failed"], sent_as=F("id")),
                name="refund_one_on_its_way",
            ),
        )
        indexes = (models.Index(fields=["next_try_at"], name="refund_to_send", condition=Q(next_try_at__isnull=False)),)

    def __str__(self) -> str:
        return self.out_refund_no


class RefundLine(models.Model):
    """
    Which pieces of which line a refund gives back; none for a payment that never counted.

    ``short``: those of the ``quantity`` pieces that the warehouse did not have; the others were refunded. 0 pieces: money
    alone, for goods that weighed less.
    ``taken_at`` is null until what was earned on the line has been corrected for it.
    """

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="lines")
    line = models.ForeignKey("groupbuy.OrderLine", models.PROTECT, related_name="refund_lines")
    quantity = models.PositiveIntegerField("件数")
    short = models.PositiveIntegerField("其中缺货", default=0, db_default=0)
    amount_fen = models.BigIntegerField("金额（分）")
    taken_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "退款行"
        verbose_name_plural = "退款行"
        constraints = (
            models.UniqueConstraint(fields=["refund", "line"], name="refundline_once"),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="refundline_amount_not_negative"),
            models.CheckConstraint(condition=Q(short__lte=F("quantity")), name="refundline_short_within_it"),
        )
        indexes = (models.Index(fields=["id"], name="refundline_untaken", condition=Q(taken_at=None)),)

    def __str__(self) -> str:
        return f"{self.line_id} × {self.quantity}"
