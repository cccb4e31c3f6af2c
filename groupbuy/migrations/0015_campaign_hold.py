"""An operator may keep a campaign out of waves for a while."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0014_lean_order_rows")]
    operations = [
        migrations.AddField("campaign", "held_at", models.DateTimeField("暂停进波次", null=True, editable=False)),
        migrations.AddField(
            "campaign",
            "held_reason",
            models.CharField("暂停原因", max_length=200, blank=True, default="", db_default="", editable=False),
        ),
    ]
