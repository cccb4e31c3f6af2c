"""A refund tells the pieces that were short from those that were refunded, and may be for weight alone."""

from django.db import migrations, models
from django.db.models import F, Q

REASONS = [
    ("shopper_cancelled", "顾客取消"),
    ("group_minimum", "未成团"),
    ("offer_minimum", "商品未成团"),
    ("late_payment", "超时支付"),
    ("double_payment", "重复支付"),
    ("shortage", "缺货"),
    ("weight", "称重退差"),
    ("operator", "运营退款"),
]


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0019_delivery_windows")]
    operations = [
        migrations.AddField("refundline", "short", models.PositiveIntegerField("其中缺货", default=0, db_default=0)),
        migrations.AddConstraint(
            "refundline",
            models.CheckConstraint(condition=Q(short__lte=F("quantity")), name="refundline_short_within_it"),
        ),
        migrations.AlterField("refund", "reason", models.CharField("原因", max_length=24, choices=REASONS)),
    ]
