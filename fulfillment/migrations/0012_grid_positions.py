"""Stops behind a grid warehouse: the heap's place on the warehouse's floor, and routes from the grid's door."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

PROTECT = django.db.models.deletion.PROTECT


def grid() -> models.ForeignKey:
    return models.ForeignKey(
        null=True, on_delete=PROTECT, related_name="+", to="groupbuy.gridwarehouse", verbose_name="网格仓"
    )


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0011_receipts"), ("groupbuy", "0022_grid_warehouses")]
    operations = [
        migrations.AddField("route", "grid", grid()),
        migrations.AddField("stop", "grid", grid()),
        migrations.AddField("stop", "grid_position", models.PositiveIntegerField("网格仓播种位", null=True)),
        migrations.AddConstraint(
            "stop",
            models.CheckConstraint(
                condition=Q(grid=None, grid_position=None) | Q(grid__isnull=False, grid_position__isnull=False),
                name="stop_grid_has_a_position",
            ),
        ),
        migrations.AddField("deliverynote", "grid_position", models.PositiveIntegerField("网格仓播种位", null=True)),
        migrations.AddField(
            "deliverynote", "grid_code", models.CharField("网格仓编号", max_length=16, blank=True, db_default="")
        ),
        migrations.AddField(
            "deliverynote", "grid_name", models.CharField("网格仓", max_length=64, blank=True, db_default="")
        ),
    ]
