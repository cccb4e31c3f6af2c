"""Every row, in the order of the table that is printed. Tries: quick, push, full."""

from tests.faults import kills, money
from tests.faults.rows import Row

ROWS = (
    Row("A1", "killed after every statement, commit and call", kills.after_every_boundary, (1, 1, 4)),
    Row("A19", "killed between the commit and its hooks", kills.before_on_commit, (5, 20, 200)),
    Row("B5", "notices swallowed; found by asking", money.swallowed_notices, (10, 200, 2_000)),
    Row("B6", "paid after cancelling, freeze or last question", money.late_payments, (6, 100, 1_000)),
    Row("B7", "two trades paid for one order", money.double_payments, (4, 50, 500)),
    Row("B8", "refunds while two calls in five fail", money.failing_refunds, (10, 500, 5_000)),
)
