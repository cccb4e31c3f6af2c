"""What goods are driven with, and by whom: vehicles, and the posts of drivers."""

from django.db import models
from django.db.models import F, Q


class Vehicle(models.Model):
    """
    A vehicle (车辆) of a warehouse. A tour costs ``fixed_fen`` and ``per_km_fen`` for every kilometre, back included.

    ``shift_from`` and ``shift_to``: local times of the delivery date between which it is away. ``route_name``: the fixed
    route that it usually drives, ``driver`` who usually does; both are only a wave's first suggestion.
    """

    warehouse = models.ForeignKey("groupbuy.Warehouse", models.PROTECT, related_name="vehicles", verbose_name="仓库")
    plate = models.CharField("车牌", max_length=16, unique=True)
    name = models.CharField("名称", max_length=24, blank=True)
    crates = models.PositiveIntegerField("可装周转箱")
    capacity_kg = models.PositiveIntegerField("可载重（千克）")
    shift_from = models.TimeField("班次开始")
    shift_to = models.TimeField("班次结束")
    fixed_fen = models.BigIntegerField("每趟固定费用（分）", default=0)
    per_km_fen = models.BigIntegerField("每公里费用（分）", default=100)
    route_name = models.CharField("固定线路", max_length=32, blank=True)
    driver = models.ForeignKey(
        "groupbuy.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="常用司机"
    )
    active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = "车辆"
        verbose_name_plural = "车辆"
        constraints = (
            models.CheckConstraint(
                condition=Q(crates__gte=1, capacity_kg__gte=1),
                name="vehicle_holds_something",
                violation_error_message="可装周转箱和可载重都至少为 1。",
            ),
            models.CheckConstraint(
                condition=Q(shift_to__gt=F("shift_from")),
                name="vehicle_shift_begins_before_it_ends",
                violation_error_message="班次结束应晚于班次开始。",
            ),
            models.CheckConstraint(
                condition=Q(fixed_fen__gte=0, per_km_fen__gte=1),
                name="vehicle_costs_something",
                violation_error_message="固定费用不能为负，每公里费用至少 1 分。",
            ),
            models.UniqueConstraint(
                fields=["warehouse", "route_name"],
                condition=Q(active=True) & ~Q(route_name=""),
                name="vehicle_one_for_a_fixed_route",
                violation_error_message="这条固定线路已有启用的车辆。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.plate}".strip()


class DriverPost(models.Model):
    """May this person drive for this warehouse, and see the stops of the routes that are his?"""

    warehouse = models.ForeignKey("groupbuy.Warehouse", models.PROTECT, related_name="drivers", verbose_name="仓库")
    user = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="driver_posts", verbose_name="司机")
    active = models.BooleanField("有效", default=True)

    class Meta:
        verbose_name = "司机"
        verbose_name_plural = "司机"
        constraints = (models.UniqueConstraint(fields=["warehouse", "user"], name="driverpost_once"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.warehouse}"
