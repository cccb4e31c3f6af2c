"""The last metres: one pickup per shopper, point and delivery date, and what was handed out when."""

from django.db import models
from django.db.models import Q

from groupbuy.kernel.ids import uuid7


class Pickup(models.Model):
    """
    A shopper's pickup (提货) at a point on a delivery date, over all of his accepted orders there.

    ``code``: six digits, unique among the uncollected ones of the point. ``token``: 128 random bits in hex, in the QR.
    ``done_at`` is stamped when nothing is left to collect. ``warehouse`` is that of the wave, a copy whose foreign key the
    database does not check; ``check_books`` does (I10).
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    shopper = models.ForeignKey(
        "groupbuy.User", models.PROTECT, db_index=False, related_name="pickups", verbose_name="顾客"
    )
    point = models.ForeignKey("groupbuy.PickupPoint", models.PROTECT, related_name="pickups", verbose_name="自提点")
    warehouse = models.ForeignKey(
        "groupbuy.Warehouse", models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    delivery_date = models.DateField("配送日期")
    code = models.CharField("提货码", max_length=6)
    token = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField("提完时间", null=True)

    class Meta:
        verbose_name = "提货"
        verbose_name_plural = "提货"
        constraints = (
            models.UniqueConstraint(fields=["shopper", "point", "delivery_date"], name="pickup_once"),
            models.UniqueConstraint(fields=["point", "code"], condition=Q(done_at=None), name="pickup_code_once"),
            # Not ``unique=True``, which adds an index for prefixes that nobody searches.
            models.UniqueConstraint(fields=["token"], name="pickup_token_once"),
        )
        indexes = (
            models.Index(fields=["delivery_date"], name="pickup_done_of_day", condition=Q(done_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.point} {self.code}"


class PickupEvent(models.Model):
    """One confirmed hand-over. ``uuid`` is made by the device, so that sending it twice confirms once (I10)."""

    uuid = models.UUIDField(unique=True)
    pickup = models.ForeignKey(Pickup, models.PROTECT, related_name="events", verbose_name="提货")
    actor = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="+", verbose_name="核销人")
    device_at = models.DateTimeField("设备时间", null=True)
    at = models.DateTimeField("核销时间")

    class Meta:
        verbose_name = "核销记录"
        verbose_name_plural = "核销记录"

    def __str__(self) -> str:
        return str(self.uuid)


class PickupItem(models.Model):
    """Pieces of one order line in a hand-over. ``taken_at`` is null until its sale and commission are booked."""

    event = models.ForeignKey(PickupEvent, models.PROTECT, related_name="items")
    line = models.ForeignKey("groupbuy.OrderLine", models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField("件数")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "核销行"
        verbose_name_plural = "核销行"
        constraints = (
            models.UniqueConstraint(fields=["event", "line"], name="pickupitem_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="pickupitem_quantity_positive"),
        )
        indexes = (models.Index(fields=["id"], name="pickupitem_untaken", condition=Q(taken_at=None)),)

    def __str__(self) -> str:
        return f"{self.line_id} × {self.quantity}"
