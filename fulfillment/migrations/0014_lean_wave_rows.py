"""
What the database does for each row of a wave, without what nobody reads: foreign keys of sort lines and of a pickup's
copy, indexes that are the head of another one or serve no query. What is done of a day gets one, for the next wave.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

COPIED = {"db_constraint": False, "db_index": False, "related_name": "+"}


def reference(to: str, **options: object) -> models.Field:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=to, **options)


FIELDS = {
    "pickup": {
        "shopper": reference(settings.AUTH_USER_MODEL, db_index=False, related_name="pickups", verbose_name="顾客"),
        "token": models.CharField(max_length=32),
        "warehouse": reference("groupbuy.warehouse", **COPIED),
    },
    "sortline": {
        "wave": reference("fulfillment.wave", **COPIED | {"related_name": "sort_lines"}),
        "warehouse": reference("groupbuy.warehouse", **COPIED),
        "point": reference("groupbuy.pickuppoint", **COPIED),
        "sku": reference("groupbuy.sku", **COPIED),
    },
}


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0013_paper_jobs"),
        ("groupbuy", "0021_wave_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        *(
            migrations.AlterField(model, name, field)
            for model, fields in FIELDS.items()
            for name, field in fields.items()
        ),
        migrations.AddConstraint("pickup", models.UniqueConstraint(fields=("token",), name="pickup_token_once")),
        migrations.AddIndex(
            "pickup",
            models.Index(
                condition=models.Q(done_at__isnull=False), fields=["delivery_date"], name="pickup_done_of_day"
            ),
        ),
    ]
