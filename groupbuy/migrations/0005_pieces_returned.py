"""Pieces that were taken away before the freeze went back to the offer's stock."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0004_daily_bill")]
    operations = [
        migrations.AddField("orderline", "returned", models.PositiveIntegerField("已回库存", default=0, db_default=0)),
        migrations.AddConstraint(
            "orderline",
            models.CheckConstraint(condition=Q(returned__lte=F("refunded")), name="orderline_returned_are_refunded"),
        ),
    ]
