"""A person may have a refund tried again, or give store credit in place of it."""

from django.db import migrations, models
from django.db.models import Q

EDGES = "INSERT INTO groupbuy_state_edge VALUES ('refund', 'manual', 'intended'), ('refund', 'manual', 'sending')"
NO_EDGES = (
    "DELETE FROM groupbuy_state_edge WHERE machine = 'refund'"
    " AND (old, new) IN (('manual', 'intended'), ('manual', 'sending'))"
)


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0016_lean_outcomes")]
    operations = [
        migrations.RunSQL(EDGES, NO_EDGES),
        migrations.AddField(
            "refund", "as_credit", models.BooleanField("转为余额", default=False, db_default=False, editable=False)
        ),
        migrations.AddConstraint(
            "refund",
            models.CheckConstraint(condition=Q(as_credit=False) | Q(state="succeeded"), name="refund_credit_is_final"),
        ),
    ]
