"""What a wave makes the platform buy, and the allowed moves of a purchase order."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

import groupbuy.kernel.ids

PROTECT = django.db.models.deletion.PROTECT
STATES = [("issued", "待收货"), ("received", "已收货"), ("cancelled", "已取消")]
BASE_UNITS = [("g", "克"), ("piece", "个")]
MOVES = """
INSERT INTO groupbuy_state_edge VALUES ('purchase', 'issued', 'received'), ('purchase', 'issued', 'cancelled');
CREATE TRIGGER purchase_moves AFTER UPDATE ON fulfillment_purchaseorder
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_guard_moves('purchase');
"""
NO_MOVES = """
DROP TRIGGER purchase_moves ON fulfillment_purchaseorder;
DELETE FROM groupbuy_state_edge WHERE machine = 'purchase';
"""


def key() -> tuple[str, models.Field]:
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def public_id() -> tuple[str, models.Field]:
    return ("public_id", models.UUIDField(default=groupbuy.kernel.ids.uuid7, editable=False, unique=True))


def to(model: str, name: str, related: str = "+") -> models.Field:
    return models.ForeignKey(on_delete=PROTECT, related_name=related, to=model, verbose_name=name)


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0004_routes"), ("groupbuy", "0018_refund_billed_date")]
    operations = [
        migrations.CreateModel(
            name="PurchaseOrder",
            fields=[
                key(),
                public_id(),
                ("supplier_code", models.CharField("供应商代码", max_length=16)),
                ("supplier_name", models.CharField("供应商名称", max_length=64)),
                ("number", models.CharField("单号", max_length=64, unique=True)),
                ("sequence", models.PositiveIntegerField("次序")),
                ("paper_version", models.PositiveIntegerField("单据版本")),
                ("state", models.CharField("状态", choices=STATES, default="issued", max_length=16)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("issued_at", models.DateTimeField("下单时间")),
                ("supplier", to("groupbuy.supplier", "供应商")),
                ("warehouse", to("groupbuy.warehouse", "仓库")),
                ("wave", to("fulfillment.wave", "波次", "purchases")),
            ],
            options={
                "verbose_name": "采购单",
                "verbose_name_plural": "采购单",
                "constraints": [
                    models.UniqueConstraint(fields=("wave", "supplier", "sequence"), name="purchaseorder_once"),
                    models.CheckConstraint(condition=Q(sequence__gte=1), name="purchaseorder_sequence_from_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PurchaseLine",
            fields=[
                key(),
                public_id(),
                ("category_code", models.CharField("品类代码", max_length=32)),
                ("category", models.CharField("品类", max_length=32)),
                ("code", models.CharField("编码", max_length=32)),
                ("name", models.CharField("品名", max_length=100)),
                ("spec", models.CharField("规格", blank=True, max_length=100)),
                ("sale_unit", models.CharField("单位", max_length=8)),
                ("base_unit", models.CharField("基本单位", choices=BASE_UNITS, max_length=8)),
                ("base_per_sale", models.PositiveIntegerField("每份含基本单位")),
                ("case_size", models.PositiveIntegerField("箱规")),
                ("cost_fen", models.BigIntegerField("成本（分）")),
                ("demand", models.PositiveIntegerField("需求")),
                ("from_surplus", models.PositiveIntegerField("用余货")),
                ("cases", models.PositiveIntegerField("箱数")),
                ("surplus", models.PositiveIntegerField("余货")),
                ("amount_fen", models.BigIntegerField("金额（分）")),
                ("order", to("fulfillment.purchaseorder", "采购单", "lines")),
                ("sku", to("groupbuy.sku", "商品")),
            ],
            options={
                "verbose_name": "采购行",
                "verbose_name_plural": "采购行",
                "constraints": [
                    models.UniqueConstraint(fields=("order", "sku"), name="purchaseline_once"),
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
                ],
            },
        ),
        migrations.RunSQL(MOVES, NO_MOVES),
    ]
