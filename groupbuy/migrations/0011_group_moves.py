"""An operator may move a group's orders to another point or leader."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0010_promotions")]
    operations = [
        migrations.AddField(
            "group",
            "moved_to",
            models.ForeignKey(
                "groupbuy.Group",
                django.db.models.deletion.PROTECT,
                null=True,
                editable=False,
                related_name="moved_here",
                verbose_name="已换到",
            ),
        ),
        migrations.AddConstraint(
            "group",
            models.CheckConstraint(
                condition=models.Q(moved_to=None) | ~models.Q(moved_to=models.F("id")), name="group_moves_elsewhere"
            ),
        ),
    ]
