"""The allowed moves of applications and leaders; commission entries are append-only."""

from django.db import migrations

DO = """
INSERT INTO groupbuy_state_edge VALUES
    ('application', 'draft', 'submitted'),
    ('application', 'submitted', 'under_review'), ('application', 'submitted', 'approved'),
    ('application', 'submitted', 'rejected'), ('application', 'under_review', 'approved'),
    ('application', 'under_review', 'rejected'), ('application', 'rejected', 'resubmitted'),
    ('application', 'resubmitted', 'under_review'), ('application', 'resubmitted', 'approved'),
    ('application', 'resubmitted', 'rejected'),
    ('leader', 'active', 'resting'), ('leader', 'active', 'suspended'), ('leader', 'active', 'closed'),
    ('leader', 'resting', 'active'), ('leader', 'resting', 'suspended'), ('leader', 'resting', 'closed'),
    ('leader', 'suspended', 'active'), ('leader', 'suspended', 'closed');
CREATE TRIGGER application_moves AFTER UPDATE ON leaders_leaderapplication
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_guard_moves('application');
CREATE TRIGGER leader_moves AFTER UPDATE ON leaders_leader REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_guard_moves('leader');
CREATE TRIGGER leaders_commissionentry_append_only BEFORE UPDATE OR DELETE ON leaders_commissionentry
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_append_only();
"""

UNDO = """
DROP TRIGGER leaders_commissionentry_append_only ON leaders_commissionentry;
DROP TRIGGER leader_moves ON leaders_leader;
DROP TRIGGER application_moves ON leaders_leaderapplication;
DELETE FROM groupbuy_state_edge WHERE machine IN ('application', 'leader');
"""


class Migration(migrations.Migration):
    dependencies = [("leaders", "0001_initial"), ("groupbuy", "0002_guards")]
    operations = [migrations.RunSQL(DO, UNDO)]
