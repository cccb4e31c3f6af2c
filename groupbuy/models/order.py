"""Orders, their lines, and the one outcome of each at the cutoff."""

from django.db import models
from django.db.models import F, Q

from groupbuy.domain.states import OrderSource, OrderState, OutcomeKind
from groupbuy.kernel import privacy
from groupbuy.kernel.ids import order_number, uuid7
from groupbuy.models.catalogue import BASE_UNITS, ZONES

STATES = [
    (OrderState.PLACED, "待支付"),
    (OrderState.PAID, "已支付"),
    (OrderState.ACCEPTED, "已成团"),
    (OrderState.CANCELLED, "已取消"),
    (OrderState.REFUNDED, "已退款"),
]


class Order(models.Model):
    """
    An order keeps the group, point and leader that it was placed with, unless an operator moves the group.

    ``total_fen = items_fen - discount_fen`` is what the payer pays. ``pay_by`` is never past cutoff + grace.
    ``community``: where the point was at the placing; the order counts for that community's caps, wherever it is moved.
    ``shopper`` collects, ``payer`` pays and is refunded; they differ when a leader orders for a neighbour.
    A foreign key without an index of its own is the head of an index below, or nobody looks orders up by it.
    """

    public_id = models.UUIDField("订单 ID", default=uuid7, unique=True, editable=False)
    number = models.CharField("订单号", max_length=32, default=order_number, editable=False)
    campaign = models.ForeignKey(
        "groupbuy.Campaign", models.PROTECT, db_index=False, related_name="orders", verbose_name="活动"
    )
    group = models.ForeignKey(
        "groupbuy.Group", models.PROTECT, db_index=False, related_name="orders", verbose_name="社区团"
    )
    warehouse = models.ForeignKey(
        "groupbuy.Warehouse", models.PROTECT, db_index=False, related_name="+", verbose_name="仓库"
    )
    point = models.ForeignKey("groupbuy.PickupPoint", models.PROTECT, related_name="orders", verbose_name="自提点")
    community = models.ForeignKey(
        "groupbuy.Community", models.PROTECT, db_index=False, related_name="+", verbose_name="社区"
    )
    leader = models.ForeignKey(
        "groupbuy.User", models.PROTECT, db_index=False, related_name="led_orders", verbose_name="团长"
    )
    shopper = models.ForeignKey(
        "groupbuy.User", models.PROTECT, db_index=False, related_name="orders", verbose_name="顾客"
    )
    payer = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="+", verbose_name="付款人")
    source = models.CharField(
        "来源",
        max_length=8,
        default=OrderSource.APP,
        choices=[(OrderSource.APP, "下单"), (OrderSource.KTT, "快团团导入"), (OrderSource.REPLAY, "回放")],
    )
    source_ref = models.CharField("来源单号", max_length=64, blank=True)
    receiver_name = models.CharField("收货人", max_length=64, blank=True)
    receiver_phone_sealed = models.TextField(blank=True, editable=False)
    room = models.CharField("楼栋门牌", max_length=64, blank=True)
    remark = models.CharField("备注", max_length=200, blank=True)
    items_fen = models.BigIntegerField("商品金额（分）")
    discount_fen = models.BigIntegerField("优惠（分）", default=0)
    total_fen = models.BigIntegerField("应付（分）")
    state = models.CharField("状态", max_length=16, choices=STATES, default=OrderState.PLACED)
    version = models.PositiveIntegerField(default=1, editable=False)
    placed_at = models.DateTimeField("下单时间")
    pay_by = models.DateTimeField("支付截止")
    paid_at = models.DateTimeField("支付时间", null=True)

    class Meta:
        verbose_name = "订单"
        verbose_name_plural = "订单"
        constraints = (
            # Not ``unique=True``, which adds an index for prefixes that nobody searches.
            models.UniqueConstraint(fields=["number"], name="order_number_once"),
            models.CheckConstraint(
                condition=Q(total_fen=F("items_fen") - F("discount_fen"), discount_fen__gte=0, total_fen__gte=0),
                name="order_total_adds_up",
            ),
            models.UniqueConstraint(
                fields=["campaign", "source", "source_ref"], condition=~Q(source_ref=""), name="order_source_once"
            ),
        )
        indexes = (
            models.Index(fields=["campaign", "state"], name="order_of_campaign"),
            models.Index(fields=["shopper", "-id"], name="order_of_shopper"),
            models.Index(fields=["group", "-id"], name="order_of_group"),
            models.Index(fields=["pay_by"], name="order_unpaid", condition=Q(state="placed")),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def receiver_phone(self) -> str:
        """The full number. Only for the person himself and for logged unmasking."""
        return privacy.unseal(self.receiver_phone_sealed)

    @property
    def masked_phone(self) -> str:
        return privacy.mask_phone(self.receiver_phone) if self.receiver_phone_sealed else ""


class OrderLine(models.Model):
    """
    One offer in one order. Everything that money depends on is copied here; later changes alter no placed order.

    ``amount_fen = price_fen x quantity``; ``net_fen = amount_fen - discount_fen``. Counts of pieces:
    ``collected <= quantity - short - refunded`` always (I10). ``refunded_fen`` is the money given back for the
    ``short + refunded`` pieces, and for the others where they weighed less than they should. ``returned``: those of the
    refunded pieces that went back to the offer's stock, because they were taken away before the demand was frozen.
    ``commission_fen_a_piece`` NULL: ``commission_bp`` of the net line.

    ``campaign``, ``warehouse`` and ``point`` are copies of the order's, ``sku`` of the offer's. The database checks no
    foreign keys of copies, which would be half of what it does for an order; ``check_books`` compares them (I4).
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, db_index=False, related_name="lines", verbose_name="订单")
    offer = models.ForeignKey(
        "groupbuy.Offer", models.PROTECT, db_index=False, related_name="lines", verbose_name="活动商品"
    )
    campaign = models.ForeignKey("groupbuy.Campaign", models.PROTECT, db_constraint=False, related_name="+")
    warehouse = models.ForeignKey(
        "groupbuy.Warehouse", models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    point = models.ForeignKey(
        "groupbuy.PickupPoint", models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    sku = models.ForeignKey(
        "groupbuy.Sku",
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name="商品",
    )
    name = models.CharField("品名", max_length=100)
    spec = models.CharField("规格", max_length=100, blank=True)
    zone = models.CharField("温区", max_length=8, choices=ZONES)
    sale_unit = models.CharField("单位", max_length=8)
    base_unit = models.CharField(max_length=8, choices=BASE_UNITS)
    base_per_sale = models.PositiveIntegerField()
    after_sales_hours = models.PositiveIntegerField()
    quantity = models.PositiveIntegerField("数量")
    price_fen = models.BigIntegerField("单价（分）")
    cost_fen = models.BigIntegerField()
    amount_fen = models.BigIntegerField("金额（分）")
    discount_fen = models.BigIntegerField("优惠（分）", default=0)
    net_fen = models.BigIntegerField("实付（分）")
    commission_bp = models.PositiveIntegerField(default=0)
    commission_fen_a_piece = models.BigIntegerField(null=True)
    short = models.PositiveIntegerField("缺货", default=0)
    refunded = models.PositiveIntegerField("已退件数", default=0)
    returned = models.PositiveIntegerField("已回库存", default=0, db_default=0)
    refunded_fen = models.BigIntegerField("已退金额（分）", default=0)
    collected = models.PositiveIntegerField("已提", default=0)

    class Meta:
        verbose_name = "订单行"
        verbose_name_plural = "订单行"
        constraints = (
            models.UniqueConstraint(fields=["order", "offer"], name="orderline_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orderline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(
                    amount_fen=F("price_fen") * F("quantity"),
                    net_fen=F("amount_fen") - F("discount_fen"),
                    discount_fen__gte=0,
                    net_fen__gte=0,
                ),
                name="orderline_money_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(collected__lte=F("quantity") - F("short") - F("refunded")),
                name="orderline_not_overcollected",
            ),
            models.CheckConstraint(
                condition=Q(refunded_fen__gte=0, refunded_fen__lte=F("net_fen")), name="orderline_refund_within_net"
            ),
            models.CheckConstraint(condition=Q(returned__lte=F("refunded")), name="orderline_returned_are_refunded"),
        )
        indexes = (models.Index(fields=["offer"], name="orderline_of_offer"),)

    def __str__(self) -> str:
        return f"{self.name} × {self.quantity}"

    @property
    def due(self) -> int:
        """Pieces that the shopper is still to get in all: ordered less short less refunded."""
        return self.quantity - self.short - self.refunded


class OrderOutcome(models.Model):
    """
    What became of an order when its campaign froze; the primary key makes it exactly one (I3).

    ``campaign`` is a copy of the order's, compared by ``check_books`` (I3) as the copies of lines are.
    """

    order = models.OneToOneField(Order, models.PROTECT, primary_key=True, related_name="outcome")
    campaign = models.ForeignKey(
        "groupbuy.Campaign", models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    kind = models.CharField(
        max_length=16,
        choices=[(OutcomeKind.ACCEPTED, "成团"), (OutcomeKind.CANCELLED, "取消"), (OutcomeKind.REFUNDED, "退款")],
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = "截单结果"
        verbose_name_plural = "截单结果"

    def __str__(self) -> str:
        return f"{self.order_id}: {self.kind}"
