"""What loading lists and weight checks print, copied with each version like everything else on a paper."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0008_paper_issues")]
    operations = [
        migrations.AddField(
            "pickline",
            "base_unit",
            models.CharField("基本单位", max_length=8, choices=[("g", "克"), ("piece", "个")], default="piece"),
            preserve_default=False,
        ),
        migrations.AddField(
            "pickline",
            "base_per_sale",
            models.PositiveIntegerField("每份含基本单位", default=1),
            preserve_default=False,
        ),
        migrations.AddField(
            "pickline", "weighed", models.BooleanField("称重商品", default=False), preserve_default=False
        ),
        migrations.AddField(
            "pickline", "weight_g", models.PositiveIntegerField("毛重（克）", default=0), preserve_default=False
        ),
        migrations.AddField(
            "deliverynote",
            "vehicle",
            models.CharField("车辆", max_length=41, blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "deliverynote",
            "driver",
            models.CharField("司机", max_length=64, blank=True, default=""),
            preserve_default=False,
        ),
    ]
