"""What the warehouse does not have: recorded while it picks and sorts, decided line by line when the pick is closed."""

from django.db import models
from django.db.models import F, Q

from fulfillment.domain.states import ShortageCause
from fulfillment.models.wave import Wave


class Shortage(models.Model):
    """
    ``pieces`` sale units of a SKU were not there, in the whole wave or (``point``) on their way to one position.

    ``uuid`` is made by the device, so that sending it twice records once. ``expected``: pieces on the papers of the
    version in which it was recorded, of the SKU or of the SKU at the point. ``allocated``: how many of the pieces some
    line went without, NULL until the pick is closed; fewer than ``pieces`` when as many were refunded meanwhile.
    """

    uuid = models.UUIDField(unique=True)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="shortages", verbose_name="波次")
    sku = models.ForeignKey("groupbuy.Sku", models.PROTECT, related_name="+", verbose_name="商品")
    point = models.ForeignKey(
        "groupbuy.PickupPoint", models.PROTECT, null=True, related_name="+", verbose_name="自提点"
    )
    pieces = models.PositiveIntegerField("件数")
    expected = models.PositiveIntegerField("应有")
    cause = models.CharField(
        "原因",
        max_length=8,
        choices=[(ShortageCause.MISSING, "缺货"), (ShortageCause.DAMAGED, "破损")],
        default=ShortageCause.MISSING,
    )
    note = models.CharField("说明", max_length=200, blank=True)
    actor = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")
    undone_at = models.DateTimeField("撤销时间", null=True)
    undone_by = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="撤销人")
    allocated = models.PositiveIntegerField("已分配", null=True)

    class Meta:
        verbose_name = "缺货"
        verbose_name_plural = "缺货"
        constraints = (
            models.CheckConstraint(
                condition=Q(pieces__gte=1, pieces__lte=F("expected")), name="shortage_within_expected"
            ),
            models.CheckConstraint(
                condition=Q(allocated=None) | Q(allocated__lte=F("pieces"), undone_at=None),
                name="shortage_allocated_within_it",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="shortage_undone_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku} −{self.pieces}"


class ShortageShare(models.Model):
    """
    The decision that ``line`` goes without ``pieces`` of a shortage. Never changed.

    ``refund_line`` gives its money back, together with whatever else went back on the line at that time; NULL for
    what was free.
    """

    shortage = models.ForeignKey(Shortage, models.PROTECT, related_name="shares")
    line = models.ForeignKey("groupbuy.OrderLine", models.PROTECT, related_name="+", verbose_name="订单行")
    pieces = models.PositiveIntegerField("件数")
    refund_line = models.ForeignKey("groupbuy.RefundLine", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField("决定时间")

    class Meta:
        verbose_name = "缺货分配"
        verbose_name_plural = "缺货分配"
        constraints = (
            models.UniqueConstraint(fields=["shortage", "line"], name="shortageshare_once"),
            models.CheckConstraint(condition=Q(pieces__gte=1), name="shortageshare_pieces_positive"),
        )

    def __str__(self) -> str:
        return f"{self.line_id} −{self.pieces}"
