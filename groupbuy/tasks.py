"""The sweeps of stages 1 to 3. Each is safe twice, at once, late, or run by hand: ``manage.py sweep NAME``."""

from celery import shared_task

from groupbuy.kernel.beat import beat_entries
from groupbuy.selectors import due
from groupbuy.services import cutoff, order_expiry, outbox, payments, reconciliation, refund_sending
from groupbuy.services.sweeping import heartbeat, sweep


@shared_task(name="groupbuy.close_due_campaigns")
def close_due_campaigns() -> None:
    """Stop the intake of every campaign whose cutoff has passed."""
    sweep(
        "groupbuy.close_due_campaigns",
        due=due.campaigns_to_close,
        take=lambda pk: cutoff.campaign_close(campaign_id=pk),
    )


@shared_task(name="groupbuy.freeze_closed_campaigns")
def freeze_closed_campaigns() -> None:
    """Give every order of campaigns past their payment grace its outcome."""
    sweep(
        "groupbuy.freeze_closed_campaigns",
        due=due.campaigns_to_freeze,
        take=lambda pk: cutoff.campaign_freeze(campaign_id=pk),
    )


@shared_task(name="groupbuy.expire_unpaid_orders")
def expire_unpaid_orders() -> None:
    """End orders whose time to pay is over."""
    sweep(
        "groupbuy.expire_unpaid_orders",
        due=due.orders_to_expire,
        take=lambda pk: order_expiry.order_expire(order_id=pk),
    )


@shared_task(name="groupbuy.query_payments")
def query_payments() -> None:
    """Ask the provider about payments of which no notice came."""
    sweep(
        "groupbuy.query_payments",
        due=due.payments_to_query,
        take=lambda pk: payments.payment_query(payment_id=pk),
    )


@shared_task(name="groupbuy.send_refunds")
def send_refunds() -> None:
    """Send intended refunds and ask about sent ones."""
    sweep("groupbuy.send_refunds", due=due.refunds_to_send, take=lambda pk: refund_sending.refund_send(refund_id=pk))


@shared_task(name="groupbuy.reconcile_bills")
def reconcile_bills() -> None:
    """Compare the provider's bill of every day that has ended with our books, from 10:00 the day after."""
    reconciliation.bills_expect(provider=payments.DEFAULT_PROVIDER)
    sweep("groupbuy.reconcile_bills", due=due.bills_to_check, take=lambda pk: reconciliation.bill_take(bill_id=pk))


@shared_task(name="groupbuy.relay_outbox")
def relay_outbox() -> None:
    """Deliver what the outbox holds."""
    outbox.relay()
    heartbeat("groupbuy.relay_outbox")


SWEEPS = (
    close_due_campaigns,
    freeze_closed_campaigns,
    expire_unpaid_orders,
    query_payments,
    send_refunds,
    reconcile_bills,
    relay_outbox,
)
BEAT = (
    beat_entries("cutoff", [close_due_campaigns, freeze_closed_campaigns])
    | beat_entries("money", [expire_unpaid_orders, query_payments, send_refunds, reconcile_bills])
    | beat_entries("notices", [relay_outbox])
)
