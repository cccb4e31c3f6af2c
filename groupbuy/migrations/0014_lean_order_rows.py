"""
What the database does for each new order, without what nobody reads: indexes that are the head of another one or
serve no query, and the foreign keys of an order line's copies.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import groupbuy.kernel.ids

COPIED = {"db_constraint": False, "related_name": "+"}


def reference(to: str, **options: object) -> models.Field:
    return models.ForeignKey(**{"on_delete": django.db.models.deletion.PROTECT, "to": to, **options})


FIELDS = {
    "idempotencykey": {
        "actor": reference(
            settings.AUTH_USER_MODEL, on_delete=django.db.models.deletion.CASCADE, db_index=False, related_name="+"
        )
    },
    "order": {
        "number": models.CharField(
            default=groupbuy.kernel.ids.order_number, editable=False, max_length=32, verbose_name="订单号"
        ),
        "campaign": reference("groupbuy.campaign", db_index=False, related_name="orders", verbose_name="活动"),
        "group": reference("groupbuy.group", db_index=False, related_name="orders", verbose_name="社区团"),
        "warehouse": reference("groupbuy.warehouse", db_index=False, related_name="+", verbose_name="仓库"),
        "community": reference("groupbuy.community", db_index=False, related_name="+", verbose_name="社区"),
        "leader": reference(settings.AUTH_USER_MODEL, db_index=False, related_name="led_orders", verbose_name="团长"),
        "shopper": reference(settings.AUTH_USER_MODEL, db_index=False, related_name="orders", verbose_name="顾客"),
    },
    "orderline": {
        "order": reference("groupbuy.order", db_index=False, related_name="lines", verbose_name="订单"),
        "offer": reference("groupbuy.offer", db_index=False, related_name="lines", verbose_name="活动商品"),
        "campaign": reference("groupbuy.campaign", **COPIED),
        "warehouse": reference("groupbuy.warehouse", db_index=False, **COPIED),
        "point": reference("groupbuy.pickuppoint", db_index=False, **COPIED),
        "sku": reference("groupbuy.sku", db_index=False, verbose_name="商品", **COPIED),
    },
}


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0013_store_credit")]
    operations = [
        *(
            migrations.AlterField(model, name, field)
            for model, fields in FIELDS.items()
            for name, field in fields.items()
        ),
        migrations.AddConstraint("order", models.UniqueConstraint(fields=("number",), name="order_number_once")),
    ]
