"""Amending before the cutoff: fewer pieces of a paid order, refunded to the fen, back in stock exactly once."""

from typing import Any

import pytest

from groupbuy.kernel.errors import DomainError, Invalid, Missing, StateConflict
from groupbuy.models import Group, Offer, OfferShopper, Order, OrderLine, Outbox, Refund, RefundLine, User
from groupbuy.selectors.groups import with_tally
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.order_amend import OrderUnpaid, order_amend
from groupbuy.services.order_terms import CampaignClosed, QuantityWrong
from groupbuy.services.orders import OfferSoldOut, order_cancel
from tests.books import assert_books
from tests.clocks import MICROSECOND, stop_clock
from tests.promotions import spend_and_save
from tests.world import World, close_and_freeze, open_campaign, place, place_and_pay, world

pytestmark = pytest.mark.django_db


def keep(order: Order, quantities: dict[Offer, int], *, actor: User) -> None:
    lines = {line.offer_id: line.public_id for line in order.lines.all()}
    order_amend(order=order, keep={lines[offer.pk]: stays for offer, stays in quantities.items()}, actor=actor)


def line_of(order: Order, offer: Offer) -> OrderLine:
    return order.lines.get(offer=offer)


def test_pieces_that_are_taken_away_are_refunded_and_can_be_sold_again() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 10, w.eggs: 2})

    keep(order, {w.tomato: 7, w.eggs: 1}, actor=w.shopper)

    order.refresh_from_db()
    w.tomato.refresh_from_db()
    refund = Refund.objects.get()
    assert (order.state, order.total_fen, w.tomato.sold) == ("paid", 7170, 7)
    assert (refund.amount_fen, refund.reason, refund.state) == (3 * 399 + 1590, "shopper_cancelled", "intended")
    assert sorted(refund.lines.values_list("quantity", "amount_fen")) == [(1, 1590), (3, 1197)]
    tomato = line_of(order, w.tomato)
    assert (tomato.quantity, tomato.refunded, tomato.returned, tomato.refunded_fen) == (10, 3, 3, 1197)
    assert OfferShopper.objects.get(shopper=w.shopper).quantity == 1
    assert Outbox.objects.filter(topic="order.amended", payload__number=order.number).count() == 1
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 3})
    with pytest.raises(OfferSoldOut):
        place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    assert_books()


def test_asking_again_changes_nothing() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})

    for _ in range(2):
        keep(order, {w.tomato: 2}, actor=w.shopper)

    w.tomato.refresh_from_db()
    assert (Refund.objects.count(), w.tomato.sold) == (1, 2)
    assert_books()


def test_shares_of_a_discounted_line_add_up_to_its_net_and_a_cancelling_refunds_the_rest() -> None:
    w = world()
    spend_and_save(1197, 197)
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})

    keep(order, {w.tomato: 2}, actor=w.shopper)
    keep(order, {w.tomato: 1}, actor=w.shopper)
    order_cancel(order=order, actor=w.shopper)

    order.refresh_from_db()
    w.tomato.refresh_from_db()
    assert (order.state, w.tomato.sold) == ("refunded", 0)
    assert list(RefundLine.objects.order_by("pk").values_list("quantity", "amount_fen")) == [
        (1, 333),
        (1, 333),
        (1, 334),
    ]
    assert_books()


def test_an_order_of_which_nothing_stays_is_cancelled() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.dumplings: 2})
    keep(order, {w.tomato: 0}, actor=w.shopper)

    keep(order, {w.dumplings: 0}, actor=w.shopper)

    order.refresh_from_db()
    w.tomato.refresh_from_db()
    w.dumplings.refresh_from_db()
    assert (order.state, w.tomato.sold, w.dumplings.sold) == ("refunded", 0, 0)
    assert sorted(Refund.objects.values_list("amount_fen", flat=True)) == [1197, 5980]
    assert Outbox.objects.filter(topic="order.cancelled").count() == 1
    assert_books()


def test_what_costs_nothing_is_taken_away_without_a_refund() -> None:
    w = world()
    campaign = open_campaign(
        warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=w.tomato.sku, price_fen=0, stock=5)]
    )
    gift = campaign.offers.get()
    order = place(shopper=w.shopper, group=campaign.groups.get(), quantities={gift: 3})

    keep(order, {gift: 1}, actor=w.shopper)

    gift.refresh_from_db()
    assert (line_of(order, gift).refunded, gift.sold) == (2, 1)
    assert not Refund.objects.exists()
    assert_books()


