"""Goods sold by nominal weight: what was weighed, and what it gave back line by line when the pick was closed."""

from django.db import models
from django.db.models import Q

from fulfillment.models.wave import Wave


class WeightEntry(models.Model):
    """
    ``real_base`` base units (g, or pieces) of a weighed SKU leave for a point: for one order line, or for all of them.

    ``uuid`` is made by the device. An entry that was wrong is undone and recorded anew; one is live at a time.
    """

    uuid = models.UUIDField(unique=True)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="weights", verbose_name="波次")
    sku = models.ForeignKey("groupbuy.Sku", models.PROTECT, related_name="+", verbose_name="商品")
    point = models.ForeignKey("groupbuy.PickupPoint", models.PROTECT, related_name="+", verbose_name="自提点")
    line = models.ForeignKey("groupbuy.OrderLine", models.PROTECT, null=True, related_name="+", verbose_name="订单行")
    real_base = models.PositiveIntegerField("实重")
    actor = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="+", verbose_name="称重人")
    at = models.DateTimeField("称重时间")
    undone_at = models.DateTimeField("撤销时间", null=True)
    undone_by = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="撤销人")

    class Meta:
        verbose_name = "称重"
        verbose_name_plural = "称重"
        constraints = (
            models.CheckConstraint(condition=Q(real_base__gte=1), name="weightentry_real_positive"),
            models.UniqueConstraint(
                fields=["wave", "sku", "point", "line"],
                condition=Q(undone_at=None),
                nulls_distinct=False,
                name="weightentry_one_lives",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="weightentry_undone_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku} {self.real_base}"


class WeightShare(models.Model):
    """
    What a weighing said of one order line: ``real_base`` base units for the ``pieces`` that it was due, which should
    have weighed ``nominal_base``. ``amount_fen`` went back with ``refund_line``, 0 where nothing was missing. Never changed.
    """

    entry = models.ForeignKey(WeightEntry, models.PROTECT, related_name="shares")
    line = models.ForeignKey("groupbuy.OrderLine", models.PROTECT, related_name="+", verbose_name="订单行")
    pieces = models.PositiveIntegerField("件数")
    nominal_base = models.PositiveIntegerField("应重")
    real_base = models.PositiveIntegerField("实重")
    amount_fen = models.BigIntegerField("退差（分）")
    refund_line = models.ForeignKey("groupbuy.RefundLine", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField("决定时间")

    class Meta:
        verbose_name = "称重退差"
        verbose_name_plural = "称重退差"
        constraints = (
            models.UniqueConstraint(fields=["entry", "line"], name="weightshare_once"),
            models.CheckConstraint(
                condition=Q(amount_fen=0) | Q(amount_fen__gt=0, real_base__lt=models.F("nominal_base")),
                name="weightshare_never_charges",
            ),
        )

    def __str__(self) -> str:
        return f"{self.line_id}: {self.real_base}/{self.nominal_base}"
