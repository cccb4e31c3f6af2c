"""
The states of groupbuy's machines and the moves between them.

Values are stored; never rename one without a migration.
"""

from enum import StrEnum

from groupbuy.kernel.machine import Machine


class CampaignState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSING = "closing"
    FROZEN = "frozen"
    CANCELLED = "cancelled"


class OrderState(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class PaymentState(StrEnum):
    CREATED = "created"
    PAID = "paid"
    CLOSED = "closed"


class RefundState(StrEnum):
    INTENDED = "intended"
    SENDING = "sending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    MANUAL = "manual"


def _set(*states: StrEnum) -> frozenset[str]:
    return frozenset(state.value for state in states)


CAMPAIGN = Machine(
    name="campaign",
    table="groupbuy_campaign",
    start=_set(CampaignState.DRAFT),
    moves={
        CampaignState.DRAFT: _set(CampaignState.OPEN, CampaignState.CANCELLED),
        CampaignState.OPEN: _set(CampaignState.CLOSING, CampaignState.CANCELLED),
        CampaignState.CLOSING: _set(CampaignState.FROZEN, CampaignState.CANCELLED),
        CampaignState.FROZEN: _set(CampaignState.CANCELLED),
    },
)

# Orders whose pieces are sold and held, and those of them that have their money.
LIVE = (OrderState.PLACED, OrderState.PAID, OrderState.ACCEPTED)
PAID_FOR = (OrderState.PAID, OrderState.ACCEPTED)

ORDER = Machine(
    name="order",
    table="groupbuy_order",
    start=_set(OrderState.PLACED),
    moves={
        OrderState.PLACED: _set(OrderState.PAID, OrderState.CANCELLED),
        OrderState.PAID: _set(OrderState.ACCEPTED, OrderState.REFUNDED),
        # accepted -> refunded: an operator withdrew all that was in it, or cancelled the campaign.
        OrderState.ACCEPTED: _set(OrderState.REFUNDED),
    },
)

PAYMENT = Machine(
    name="payment",
    table="groupbuy_payment",
    start=_set(PaymentState.CREATED),
    # closed -> paid: the shopper's money arrived although we had given up; it is refunded (DOMAIN "Payment").
    moves={
        PaymentState.CREATED: _set(PaymentState.PAID, PaymentState.CLOSED),
        PaymentState.CLOSED: _set(PaymentState.PAID),
    },
)

REFUND = Machine(
    name="refund",
    table="groupbuy_refund",
    start=_set(RefundState.INTENDED),
    moves={
        # intended -> manual: too old or too many for the provider, so that a person pays without a try.
        RefundState.INTENDED: _set(RefundState.SENDING, RefundState.MANUAL),
        RefundState.SENDING: _set(RefundState.SUCCEEDED, RefundState.FAILED),
        # failed -> succeeded: the provider had done it after all, and says so later.
        RefundState.FAILED: _set(RefundState.SENDING, RefundState.SUCCEEDED, RefundState.MANUAL),
        # manual -> intended, sending: a person has it tried again, under a new number or the same.
        RefundState.MANUAL: _set(RefundState.SUCCEEDED, RefundState.INTENDED, RefundState.SENDING),
    },
)

MACHINES = (CAMPAIGN, ORDER, PAYMENT, REFUND)


class OutcomeKind(StrEnum):
    """What became of an order at the cutoff; every order of a frozen campaign has exactly one."""

    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class OrderSource(StrEnum):
    APP = "app"
    KTT = "ktt"
    REPLAY = "replay"
