"""An offer may need a number of pieces, for whole cases of its supplier; under it, it is refunded."""

from django.db import migrations, models

REASONS = [
    ("shopper_cancelled", "顾客取消"),
    ("group_minimum", "未成团"),
    ("offer_minimum", "商品未成团"),
    ("late_payment", "超时支付"),
    ("double_payment", "重复支付"),
    ("shortage", "缺货"),
    ("operator", "运营退款"),
]


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0006_operator_actions")]
    operations = [
        migrations.AddField(
            "offer",
            "minimum_total",
            models.PositiveIntegerField("成团件数（0 为不限）", default=0, db_default=0),
        ),
        migrations.AlterField("refund", "reason", models.CharField("原因", max_length=24, choices=REASONS)),
    ]
