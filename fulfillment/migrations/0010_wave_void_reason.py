"""Why a wave was voided stands on the wave."""

from django.db import migrations, models
from django.db.models import Q

FILL = """
UPDATE fulfillment_wave wave SET void_reason = coalesce(nullif(change.reason, ''), '—')
FROM groupbuy_statechange change
WHERE wave.state = 'voided' AND change.machine = 'wave' AND change.subject_id = wave.id AND change.new = 'voided';
"""


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0009_paper_snapshots")]
    operations = [
        migrations.AddField(
            "wave", "void_reason", models.CharField("作废原因", max_length=200, blank=True, db_default="")
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "wave",
            models.CheckConstraint(condition=~Q(state="voided") | ~Q(void_reason=""), name="wave_voided_for_a_reason"),
        ),
    ]
