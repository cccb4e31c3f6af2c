"""Where a warehouse lies, and between which hours a pickup point receives goods: what planning a route asks for."""

from django.db import migrations, models
from django.db.models import F, Q


def place(name: str) -> models.DecimalField:
    return models.DecimalField(name, max_digits=9, decimal_places=6, null=True, blank=True)


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0018_refund_billed_date")]
    operations = [
        migrations.AddField("warehouse", "lng", place("经度")),
        migrations.AddField("warehouse", "lat", place("纬度")),
        migrations.AddField("pickuppoint", "window_from", models.TimeField("最早收货", null=True, blank=True)),
        migrations.AddField("pickuppoint", "window_to", models.TimeField("最晚收货", null=True, blank=True)),
        migrations.AddConstraint(
            "pickuppoint",
            models.CheckConstraint(
                condition=Q(window_from=None) | Q(window_to=None) | Q(window_to__gt=F("window_from")),
                name="pickuppoint_window_opens_before_it_closes",
                violation_error_message="最晚收货应晚于最早收货。",
            ),
        ),
    ]
