"""The allowed moves of waves and stops."""

from django.db import migrations

DO = """
INSERT INTO groupbuy_state_edge VALUES
    ('wave', 'built', 'dispatched'), ('wave', 'built', 'voided'),
    ('stop', 'planned', 'on_the_way'), ('stop', 'on_the_way', 'arrived'), ('stop', 'on_the_way', 'signed'),
    ('stop', 'arrived', 'signed');
CREATE TRIGGER wave_moves AFTER UPDATE ON fulfillment_wave REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_guard_moves('wave');
CREATE TRIGGER stop_moves AFTER UPDATE ON fulfillment_stop REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_guard_moves('stop');
"""

UNDO = """
DROP TRIGGER stop_moves ON fulfillment_stop;
DROP TRIGGER wave_moves ON fulfillment_wave;
DELETE FROM groupbuy_state_edge WHERE machine IN ('wave', 'stop');
"""


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0002_initial"), ("groupbuy", "0002_guards")]
    operations = [migrations.RunSQL(DO, UNDO)]
