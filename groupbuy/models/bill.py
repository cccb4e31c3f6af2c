"""The provider's daily bills, and where our books differ from them."""

from django.db import models

KINDS = [("payment", "支付"), ("refund", "退款")]
DIFFERENCES = [
    ("missing_here", "渠道有、我方无"),
    ("missing_there", "我方有、渠道无"),
    ("amount", "金额不符"),
    ("state", "状态不符"),
]


class BillDay(models.Model):
    """
    The bill of one provider for one day of the platform's calendar.

    ``checked_at`` is NULL until it could be fetched; until then it is tried at ``next_try_at``. Amounts and ``rows``
    are the bill's own: what was paid and what was refunded on that day.
    """

    provider = models.CharField("渠道", max_length=16)
    bill_date = models.DateField("账单日")
    rows = models.PositiveIntegerField("笔数", default=0)
    paid_fen = models.BigIntegerField("收款（分）", default=0)
    refunded_fen = models.BigIntegerField("退款（分）", default=0)
    checked_at = models.DateTimeField("核对时间", null=True)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.CharField("最近错误", max_length=200, blank=True)

    class Meta:
        verbose_name = "对账日"
        verbose_name_plural = "对账"
        constraints = (models.UniqueConstraint(fields=["provider", "bill_date"], name="billday_once"),)

    def __str__(self) -> str:
        return f"{self.bill_date:%Y-%m-%d}"


class BillDifference(models.Model):
    """
    One payment or refund (by our number at the provider) that the bill and our books do not agree on.

    A side that does not know it has NULL for its amount. Finance explains it with a note; an explained one is kept
    whatever a later check finds.
    """

    bill = models.ForeignKey(BillDay, models.PROTECT, related_name="differences", verbose_name="账单日")
    kind = models.CharField("类型", max_length=8, choices=KINDS)
    number = models.CharField("商户单号", max_length=64)
    what = models.CharField("差异", max_length=16, choices=DIFFERENCES)
    ours_fen = models.BigIntegerField("我方金额（分）", null=True)
    theirs_fen = models.BigIntegerField("渠道金额（分）", null=True)
    ours_state = models.CharField("我方状态", max_length=16, blank=True)
    theirs_state = models.CharField("渠道状态", max_length=16, blank=True)
    found_at = models.DateTimeField("发现时间")
    explained_at = models.DateTimeField("说明时间", null=True)
    explained_by = models.ForeignKey(
        "groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="说明人"
    )
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = "对账差异"
        verbose_name_plural = "对账差异"
        constraints = (
            models.UniqueConstraint(fields=["bill", "kind", "number", "what"], name="billdifference_once"),
            models.CheckConstraint(
                condition=models.Q(explained_at=None, explained_by=None, note="")
                | models.Q(explained_at__isnull=False, explained_by__isnull=False),
                name="billdifference_explained_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.get_what_display()}"
