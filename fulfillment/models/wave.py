"""A wave, the issues of its papers, and its two tables of demand: what is picked once, what is put to each position."""

from django.db import models
from django.db.models import Q

from fulfillment.domain.states import WaveState
from groupbuy.kernel.ids import uuid7
from groupbuy.models.catalogue import BASE_UNITS, ZONES


class Wave(models.Model):
    """
    A wave (波次): frozen campaigns of one warehouse and delivery date, picked and sorted together.

    ``paper_version`` is the newest issue of its papers; a paper of one version never changes. ``pick_closed_at``: from
    then on nobody records shortages or weights, and what they were worth is on its way back.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    warehouse = models.ForeignKey("groupbuy.Warehouse", models.PROTECT, related_name="+", verbose_name="仓库")
    delivery_date = models.DateField("配送日期")
    number = models.PositiveIntegerField("波次号")
    paper_version = models.PositiveIntegerField("单据版本", default=1)
    state = models.CharField(
        "状态",
        max_length=16,
        default=WaveState.BUILT,
        choices=[(WaveState.BUILT, "待发车"), (WaveState.DISPATCHED, "已发车"), (WaveState.VOIDED, "已作废")],
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    pick_closed_at = models.DateTimeField("拣货结束", null=True)
    void_reason = models.CharField("作废原因", max_length=200, blank=True, db_default="")
    built_at = models.DateTimeField("生成时间")
    dispatch_at = models.DateTimeField("计划发车")
    dispatched_at = models.DateTimeField("发车时间", null=True)

    class Meta:
        verbose_name = "波次"
        verbose_name_plural = "波次"
        constraints = (
            models.UniqueConstraint(fields=["warehouse", "delivery_date", "number"], name="wave_once"),
            models.CheckConstraint(condition=~Q(state="voided") | ~Q(void_reason=""), name="wave_voided_for_a_reason"),
        )
        indexes = (models.Index(fields=["dispatch_at"], name="wave_to_dispatch", condition=Q(state="built")),)

    def __str__(self) -> str:
        return f"{self.warehouse} {self.delivery_date} #{self.number}"


class PaperIssue(models.Model):
    """
    One issue of all papers of a wave (单据版本): they show what was true at ``issued_at``, and why it was issued again.

    The instants of a wave's issues ascend with their versions. Append-only, like everything that a paper shows.
    """

    wave = models.ForeignKey(Wave, models.PROTECT, related_name="issues", verbose_name="波次")
    version = models.PositiveIntegerField("版本")
    issued_at = models.DateTimeField("出单时间")
    reason = models.CharField("原因", max_length=200, blank=True)
    actor = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="操作人")

    class Meta:
        verbose_name = "单据版本"
        verbose_name_plural = "单据版本"
        constraints = (
            models.UniqueConstraint(fields=["wave", "version"], name="paperissue_once"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(reason=""), name="paperissue_again_has_a_reason"),
        )

    def __str__(self) -> str:
        return f"{self.wave_id} v{self.version}"


class WaveCampaign(models.Model):
    """
    A campaign is in at most one wave that is not voided; so every accepted line is in exactly one place (I3).

    ``since_version``: the first issue of the wave's papers that holds its demand.
    """

    wave = models.ForeignKey(Wave, models.PROTECT, related_name="campaigns")
    campaign = models.ForeignKey("groupbuy.Campaign", models.PROTECT, related_name="+")
    active = models.BooleanField(default=True)
    since_version = models.PositiveIntegerField("起始版本", default=1)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["campaign"], condition=Q(active=True), name="wavecampaign_one_wave"),
        )

    def __str__(self) -> str:
        return f"{self.wave_id}: {self.campaign_id}"


class PickLine(models.Model):
    """
    Demand for one SKU in the whole wave; ``quantity = cases x case_size + pieces`` sale units. A snapshot of the
    SKU's card.
    """

    wave = models.ForeignKey(Wave, models.PROTECT, related_name="pick_lines")
    paper_version = models.PositiveIntegerField()
    warehouse = models.ForeignKey("groupbuy.Warehouse", models.PROTECT, related_name="+")
    sku = models.ForeignKey("groupbuy.Sku", models.PROTECT, related_name="+")
    zone = models.CharField("温区", max_length=8, choices=ZONES)
    bin = models.CharField("货位", max_length=16, blank=True)
    barcode = models.CharField("条码", max_length=32, blank=True)
    name = models.CharField("品名", max_length=100)
    spec = models.CharField("规格", max_length=100, blank=True)
    sale_unit = models.CharField("单位", max_length=8)
    base_unit = models.CharField("基本单位", max_length=8, choices=BASE_UNITS)
    base_per_sale = models.PositiveIntegerField("每份含基本单位")
    weighed = models.BooleanField("称重商品")
    weight_g = models.PositiveIntegerField("毛重（克）")
    case_size = models.PositiveIntegerField("箱规")
    quantity = models.PositiveIntegerField("需求")
    cases = models.PositiveIntegerField("整箱")
    pieces = models.PositiveIntegerField("散件")

    class Meta:
        verbose_name = "拣货行"
        verbose_name_plural = "拣货行"
        constraints = (
            models.UniqueConstraint(fields=["wave", "paper_version", "zone", "sku"], name="pickline_once"),
            models.CheckConstraint(
                condition=Q(quantity=models.F("cases") * models.F("case_size") + models.F("pieces")),
                name="pickline_cases_add_up",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} × {self.quantity}"


class SortLine(models.Model):
    """
    What is put to one position: sale units of one SKU for one pickup point.

    There are millions, all written by one statement from rows that refer to the same things, and none is ever changed.
    So the database checks no foreign keys, which would take longer than the writing; ``check_books`` compares (I4).
    """

    wave = models.ForeignKey(Wave, models.PROTECT, db_constraint=False, related_name="sort_lines", db_index=False)
    paper_version = models.PositiveIntegerField()
    warehouse = models.ForeignKey(
        "groupbuy.Warehouse", models.PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    point = models.ForeignKey(
        "groupbuy.PickupPoint", models.PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    sku = models.ForeignKey("groupbuy.Sku", models.PROTECT, db_constraint=False, related_name="+", db_index=False)
    quantity = models.PositiveIntegerField("数量")

    class Meta:
        verbose_name = "分拣行"
        verbose_name_plural = "分拣行"
        constraints = (models.UniqueConstraint(fields=["wave", "paper_version", "point", "sku"], name="sortline_once"),)

    def __str__(self) -> str:
        return f"{self.point_id}: {self.sku_id} × {self.quantity}"
