"""Every row, in the order of the table that is printed. Tries: quick, push, full; the full hour is shared out."""

from tests.faults import clients, keyed, kills, machine, money, notices, pairs, races, refusals, stores, workers
from tests.faults.rows import Row

ROWS = (
    Row("A1", "killed after every statement, commit and call", kills.after_every_boundary, (1, 1, 4)),
    Row("A2", "two workers killed at random at one cutoff", workers.killed_at_random, (4, 200, 3_000), 420),
    Row("A3", "a worker's whole tree killed in a cutoff", workers.tree_killed, (0, 10, 100)),
    Row("A6", "Redis killed, back empty", stores.redis_gone, (1, 10, 50)),
    Row("A7", "Redis hung", stores.redis_hung, (1, 2, 10)),
    Row("A8", "a PostgreSQL backend killed under load", stores.backend_killed, (0, 20, 100)),
    Row("A9", "the whole PostgreSQL killed under load", stores.postmaster_killed, (1, 10, 50)),
    Row("A14", "two beats at once, after three dead hours", races.beats, (3, 100, 1_000)),
    Row("A15", "four workers on one cutoff", races.several_workers, (3, 100, 1_000)),
    Row("A16", "one message five times at once", races.redelivered, (5, 20, 100)),
    Row("A17", "a row that always fails", races.poisoned, (1, 5, 50)),
    Row("A18", "a worker told to stop in a cutoff", workers.told_to_stop, (0, 10, 50)),
    Row("A19", "killed between the commit and its hooks", kills.before_on_commit, (5, 20, 200)),
    Row("B1", "a notice fifteen times at once", notices.repeated, (3, 500, 5_000)),
    Row("B2", "notice, question, cancelling, refund in any order", notices.permuted, (6, 200, 2_000)),
    Row("B3", "forged notices of ten kinds", notices.forged, (50, 2_000, 20_000)),
    Row("B4", "true notices replayed, old and fresh", notices.replayed, (20, 200, 2_000)),
    Row("B5", "three notices in ten swallowed; found by asking", money.swallowed_notices, (10, 200, 2_000)),
    Row("B6", "paid after cancelling, freeze or last question", money.late_payments, (6, 100, 1_000)),
    Row("B7", "two trades paid for one order", money.double_payments, (4, 50, 500)),
    Row("B8", "refunds while two calls in five fail", money.failing_refunds, (10, 500, 5_000), 240),
    Row("B10", "cancel, pay, cutoff, refund, pickup, settlement in pairs", pairs.pairs, (3, 200, 2_000), 240),
    Row("B11", "the books changed by the application's role", refusals.append_only, (1, 1, 1)),
    Row("B13", "any steps in any order against a plain model", machine.against_the_model, (8, 300, 5_000), 600),
    Row("C1", "thirty equal requests at once", clients.retry_storm, (3, 20, 500)),
    Row("C2", "wrong keys at every door that writes", keyed.wrong_keys, (1, 10, 100)),
    Row("C3", "300 clients for 100 units", clients.sold_out_storm, (1, 5, 100)),
)
