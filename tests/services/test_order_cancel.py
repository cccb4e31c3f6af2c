"""Cancelling before the cutoff: an unpaid order ends, a paid one is refunded in full, the pieces go back once."""

import pytest

from groupbuy.kernel.errors import StateConflict
from groupbuy.models import LedgerEntry, OfferShopper, Order, Outbox, Payment, Refund
from groupbuy.services import payments
from groupbuy.services.order_terms import CampaignClosed
from groupbuy.services.orders import order_cancel
from tests.books import assert_books
from tests.clocks import MICROSECOND, stop_clock
from tests.world import place, place_and_pay, world

pytestmark = pytest.mark.django_db


def test_an_unpaid_order_ends_and_its_pieces_go_back() -> None:
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 2})
    pending = payments._pending(order, payments.DEFAULT_PROVIDER)

    order_cancel(order=order, actor=w.shopper)

    order.refresh_from_db()
    w.tomato.refresh_from_db()
    assert (order.state, w.tomato.sold) == ("cancelled", 0)
    assert OfferShopper.objects.get(shopper=w.shopper).quantity == 0
    assert not Refund.objects.exists()
    # The sweep closes what is still pending at the provider, at once.
    assert Payment.objects.get(pk=pending.pk).next_query_at < pending.next_query_at  # type: ignore[operator]
    assert_books()


def test_a_paid_order_is_refunded_in_full() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})

    order_cancel(order=order, actor=w.shopper)

    order.refresh_from_db()
    w.tomato.refresh_from_db()
    assert (order.state, w.tomato.sold) == ("refunded", 0)
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.reason, refund.state) == (2787, "shopper_cancelled", "intended")
    assert sorted(refund.lines.values_list("quantity", "amount_fen")) == [(1, 1590), (3, 1197)]
    assert sorted(order.lines.values_list("refunded", "refunded_fen")) == [(1, 1590), (3, 1197)]
    assert list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True)) == ["payment", "refund_intent"]
    assert Outbox.objects.filter(topic="order.cancelled", payload__number=order.number).count() == 1
    assert_books()


@pytest.mark.parametrize("paid", [False, True])
def test_an_order_cannot_be_cancelled_at_the_cutoff(paid: bool) -> None:
    w = world()
    make = place_and_pay if paid else place
    order = make(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})

    stop_clock(at=w.campaign.cutoff_at)
    with pytest.raises(CampaignClosed):
        order_cancel(order=order, actor=w.shopper)
    w.tomato.refresh_from_db()
    assert (Order.objects.get().state, w.tomato.sold) == ("paid" if paid else "placed", 3)

    stop_clock(at=w.campaign.cutoff_at - MICROSECOND)
    order_cancel(order=order, actor=w.shopper)
    w.tomato.refresh_from_db()
    assert (Order.objects.get().state, w.tomato.sold) == ("refunded" if paid else "cancelled", 0)


@pytest.mark.parametrize("paid", [False, True])
def test_a_second_cancelling_is_a_conflict_and_gives_nothing_back_again(paid: bool) -> None:
    w = world()
    make = place_and_pay if paid else place
    order = make(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 5})
    order_cancel(order=order, actor=w.shopper)

    with pytest.raises(StateConflict):
        order_cancel(order=order, actor=w.shopper)

    w.tomato.refresh_from_db()
    assert w.tomato.sold == 5
    assert Refund.objects.count() == int(paid)
    assert_books()
