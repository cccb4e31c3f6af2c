"""An outcome's campaign is a copy of its order's: nobody looks outcomes up by it, and the books compare it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0015_campaign_hold")]
    operations = [
        migrations.AlterField(
            "orderoutcome",
            "campaign",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="groupbuy.campaign",
            ),
        ),
    ]
