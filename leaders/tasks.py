"""The sweep of stage 7: sales and commission of what has been collected."""

from celery import shared_task

from groupbuy.kernel.beat import beat_entries
from groupbuy.services.sweeping import heartbeat
from leaders.selectors import due
from leaders.services.commission import commission_accrue, commission_correct


@shared_task(name="leaders.settle_commissions")
def settle_commissions() -> None:
    """Book what pickups have earned and correct what refunds have changed, batch by batch until nothing is left."""
    while commission_accrue(item_ids=due.items_to_book()):
        pass
    while commission_correct(refund_line_ids=due.refund_lines_to_correct()):
        pass
    heartbeat("leaders.settle_commissions")


SWEEPS = (settle_commissions,)
BEAT = beat_entries("money", SWEEPS)
