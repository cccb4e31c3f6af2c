"""Prices that change at an instant: what an order pays is judged by the database's clock, inside the gate."""

import datetime as dt

import pytest

from groupbuy.domain.prices import PriceStep
from groupbuy.kernel.errors import Invalid
from groupbuy.models import OrderLine
from groupbuy.services.offer_prices import price_steps_replace
from groupbuy.services.order_quote import order_quote
from groupbuy.services.order_terms import LineWanted, PriceChanged
from groupbuy.services.orders import order_place
from tests.clocks import MICROSECOND, stop_clock
from tests.world import HOUR, World, place, world

pytestmark = pytest.mark.django_db


def late_price(w: World) -> dt.datetime:
    """Let the tomatoes cost 350 fen from an instant on, and 250 fen half an hour later; return the first instant."""
    starts_at = w.campaign.cutoff_at - HOUR
    later = PriceStep(starts_at + HOUR / 2, 250)
    price_steps_replace({w.tomato.pk: [later, PriceStep(starts_at, 350)]})
    return starts_at


@pytest.mark.parametrize(
    ("since", "price_fen"),
    [(-MICROSECOND, 399), (dt.timedelta(0), 350), (HOUR / 2 - MICROSECOND, 350), (HOUR / 2, 250)],
)
def test_an_order_pays_the_price_of_the_latest_step_that_has_started(since: dt.timedelta, price_fen: int) -> None:
    w = world()
    stop_clock(at=late_price(w) + since)

    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2, w.eggs: 1})

    assert order.total_fen == 2 * price_fen + 1590
    line = OrderLine.objects.get(offer=w.tomato)
    assert (line.price_fen, line.amount_fen, line.net_fen) == (price_fen, 2 * price_fen, 2 * price_fen)


def test_who_saw_the_price_of_before_the_step_is_told_the_new_one_and_buys_nothing() -> None:
    w = world()
    starts_at = late_price(w)
    stop_clock(at=starts_at - MICROSECOND)
    wanted = [LineWanted(w.tomato.public_id, 2)]
    seen = order_quote(shopper=w.shopper, group_id=w.group.public_id, lines=wanted)
    stop_clock(at=starts_at)

    with pytest.raises(PriceChanged) as refusal:
        order_place(shopper=w.shopper, group_id=w.group.public_id, lines=wanted, expected_fen=seen.total_fen)

    assert (seen.total_fen, refusal.value.facts) == (798, {"total_fen": 700})
    assert not OrderLine.objects.exists()


def test_a_step_that_starts_later_leaves_a_placed_order_as_it_is() -> None:
    w = world()
    starts_at = late_price(w)
    stop_clock(at=starts_at - MICROSECOND)
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    stop_clock(at=starts_at + HOUR / 2)

    order.refresh_from_db()

    assert (order.total_fen, order.lines.get().price_fen) == (399, 399)


@pytest.mark.parametrize(
    "second",
    [PriceStep(dt.datetime(2030, 1, 1, tzinfo=dt.UTC), 1), PriceStep(dt.datetime(2031, 1, 1, tzinfo=dt.UTC), -1)],
)
def test_two_prices_at_one_instant_or_below_nothing_are_refused(second: PriceStep) -> None:
    w = world()

    with pytest.raises(Invalid, match="阶梯价的时间不能重复，价格不能为负。"):
        price_steps_replace({w.tomato.pk: [PriceStep(dt.datetime(2030, 1, 1, tzinfo=dt.UTC), 2), second]})

    assert not w.tomato.price_steps.exists()


@pytest.mark.parametrize("year", [1, 9999])
def test_a_step_in_a_year_that_cannot_be_read_back_is_refused(year: int) -> None:
    w = world()

    with pytest.raises(Invalid, match="年份"):
        price_steps_replace({w.tomato.pk: [PriceStep(dt.datetime(year, 6, 1, tzinfo=dt.UTC), 350)]})

    assert not w.tomato.price_steps.exists()
