"""Grid warehouses between a warehouse and its pickup points."""

import django.db.models.deletion
from django.db import migrations, models

PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0021_wave_time")]
    operations = [
        migrations.CreateModel(
            name="GridWarehouse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField("编号", max_length=16, unique=True)),
                ("name", models.CharField("名称", max_length=64)),
                (
                    "warehouse",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="grids", to="groupbuy.warehouse", verbose_name="上级仓库"
                    ),
                ),
                ("address", models.CharField("地址", max_length=200)),
                ("lng", models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)),
                ("lat", models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)),
            ],
            options={"verbose_name": "网格仓", "verbose_name_plural": "网格仓"},
        ),
        migrations.AddField(
            "pickuppoint",
            "grid",
            models.ForeignKey(
                null=True,
                blank=True,
                on_delete=PROTECT,
                related_name="points",
                to="groupbuy.gridwarehouse",
                verbose_name="网格仓",
                help_text="留空则由仓库直接分拣；须属于同一仓库。",
            ),
        ),
    ]
