"""The provider's daily bills and where our books differ from them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KINDS = [("payment", "支付"), ("refund", "退款")]
DIFFERENCES = [
    ("missing_here", "渠道有、我方无"),
    ("missing_there", "我方有、渠道无"),
    ("amount", "金额不符"),
    ("state", "状态不符"),
]
ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0003_refund_parcels")]
    operations = [
        migrations.CreateModel(
            name="BillDay",
            fields=[
                ID,
                ("provider", models.CharField("渠道", max_length=16)),
                ("bill_date", models.DateField("账单日")),
                ("rows", models.PositiveIntegerField("笔数", default=0)),
                ("paid_fen", models.BigIntegerField("收款（分）", default=0)),
                ("refunded_fen", models.BigIntegerField("退款（分）", default=0)),
                ("checked_at", models.DateTimeField("核对时间", null=True)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField("最近错误", blank=True, max_length=200)),
            ],
            options={
                "verbose_name": "对账日",
                "verbose_name_plural": "对账",
                "constraints": [models.UniqueConstraint(fields=["provider", "bill_date"], name="billday_once")],
            },
        ),
        migrations.CreateModel(
            name="BillDifference",
            fields=[
                ID,
                ("kind", models.CharField("类型", choices=KINDS, max_length=8)),
                ("number", models.CharField("商户单号", max_length=64)),
                ("what", models.CharField("差异", choices=DIFFERENCES, max_length=16)),
                ("ours_fen", models.BigIntegerField("我方金额（分）", null=True)),
                ("theirs_fen", models.BigIntegerField("渠道金额（分）", null=True)),
                ("ours_state", models.CharField("我方状态", blank=True, max_length=16)),
                ("theirs_state", models.CharField("渠道状态", blank=True, max_length=16)),
                ("found_at", models.DateTimeField("发现时间")),
                ("explained_at", models.DateTimeField("说明时间", null=True)),
                ("note", models.CharField("说明", blank=True, max_length=200)),
                (
                    "bill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="differences",
                        to="groupbuy.billday",
                        verbose_name="账单日",
                    ),
                ),
                (
                    "explained_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="说明人",
                    ),
                ),
            ],
            options={
                "verbose_name": "对账差异",
                "verbose_name_plural": "对账差异",
                "constraints": [
                    models.UniqueConstraint(fields=["bill", "kind", "number", "what"], name="billdifference_once"),
                    models.CheckConstraint(
                        condition=models.Q(explained_at=None, explained_by=None, note="")
                        | models.Q(explained_at__isnull=False, explained_by__isnull=False),
                        name="billdifference_explained_by_somebody",
                    ),
                ],
            },
        ),
    ]
