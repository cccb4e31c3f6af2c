"""What can be sold: categories, suppliers, SKUs with their two units."""

from django.db import models
from django.db.models import Q

from groupbuy.domain.words import BaseUnit, Zone

ZONES = [(Zone.AMBIENT, "常温"), (Zone.CHILLED, "冷藏"), (Zone.FROZEN, "冷冻")]
BASE_UNITS = [(BaseUnit.GRAM, "克"), (BaseUnit.PIECE, "个")]


class Category(models.Model):
    """
    ``after_sales_hours``: how long after collection a claim may be opened, and commission waits (24 fresh, 48
    packaged).
    """

    code = models.CharField("代码", max_length=32, unique=True)
    name = models.CharField("名称", max_length=32)
    after_sales_hours = models.PositiveIntegerField("售后小时数", default=48)

    class Meta:
        verbose_name = "品类"
        verbose_name_plural = "品类"

    def __str__(self) -> str:
        return self.name


class Supplier(models.Model):
    code = models.CharField("代码", max_length=16, unique=True)
    name = models.CharField("名称", max_length=64)
    categories = models.ManyToManyField(Category, related_name="suppliers", verbose_name="品类")

    class Meta:
        verbose_name = "供应商"
        verbose_name_plural = "供应商"

    def __str__(self) -> str:
        return self.name


class Sku(models.Model):
    """
    A SKU (商品). One sale unit (份, 盒) holds ``base_per_sale`` base units (g or pieces); a case holds
    ``case_size`` sale units.

    ``weighed``: sold by nominal weight, settled by real weight, refund only.
    """

    code = models.CharField("编码", max_length=32, unique=True)
    name = models.CharField("品名", max_length=100)
    spec = models.CharField("规格", max_length=100, blank=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="skus", verbose_name="品类")
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="skus", verbose_name="供应商")
    sale_unit = models.CharField("销售单位", max_length=8)
    base_unit = models.CharField("基本单位", max_length=8, choices=BASE_UNITS)
    base_per_sale = models.PositiveIntegerField("每份含基本单位", default=1)
    case_size = models.PositiveIntegerField("箱规", default=1)
    zone = models.CharField("温区", max_length=8, choices=ZONES)
    bin = models.CharField("货位", max_length=16, blank=True)
    barcode = models.CharField("条码", max_length=32, blank=True)
    weighed = models.BooleanField("称重商品", default=False)
    weight_g = models.PositiveIntegerField("毛重（克）", default=0)
    cost_fen = models.BigIntegerField("成本（分）")
    list_price_fen = models.BigIntegerField("划线价（分）")
    active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = "商品"
        verbose_name_plural = "商品"
        constraints = (
            models.CheckConstraint(condition=Q(base_per_sale__gte=1, case_size__gte=1), name="sku_units_positive"),
            models.CheckConstraint(condition=Q(cost_fen__gte=0, list_price_fen__gte=0), name="sku_prices_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.spec}".strip()
