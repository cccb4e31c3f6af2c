"""A leader's orders for neighbours, sent at once: the limit of a day holds."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from groupbuy.domain.words import PayBy
from groupbuy.models import Order, User
from groupbuy.services import neighbours
from groupbuy.services.neighbours import Neighbour, TooManyNeighbours, neighbour_order
from groupbuy.services.order_terms import LineWanted
from tests.concurrency.races import Seam, after
from tests.world import World, world

pytestmark = pytest.mark.django_db(transaction=True)


@transaction.atomic
def order_for(w: World, phone: str) -> Order:
    return neighbour_order(
        actor=w.leader,
        group_id=w.group.public_id,
        neighbour=Neighbour(phone=phone, name="孙"),
        lines=[LineWanted(offer_id=w.tomato.public_id, quantity=1)],
        pay_by=PayBy.LINK,
    )


def ordered_twice(monkeypatch: pytest.MonkeyPatch) -> Seam:
    """Order for a second neighbour while the order for the first one is not committed."""
    w = world()
    seam = after(monkeypatch, neighbours, "account_for_phone", partial(order_for, w, "13900000002"))
    order_for(w, "13900000001")
    return seam


def test_of_two_orders_at_once_the_one_beyond_the_limit_is_refused(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.GROUPBUY_NEIGHBOURS_PER_DAY = 1

    seam = ordered_twice(monkeypatch)

    assert isinstance(seam.join(), TooManyNeighbours)
    assert seam.blocked
    assert not User.objects.with_phone("13900000002").exists()


def test_twin_without_waiting_for_each_other_both_orders_are_placed(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.GROUPBUY_NEIGHBOURS_PER_DAY = 1
    monkeypatch.setattr(neighbours, "_one_after_another", lambda _: None)

    seam = ordered_twice(monkeypatch)

    assert isinstance(seam.join(), Order)
    assert Order.objects.count() == 2
