"""From the warehouse's door to the leader's signature: routes, stops, delivery notes, discrepancies."""

from django.db import models
from django.db.models import F, Q

from fulfillment.domain.states import DiscrepancyKind, StopState
from fulfillment.models.wave import Wave
from groupbuy.kernel.ids import uuid7


class Route(models.Model):
    """A vehicle's tour (线路) in a wave."""

    wave = models.ForeignKey(Wave, models.PROTECT, related_name="routes", verbose_name="波次")
    number = models.PositiveIntegerField("线路号")
    name = models.CharField("线路", max_length=32)

    class Meta:
        verbose_name = "线路"
        verbose_name_plural = "线路"
        constraints = (models.UniqueConstraint(fields=["wave", "number"], name="route_once"),)

    def __str__(self) -> str:
        return self.name


class Stop(models.Model):
    """
    A pickup point on a route. ``position`` numbers the put positions of the wave along the routes, from 1.

    ``sequence`` is the stop's place in its route, from 1.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="stops", verbose_name="波次")
    route = models.ForeignKey(Route, models.PROTECT, related_name="stops", verbose_name="线路")
    warehouse = models.ForeignKey("groupbuy.Warehouse", models.PROTECT, related_name="+")
    point = models.ForeignKey("groupbuy.PickupPoint", models.PROTECT, related_name="stops", verbose_name="自提点")
    position = models.PositiveIntegerField("播种位")
    sequence = models.PositiveIntegerField("站序")
    crates = models.PositiveIntegerField("周转箱", default=0)
    state = models.CharField(
        "状态",
        max_length=16,
        default=StopState.PLANNED,
        choices=[
            (StopState.PLANNED, "待发车"),
            (StopState.ON_THE_WAY, "配送中"),
            (StopState.ARRIVED, "已到达"),
            (StopState.SIGNED, "已签收"),
        ],
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    expected_at = models.DateTimeField("预计到达", null=True)
    signed_at = models.DateTimeField("签收时间", null=True)
    signed_by = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="签收人")

    class Meta:
        verbose_name = "站点"
        verbose_name_plural = "站点"
        constraints = (
            models.UniqueConstraint(fields=["wave", "point"], name="stop_once"),
            models.UniqueConstraint(fields=["wave", "position"], name="stop_position_once"),
        )

    def __str__(self) -> str:
        return f"{self.position} {self.point}"


class DeliveryNote(models.Model):
    """
    The delivery note (配送交接单) of one stop in one version; its lines are the sort lines of that version and
    point.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="notes")
    paper_version = models.PositiveIntegerField()
    stop = models.ForeignKey(Stop, models.PROTECT, related_name="notes")
    point = models.ForeignKey("groupbuy.PickupPoint", models.PROTECT, related_name="+")
    number = models.CharField("单号", max_length=40, unique=True)
    issued_at = models.DateTimeField("开单时间")

    class Meta:
        verbose_name = "配送交接单"
        verbose_name_plural = "配送交接单"
        constraints = (models.UniqueConstraint(fields=["wave", "paper_version", "point"], name="deliverynote_once"),)

    def __str__(self) -> str:
        return self.number


class Discrepancy(models.Model):
    """What the leader counted short or broken when signing; ``quantity`` sale units of ``expected``."""

    stop = models.ForeignKey(Stop, models.PROTECT, related_name="discrepancies", verbose_name="站点")
    sku = models.ForeignKey("groupbuy.Sku", models.PROTECT, related_name="+", verbose_name="商品")
    kind = models.CharField(
        "类型", max_length=8, choices=[(DiscrepancyKind.SHORT, "短少"), (DiscrepancyKind.BROKEN, "破损")]
    )
    expected = models.PositiveIntegerField("应到")
    quantity = models.PositiveIntegerField("差异")
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = "到货差异"
        verbose_name_plural = "到货差异"
        constraints = (
            models.UniqueConstraint(fields=["stop", "sku", "kind"], name="discrepancy_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=F("expected")), name="discrepancy_within_expected"
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku} −{self.quantity}"
