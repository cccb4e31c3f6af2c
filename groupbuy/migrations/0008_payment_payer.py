"""Who started a payment; another than the order's payer may."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def payer(*, null: bool) -> models.Field:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        verbose_name="付款人",
        null=null,
    )


BACKFILL = """
UPDATE groupbuy_payment p SET payer_id = o.payer_id FROM groupbuy_order o WHERE o.id = p.order_id
"""


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0007_offer_minimum")]
    operations = [
        migrations.AddField("payment", "payer", payer(null=True)),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.AlterField("payment", "payer", payer(null=False)),
    ]
