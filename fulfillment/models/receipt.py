"""What arrived of a purchase order: counted in one or several goes, each of which can be undone until it is closed."""

from django.db import models
from django.db.models import F, Q

from fulfillment.models.purchase import PurchaseLine, PurchaseOrder


class Receipt(models.Model):
    """
    One count (收货) of a purchase order; those that are not undone add up.

    ``uuid`` is made by the device, so that sending it twice counts once.
    """

    uuid = models.UUIDField(unique=True)
    order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="receipts", verbose_name="采购单")
    actor = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="+", verbose_name="收货人")
    at = models.DateTimeField("收货时间")
    note = models.CharField("说明", max_length=200, blank=True)
    undone_at = models.DateTimeField("撤销时间", null=True)
    undone_by = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="撤销人")

    class Meta:
        verbose_name = "收货"
        verbose_name_plural = "收货"
        constraints = (
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="receipt_undone_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_id}: {self.uuid}"


class ReceiptLine(models.Model):
    """``counted`` sale units came; ``damaged`` of them cannot be sold."""

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines", verbose_name="收货")
    line = models.ForeignKey(PurchaseLine, models.PROTECT, related_name="received", verbose_name="采购行")
    counted = models.PositiveIntegerField("实到")
    damaged = models.PositiveIntegerField("破损", default=0)

    class Meta:
        verbose_name = "收货行"
        verbose_name_plural = "收货行"
        constraints = (
            models.UniqueConstraint(fields=["receipt", "line"], name="receiptline_once"),
            models.CheckConstraint(
                condition=Q(counted__gte=1, damaged__lte=F("counted")), name="receiptline_damaged_within_counted"
            ),
        )

    def __str__(self) -> str:
        return f"{self.line_id} × {self.counted}"
