"""What a wave makes the platform buy: one purchase order for each supplier, in whole cases."""

from django.db import models
from django.db.models import F, Q

from fulfillment.domain.states import PurchaseState
from fulfillment.models.wave import Wave
from groupbuy.kernel.ids import uuid7
from groupbuy.models.catalogue import BASE_UNITS


class PurchaseOrder(models.Model):
    """
    A purchase order (采购单): what one supplier is to bring for one wave.

    ``sequence`` 2 and more are supplements for campaigns that joined later; ``paper_version`` is the wave's when the
    order was issued, so the paper of a version holds the orders up to it. The supplier's card is copied. ``edition``
    grows with every count that is saved or undone: a count holds only against what its counter saw.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="purchases", verbose_name="波次")
    warehouse = models.ForeignKey("groupbuy.Warehouse", models.PROTECT, related_name="+", verbose_name="仓库")
    supplier = models.ForeignKey("groupbuy.Supplier", models.PROTECT, related_name="+", verbose_name="供应商")
    supplier_code = models.CharField("供应商代码", max_length=16)
    supplier_name = models.CharField("供应商名称", max_length=64)
    number = models.CharField("单号", max_length=64, unique=True)
    sequence = models.PositiveIntegerField("次序")
    paper_version = models.PositiveIntegerField("单据版本")
    state = models.CharField(
        "状态",
        max_length=16,
        default=PurchaseState.ISSUED,
        choices=[
            (PurchaseState.ISSUED, "待收货"),
            (PurchaseState.RECEIVED, "已收货"),
            (PurchaseState.CANCELLED, "已取消"),
        ],
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    edition = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    issued_at = models.DateTimeField("下单时间")

    class Meta:
        verbose_name = "采购单"
        verbose_name_plural = "采购单"
        constraints = (
            models.UniqueConstraint(fields=["wave", "supplier", "sequence"], name="purchaseorder_once"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="purchaseorder_sequence_from_one"),
        )

    def __str__(self) -> str:
        return self.number


class PurchaseLine(models.Model):
    """
    One SKU of an order, its card copied. Pieces are sale units: of ``demand``, ``from_surplus`` is left over from an
    earlier order of the wave and the rest is bought; ``surplus`` is what whole cases bring beyond it.

    ``cost_fen`` is for one sale unit. ``missing``: what the closed order brought less than the wave needs, entered as
    a shortage whose ``uuid`` is the line's ``public_id``.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="lines", verbose_name="采购单")
    sku = models.ForeignKey("groupbuy.Sku", models.PROTECT, related_name="+", verbose_name="商品")
    category_code = models.CharField("品类代码", max_length=32)
    category = models.CharField("品类", max_length=32)
    code = models.CharField("编码", max_length=32)
    name = models.CharField("品名", max_length=100)
    spec = models.CharField("规格", max_length=100, blank=True)
    sale_unit = models.CharField("单位", max_length=8)
    base_unit = models.CharField("基本单位", max_length=8, choices=BASE_UNITS)
    base_per_sale = models.PositiveIntegerField("每份含基本单位")
    case_size = models.PositiveIntegerField("箱规")
    cost_fen = models.BigIntegerField("成本（分）")
    demand = models.PositiveIntegerField("需求")
    from_surplus = models.PositiveIntegerField("用余货")
    cases = models.PositiveIntegerField("箱数")
    surplus = models.PositiveIntegerField("余货")
    amount_fen = models.BigIntegerField("金额（分）")
    missing = models.PositiveIntegerField("到货短少", default=0, db_default=0)

    class Meta:
        verbose_name = "采购行"
        verbose_name_plural = "采购行"
        constraints = (
            models.UniqueConstraint(fields=["order", "sku"], name="purchaseline_once"),
            models.CheckConstraint(
                condition=Q(demand__gte=1, from_surplus__lte=F("demand")), name="purchaseline_demand_positive"
            ),
            models.CheckConstraint(condition=Q(surplus__lt=F("case_size")), name="purchaseline_within_a_case"),
            models.CheckConstraint(
                condition=Q(demand=F("cases") * F("case_size") + F("from_surplus") - F("surplus")),
                name="purchaseline_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(cost_fen__gte=0, amount_fen=F("cases") * F("case_size") * F("cost_fen")),
                name="purchaseline_amount",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} × {self.cases}"
