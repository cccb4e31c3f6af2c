"""When a warehouse's waves are built by themselves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0020_short_pieces")]
    operations = [
        migrations.AddField(
            "warehouse",
            "wave_time",
            models.TimeField(
                "建波次时间",
                null=True,
                blank=True,
                help_text="配送前一天的时间，到点自动建波次；留空则截单完成后马上建。",
            ),
        ),
    ]
