"""The allowed moves of what fulfillment moves, and its tables that are only added to."""

from django.db import migrations

EDGES = """
INSERT INTO groupbuy_state_edge VALUES
    ('wave', 'built', 'dispatched'), ('wave', 'built', 'voided'),
    ('purchase', 'issued', 'received'), ('purchase', 'issued', 'cancelled'),
    ('stop', 'planned', 'on_the_way'), ('stop', 'on_the_way', 'arrived'), ('stop', 'on_the_way', 'signed'),
    ('stop', 'arrived', 'signed'), ('stop', 'arrived', 'on_the_way'),
    ('routeplan', 'asked', 'running'), ('routeplan', 'asked', 'failed'),
    ('routeplan', 'running', 'done'), ('routeplan', 'running', 'failed'),
    ('paperjob', 'queued', 'running'), ('paperjob', 'queued', 'cancelled'),
    ('paperjob', 'running', 'done'), ('paperjob', 'running', 'failed'), ('paperjob', 'running', 'cancelled'),
    ('paperjob', 'running', 'queued'), ('paperjob', 'failed', 'queued'), ('paperjob', 'done', 'expired');
"""

NO_EDGES = """
DELETE FROM groupbuy_state_edge WHERE machine IN ('wave', 'purchase', 'stop', 'routeplan', 'paperjob');
"""

MACHINES = {
    "wave": "fulfillment_wave",
    "purchase": "fulfillment_purchaseorder",
    "stop": "fulfillment_stop",
    "routeplan": "fulfillment_routeplan",
    "paperjob": "fulfillment_paperjob",
}

GUARDS = "".join(
    f"""
CREATE TRIGGER {name}_moves AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_guard_moves('{name}');
"""
    for name, table in MACHINES.items()
)

# Papers are snapshots; what was counted, decided and confirmed is taken back by another row, never changed.
APPEND_ONLY_TABLES = (
    "fulfillment_paperissue",
    "fulfillment_pickline",
    "fulfillment_sortline",
    "fulfillment_deliverynote",
    "fulfillment_pickevent",
    "fulfillment_putevent",
    "fulfillment_shortageshare",
    "fulfillment_weightshare",
)

APPEND_ONLY = "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_append_only();
"""
    for table in APPEND_ONLY_TABLES
)

UNDO = (
    "".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in APPEND_ONLY_TABLES)
    + "".join(f"DROP TRIGGER {name}_moves ON {table};" for name, table in MACHINES.items())
    + NO_EDGES
)


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0001_initial"), ("groupbuy", "0002_guards")]
    operations = [migrations.RunSQL(EDGES + GUARDS + APPEND_ONLY, UNDO)]