def test_a_groups_tally_counts_what_is_left() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 5})
    keep(order, {w.tomato: 4}, actor=w.shopper)

    group: Any = with_tally(Group.objects.filter(pk=w.group.pk)).get()

    assert (group.order_count, group.piece_count, group.amount_fen) == (1, 4, 1596)


def test_an_amended_order_is_accepted_with_what_is_left_and_refunded_further_without_touching_stock() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 5})
    keep(order, {w.tomato: 4}, actor=w.shopper)

    close_and_freeze(campaign=w.campaign)

    order.refresh_from_db()
    w.tomato.refresh_from_db()
    assert (order.state, line_of(order, w.tomato).due, w.tomato.sold) == ("accepted", 4, 4)
    assert_books()


def test_a_groups_minimum_counts_the_pieces_that_are_left() -> None:
    w = world()
    w.campaign.minimum_kind, w.campaign.minimum_value = "pieces", 5
    w.campaign.save(update_fields=["minimum_kind", "minimum_value"])
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 5})
    keep(order, {w.tomato: 4}, actor=w.shopper)

    close_and_freeze(campaign=w.campaign)

    order.refresh_from_db()
    assert order.state == "refunded"
    assert sorted(Refund.objects.values_list("amount_fen", "reason")) == [
        (399, "shopper_cancelled"),
        (1596, "group_minimum"),
    ]
    assert Outbox.objects.get(topic="group.failed").payload["yuan"] == "15.96"
    assert_books()


def test_an_order_cannot_be_amended_at_the_cutoff() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})

    stop_clock(at=w.campaign.cutoff_at)
    with pytest.raises(CampaignClosed):
        keep(order, {w.tomato: 2}, actor=w.shopper)
    assert not Refund.objects.exists()

    stop_clock(at=w.campaign.cutoff_at - MICROSECOND)
    keep(order, {w.tomato: 2}, actor=w.shopper)
    assert Refund.objects.get().amount_fen == 399


def test_an_unpaid_or_ended_order_is_not_amended() -> None:
    w = world()
    unpaid = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    ended = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    order_cancel(order=ended, actor=w.shopper)

    for order, refused in ((unpaid, OrderUnpaid), (ended, StateConflict)):
        with pytest.raises(refused):
            keep(order, {w.tomato: 2}, actor=w.shopper)

    w.tomato.refresh_from_db()
    assert (w.tomato.sold, Refund.objects.count()) == (3, 1)


@pytest.mark.parametrize(
    ("offer", "stays", "refused"),
    [("tomato", 4, Invalid), ("tomato", -1, Invalid), ("dumplings", 3, QuantityWrong), ("dumplings", 1, QuantityWrong)],
)
def test_more_pieces_or_an_amount_off_the_offers_terms_are_refused(
    offer: str, stays: int, refused: type[DomainError]
) -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.dumplings: 4})

    with pytest.raises(refused):
        keep(order, {getattr(w, offer): stays}, actor=w.shopper)

    assert not Refund.objects.exists()


def strangers_line(w: World) -> OrderLine:
    other = place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 2})
    return other.lines.get()


def test_a_line_of_another_order_is_missing() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})

    with pytest.raises(Missing):
        order_amend(order=order, keep={strangers_line(w).public_id: 1}, actor=w.shopper)

    assert not Refund.objects.exists()


def test_pieces_worth_less_than_a_fen_go_without_a_refund_and_the_last_one_brings_it() -> None:
    w = world()
    spend_and_save(1197, 1196)
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})

    keep(order, {w.tomato: 2}, actor=w.shopper)
    keep(order, {w.tomato: 1}, actor=w.shopper)

    line = order.lines.get()
    w.tomato.refresh_from_db()
    assert (order.total_fen, line.refunded, line.returned, line.refunded_fen, w.tomato.sold) == (1, 2, 2, 0, 1)
    assert not Refund.objects.exists()
    assert_books()

    keep(order, {w.tomato: 0}, actor=w.shopper)

    order.refresh_from_db()
    assert (order.state, Refund.objects.get().amount_fen) == ("refunded", 1)
    assert_books()
