"""From the warehouse's door to the leader's signature: routes, stops, delivery notes, discrepancies."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Deferrable, F, Q

from fulfillment.domain.states import DiscrepancyKind, LeftOut, ProblemKind, StopState
from fulfillment.models.fleet import Vehicle
from fulfillment.models.wave import Wave
from groupbuy.kernel.ids import uuid7

LEFT_OUT = [
    (LeftOut.NO_PLACE, "没有经纬度"),
    (LeftOut.TOO_BIG, "周转箱比任何一辆车能装的都多"),
    (LeftOut.TOO_HEAVY, "比任何一辆车的载重都重"),
    (LeftOut.TOO_FAR, "收货时间内或班次内到不了"),
    (LeftOut.NO_ROOM, "车辆不够，装不下或排不开"),
]
PROBLEMS = [
    (ProblemKind.CLOSED, "没人收货"),
    (ProblemKind.ADDRESS, "找不到地方"),
    (ProblemKind.LATE, "路上耽误"),
    (ProblemKind.REFUSED, "拒收"),
    (ProblemKind.DAMAGED, "货损"),
    (ProblemKind.OTHER, "其他"),
]


class Route(models.Model):
    """
    A vehicle's tour (线路) in a wave, from the warehouse's door or, with ``grid``, from that grid's. Lengths and times are estimates, there and back; null while they are not known.

    The driver's signed link carries ``link_number``: a new link makes the older ones worthless. 0 is no link yet.
    """

    public_id = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="routes", verbose_name="波次")
    number = models.PositiveIntegerField("线路号")
    name = models.CharField("线路", max_length=32)
    grid = models.ForeignKey(
        "groupbuy.GridWarehouse", models.PROTECT, null=True, related_name="+", verbose_name="网格仓"
    )
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, null=True, related_name="routes", verbose_name="车辆")
    driver = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="司机")
    distance_m = models.PositiveIntegerField("里程（米）", null=True)
    back_at = models.DateTimeField("预计回仓", null=True)
    departed_at = models.DateTimeField("发车时间", null=True)
    link_number = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    link_expires_at = models.DateTimeField("链接有效期", null=True)

    class Meta:
        verbose_name = "线路"
        verbose_name_plural = "线路"
        constraints = (models.UniqueConstraint(fields=["wave", "number"], name="route_once"),)

    def __str__(self) -> str:
        return self.name


class Stop(models.Model):
    """
    A pickup point on a route. ``position`` numbers the put positions of the wave along the routes, from 1.

    With ``grid`` the warehouse puts the point's goods to ``grid_position``, in one heap with those of the grid's other
    points, and the grid puts them to ``position``. No two places of a wave share a number, on whichever floor they are.

    ``sequence`` is the stop's place in its route, from 1; ``leg_m`` metres from the stop before it, or the warehouse.
    ``left_out`` says why the planner found no vehicle for it. ``arrival_told_at``: people are told of an arrival once.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="stops", verbose_name="波次")
    route = models.ForeignKey(Route, models.PROTECT, related_name="stops", verbose_name="线路")
    warehouse = models.ForeignKey("groupbuy.Warehouse", models.PROTECT, related_name="+")
    point = models.ForeignKey("groupbuy.PickupPoint", models.PROTECT, related_name="stops", verbose_name="自提点")
    position = models.PositiveIntegerField("播种位")
    grid = models.ForeignKey(
        "groupbuy.GridWarehouse", models.PROTECT, null=True, related_name="+", verbose_name="网格仓"
    )
    grid_position = models.PositiveIntegerField("网格仓播种位", null=True)
    sequence = models.PositiveIntegerField("站序")
    crates = models.PositiveIntegerField("周转箱", default=0)
    crates_back = models.PositiveIntegerField("收回周转箱", null=True)
    leg_m = models.PositiveIntegerField("本段里程（米）", null=True)
    left_out = models.CharField("排不下的原因", max_length=16, blank=True, db_default="", choices=LEFT_OUT)
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
    arrived_at = models.DateTimeField("到达时间", null=True)
    arrival_told_at = models.DateTimeField(null=True, editable=False)
    signed_at = models.DateTimeField("签收时间", null=True)
    signed_by = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="签收人")

    class Meta:
        verbose_name = "站点"
        verbose_name_plural = "站点"
        constraints = (
            models.UniqueConstraint(fields=["wave", "point"], name="stop_once"),
            # Judged at the end of a statement, so that one UPDATE can renumber a whole wave.
            models.UniqueConstraint(
                fields=["wave", "position"], name="stop_position_once", deferrable=Deferrable.IMMEDIATE
            ),
            models.UniqueConstraint(
                fields=["route", "sequence"], name="stop_sequence_once", deferrable=Deferrable.IMMEDIATE
            ),
            models.CheckConstraint(
                condition=Q(grid=None, grid_position=None) | Q(grid__isnull=False, grid_position__isnull=False),
                name="stop_grid_has_a_position",
            ),
        )

    def __str__(self) -> str:
        return f"{self.position} {self.point}"


class StopProblem(models.Model):
    """What a driver reported at a stop. ``uuid`` is made by the page, so that sending it twice reports once."""

    uuid = models.UUIDField(unique=True)
    stop = models.ForeignKey(Stop, models.PROTECT, related_name="problems", verbose_name="站点")
    kind = models.CharField("问题", max_length=16, choices=PROBLEMS)
    note = models.CharField("说明", max_length=200, blank=True)
    actor = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="报告人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "配送问题"
        verbose_name_plural = "配送问题"

    def __str__(self) -> str:
        return f"{self.stop_id}: {self.kind}"


class DeliveryNote(models.Model):
    """
    The delivery note (配送交接单) of one stop in one version: a snapshot of the stop, its route and its point.

    Every stop has one in every version, also when nothing is left to bring; its lines are the sort lines of that
    version and point. Whatever prints a position, a route or a name of a point reads it here. ``phone`` is masked.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="notes")
    paper_version = models.PositiveIntegerField()
    stop = models.ForeignKey(Stop, models.PROTECT, related_name="notes")
    point = models.ForeignKey("groupbuy.PickupPoint", models.PROTECT, related_name="+")
    number = models.CharField("单号", max_length=40, unique=True)
    issued_at = models.DateTimeField("开单时间")
    position = models.PositiveIntegerField("播种位")
    grid_position = models.PositiveIntegerField("网格仓播种位", null=True)
    grid_code = models.CharField("网格仓编号", max_length=16, blank=True, db_default="")
    grid_name = models.CharField("网格仓", max_length=64, blank=True, db_default="")
    route_number = models.PositiveIntegerField("线路号")
    route_name = models.CharField("线路", max_length=32)
    sequence = models.PositiveIntegerField("站序")
    crates = models.PositiveIntegerField("周转箱")
    expected_at = models.DateTimeField("预计到达", null=True)
    point_code = models.CharField("自提点编号", max_length=16)
    point_name = models.CharField("自提点", max_length=64)
    address = models.CharField("地址", max_length=200)
    leader = models.CharField("团长", max_length=64, blank=True)
    phone = models.CharField("电话", max_length=16, blank=True)
    vehicle = models.CharField("车辆", max_length=41, blank=True)
    driver = models.CharField("司机", max_length=64, blank=True)

    class Meta:
        verbose_name = "配送交接单"
        verbose_name_plural = "配送交接单"
        constraints = (
            models.UniqueConstraint(fields=["wave", "paper_version", "point"], name="deliverynote_once"),
            models.UniqueConstraint(fields=["wave", "paper_version", "position"], name="deliverynote_position_once"),
        )

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
