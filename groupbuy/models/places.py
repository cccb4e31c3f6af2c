"""Where things happen: communities, warehouses, pickup points, and the share code of a leader at a point."""

from django.db import models
from django.db.models import Q

from groupbuy.domain.words import PointKind
from groupbuy.kernel.ids import share_code, uuid7

POINT_KINDS = [
    (PointKind.SHOP, "便利店/门店"),
    (PointKind.HOME, "家庭"),
    (PointKind.PARCEL_STATION, "快递驿站"),
    (PointKind.PROPERTY, "物业"),
]


class Community(models.Model):
    """A residential community (社区) as the statistics office codes it."""

    code = models.CharField("代码", max_length=12, unique=True)
    province = models.CharField("省", max_length=32)
    city = models.CharField("市", max_length=32)
    district = models.CharField("区县", max_length=32)
    street = models.CharField("街道", max_length=64)
    name = models.CharField("社区", max_length=64)

    class Meta:
        verbose_name = "社区"
        verbose_name_plural = "社区"
        indexes = (models.Index(fields=["city", "district"], name="community_city_district"),)

    def __str__(self) -> str:
        return f"{self.city}{self.district}{self.name}"


class Warehouse(models.Model):
    """
    ``wave_time``: the local time on the evening before delivery from which waves are built by themselves; null is as
    soon as the demand is frozen.
    """

    code = models.CharField("代码", max_length=16, unique=True)
    name = models.CharField("名称", max_length=64)
    city = models.CharField("城市", max_length=32)
    address = models.CharField("地址", max_length=200)
    lng = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    lat = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)
    wave_time = models.TimeField(
        "建波次时间", null=True, blank=True, help_text="配送前一天的时间，到点自动建波次；留空则截单完成后马上建。"
    )

    class Meta:
        verbose_name = "仓库"
        verbose_name_plural = "仓库"

    def __str__(self) -> str:
        return self.name


class GridWarehouse(models.Model):
    """
    A grid warehouse (网格仓): the warehouse sorts to it in one heap, it sorts to its pickup points.

    Only points of the same warehouse are sorted there; a grid of another warehouse is as none.
    """

    code = models.CharField("编号", max_length=16, unique=True)
    name = models.CharField("名称", max_length=64)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="grids", verbose_name="上级仓库")
    address = models.CharField("地址", max_length=200)
    lng = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    lat = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)

    class Meta:
        verbose_name = "网格仓"
        verbose_name_plural = "网格仓"

    def __str__(self) -> str:
        return self.name


class PickupPoint(models.Model):
    """
    A pickup point (自提点). ``route_name`` and ``route_position`` are the fixed route plan by which positions are
    numbered.

    ``window_from`` and ``window_to``: local times between which a delivery can be received; empty is at any time.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.CharField("编号", max_length=16, unique=True)
    name = models.CharField("名称", max_length=64)
    kind = models.CharField("类型", max_length=16, choices=POINT_KINDS)
    community = models.ForeignKey(Community, models.PROTECT, related_name="points", verbose_name="社区")
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="points", verbose_name="仓库")
    grid = models.ForeignKey(
        GridWarehouse,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="points",
        verbose_name="网格仓",
        help_text="留空则由仓库直接分拣；须属于同一仓库。",
    )
    address = models.CharField("地址", max_length=200)
    lng = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    lat = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)
    opening_hours = models.CharField("营业时间", max_length=64, blank=True)
    window_from = models.TimeField("最早收货", null=True, blank=True)
    window_to = models.TimeField("最晚收货", null=True, blank=True)
    route_name = models.CharField("固定线路", max_length=32, blank=True)
    route_position = models.PositiveIntegerField("线路内顺序", default=0)
    active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = "自提点"
        verbose_name_plural = "自提点"
        constraints = (
            models.CheckConstraint(
                condition=Q(window_from=None) | Q(window_to=None) | Q(window_to__gt=models.F("window_from")),
                name="pickuppoint_window_opens_before_it_closes",
                violation_error_message="最晚收货应晚于最早收货。",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ShareCode(models.Model):
    """The code in ``/g/<share code>``: a leader at a point; it shows whatever groups are open there."""

    code = models.CharField("分享码", max_length=16, unique=True, default=share_code)
    point = models.ForeignKey(PickupPoint, models.PROTECT, related_name="share_codes", verbose_name="自提点")
    leader = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="share_codes", verbose_name="团长")

    class Meta:
        verbose_name = "分享码"
        verbose_name_plural = "分享码"
        constraints = (models.UniqueConstraint(fields=["point", "leader"], name="sharecode_once"),)

    def __str__(self) -> str:
        return self.code


class ServiceRate(models.Model):
    """
    A commission rate that the leaders app has resolved and published for ordering to copy.

    ``category`` NULL is the leader's general rate. An offer's own rate goes before both (DOMAIN "Commission").
    """

    leader = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="service_rates", verbose_name="团长")
    category = models.ForeignKey("groupbuy.Category", models.PROTECT, null=True, blank=True, verbose_name="品类")
    rate_bp = models.PositiveIntegerField("费率（基点）")

    class Meta:
        verbose_name = "团长费率"
        verbose_name_plural = "团长费率"
        constraints = (
            models.UniqueConstraint(fields=["leader", "category"], name="servicerate_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(rate_bp__lte=10_000), name="servicerate_at_most_all"),
        )

    def __str__(self) -> str:
        return f"{self.leader}: {self.rate_bp} bp"
