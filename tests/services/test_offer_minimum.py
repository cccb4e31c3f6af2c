"""An offer's own minimum: judged once at the freeze, before the groups are."""

import pytest

from groupbuy.domain.words import MinimumKind
from groupbuy.models import Campaign, Group, Offer, Order, OrderOutcome, Outbox, Refund
from groupbuy.services.order_amend import order_amend
from groupbuy.services.outbox import relay
from tests.books import assert_books
from tests.world import World, close_and_freeze, place, place_and_pay, world

pytestmark = pytest.mark.django_db


def needing(pieces: int) -> World:
    """Build the world with tomatoes of which ``pieces`` must be paid for."""
    w = world()
    Offer.objects.filter(pk=w.tomato.pk).update(minimum_total=pieces)
    return w


def outcomes() -> list[str]:
    return list(OrderOutcome.objects.order_by("order_id").values_list("kind", flat=True))


def test_an_offer_under_its_minimum_is_refunded_and_the_rest_goes_on() -> None:
    w = needing(6)
    both = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 5})  # never paid

    close_and_freeze(campaign=w.campaign)

    assert outcomes() == ["accepted", "refunded", "cancelled"]
    assert sorted(Refund.objects.values_list("amount_fen", "reason")) == [
        (798, "offer_minimum"),
        (1197, "offer_minimum"),
    ]
    w.tomato.refresh_from_db()
    assert (w.tomato.sold, w.tomato.withdrawn_at) == (0, Campaign.objects.get().frozen_at)
    assert [line.due for line in both.lines.order_by("offer_id")] == [0, 1]
    relay()
    assert Outbox.objects.filter(topic="offer.failed", applied_at__isnull=False).count() == 2
    assert_books()


def test_an_offer_that_just_reaches_its_minimum_is_delivered() -> None:
    w = needing(5)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})

    close_and_freeze(campaign=w.campaign)

    assert outcomes() == ["accepted", "accepted"]
    assert not Refund.objects.exists()
    assert_books()


def test_pieces_that_were_taken_away_do_not_count() -> None:
    w = needing(5)
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 5})
    order_amend(order=order, keep={order.lines.get().public_id: 4}, actor=w.shopper)

    close_and_freeze(campaign=w.campaign)

    assert outcomes() == ["refunded"]
    assert sorted(Refund.objects.values_list("amount_fen", "reason")) == [
        (399, "shopper_cancelled"),
        (1596, "offer_minimum"),
    ]
    assert_books()


def test_groups_are_judged_by_what_the_offers_leave() -> None:
    w = needing(10)
    Campaign.objects.update(minimum_kind=MinimumKind.PIECES, minimum_value=4)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 1, w.dumplings: 4})

    close_and_freeze(campaign=w.campaign)

    assert outcomes() == ["refunded", "accepted"]
    assert list(Group.objects.exclude(failed_at=None)) == [w.group]
    assert sorted(Refund.objects.values_list("amount_fen", "reason")) == [
        (399, "offer_minimum"),
        (1197, "offer_minimum"),
        (1590, "group_minimum"),
    ]
    assert Order.objects.get(group=w.other_group).lines.get(offer=w.dumplings).due == 4
    assert_books()
