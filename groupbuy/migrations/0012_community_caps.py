"""An offer may have a cap per community, which its orders count for."""

import django.db.models.deletion
from django.db import migrations, models

COMMUNITY = {"to": "groupbuy.Community", "on_delete": django.db.models.deletion.PROTECT}

# A placed order counts for the community of its point as it was at the placing; for older ones, as it is now.
FILL = """
    UPDATE groupbuy_order o SET community_id = point.community_id
    FROM groupbuy_pickuppoint point WHERE point.id = o.point_id;
"""


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0011_group_moves")]
    operations = [
        migrations.AddField(
            "offer",
            "per_community",
            models.PositiveIntegerField("每小区限量（空为不限）", null=True, blank=True),
        ),
        migrations.CreateModel(
            "OfferCommunity",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.PositiveIntegerField(default=0)),
                ("community", models.ForeignKey(**COMMUNITY)),
                ("offer", models.ForeignKey("groupbuy.Offer", django.db.models.deletion.PROTECT)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["offer", "community"], name="offercommunity_once")]
            },
        ),
        migrations.AddField(
            "order", "community", models.ForeignKey(null=True, related_name="+", verbose_name="社区", **COMMUNITY)
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            "order", "community", models.ForeignKey(related_name="+", verbose_name="社区", **COMMUNITY)
        ),
    ]
