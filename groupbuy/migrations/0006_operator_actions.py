"""What an operator may do to a campaign in which people have ordered: withdraw an offer, cancel all of it."""

from django.db import migrations, models

EDGES = """
INSERT INTO groupbuy_state_edge VALUES
    ('campaign', 'open', 'cancelled'), ('campaign', 'closing', 'cancelled'), ('campaign', 'frozen', 'cancelled'),
    ('order', 'accepted', 'refunded');
"""

UNDO = """
DELETE FROM groupbuy_state_edge WHERE (machine, old, new) IN (
    ('campaign', 'open', 'cancelled'), ('campaign', 'closing', 'cancelled'), ('campaign', 'frozen', 'cancelled'),
    ('order', 'accepted', 'refunded'));
"""


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0005_pieces_returned")]
    operations = [
        migrations.AddField("offer", "withdrawn_at", models.DateTimeField("下架时间", null=True, editable=False)),
        migrations.RunSQL(EDGES, UNDO),
    ]
