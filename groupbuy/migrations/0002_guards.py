"""What only the database can promise: its clock, the allowed moves, append-only books, entries that sum to zero."""

from django.db import migrations

CLOCK = """
CREATE FUNCTION groupbuy_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';
"""

# Edges live in a table that Django does not know, so that flushing a test database leaves them alone.
EDGES = """
CREATE TABLE groupbuy_state_edge (machine text, old text, new text, PRIMARY KEY (machine, old, new));
INSERT INTO groupbuy_state_edge VALUES
    ('campaign', 'draft', 'open'), ('campaign', 'draft', 'cancelled'), ('campaign', 'open', 'closing'),
    ('campaign', 'closing', 'frozen'),
    ('campaign', 'open', 'cancelled'), ('campaign', 'closing', 'cancelled'), ('campaign', 'frozen', 'cancelled'),
    ('order', 'placed', 'paid'), ('order', 'placed', 'cancelled'),
    ('order', 'paid', 'accepted'), ('order', 'paid', 'refunded'), ('order', 'accepted', 'refunded'),
    ('payment', 'created', 'paid'), ('payment', 'created', 'closed'), ('payment', 'closed', 'paid'),
    ('refund', 'intended', 'sending'), ('refund', 'sending', 'succeeded'), ('refund', 'sending', 'failed'),
    ('refund', 'failed', 'sending'), ('refund', 'failed', 'manual'), ('refund', 'manual', 'succeeded'),
    ('refund', 'intended', 'manual'), ('refund', 'failed', 'succeeded'),
    ('refund', 'manual', 'intended'), ('refund', 'manual', 'sending');

-- The plan of the join is kept for the session with the row counts of its first use; made for the one row of a first
-- move, a nested loop would take a cutoff's rows times themselves.
CREATE FUNCTION groupbuy_guard_moves() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
DECLARE bad record;
BEGIN
    SELECT o.id, o.state AS old, n.state AS new INTO bad
    FROM old_rows o JOIN new_rows n USING (id)
    WHERE o.state <> n.state AND (n.version <> o.version + 1 OR NOT EXISTS (
        SELECT 1 FROM groupbuy_state_edge e WHERE e.machine = TG_ARGV[0] AND e.old = o.state AND e.new = n.state))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% %: % -> % is not a move', TG_ARGV[0], bad.id, bad.old, bad.new
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_moves';
    END IF;
    RETURN NULL;
END $$;
"""

MACHINES = {
    "campaign": "groupbuy_campaign",
    "order": "groupbuy_order",
    "payment": "groupbuy_payment",
    "refund": "groupbuy_refund",
}

# One check per statement over its transition tables: a cutoff of a million orders pays for one join.
GUARDS = "".join(
    f"""
CREATE TRIGGER {name}_moves AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_guard_moves('{name}');
"""
    for name, table in MACHINES.items()
)

APPEND_ONLY_TABLES = (
    "groupbuy_ledgerentry",
    "groupbuy_ledgerleg",
    "groupbuy_statechange",
    "groupbuy_auditevent",
    "groupbuy_linediscount",
    "groupbuy_creditgrant",
)

APPEND_ONLY = """
CREATE FUNCTION groupbuy_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_append_only();
"""
    for table in APPEND_ONLY_TABLES
)

BALANCED = """
CREATE FUNCTION groupbuy_entry_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE total bigint;
BEGIN
    SELECT sum(amount_fen) INTO total FROM groupbuy_ledgerleg WHERE entry_id = NEW.entry_id;
    IF total <> 0 THEN
        RAISE EXCEPTION 'ledger entry % sums to % fen', NEW.entry_id, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledgerentry_balanced';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledgerleg_balanced AFTER INSERT ON groupbuy_ledgerleg
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION groupbuy_entry_balanced();
"""

UNDO = (
    "DROP TRIGGER ledgerleg_balanced ON groupbuy_ledgerleg; DROP FUNCTION groupbuy_entry_balanced();"
    + "".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in APPEND_ONLY_TABLES)
    + "DROP FUNCTION groupbuy_append_only();"
    + "".join(f"DROP TRIGGER {name}_moves ON {table};" for name, table in MACHINES.items())
    + "DROP FUNCTION groupbuy_guard_moves(); DROP TABLE groupbuy_state_edge; DROP FUNCTION groupbuy_now();"
)


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0001_initial")]
    operations = [migrations.RunSQL(CLOCK + EDGES + GUARDS + APPEND_ONLY + BALANCED, UNDO)]
