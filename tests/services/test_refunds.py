"""Giving back: shares that add up to the fen, and one refund at the provider whatever breaks on the way."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from groupbuy.domain.words import RefundReason
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import LedgerEntry, Offer, Order, OrderLine, Refund, StateChange
from groupbuy.services import refund_sending, refunds
from groupbuy.services.orders import order_cancel
from groupbuy.services.refund_by_hand import refund_settle_by_hand
from groupbuy.services.sales import lines_collect
from groupbuy.tasks import send_refunds
from tests.books import assert_books
from tests.clocks import SECOND
from tests.promotions import spend_and_save
from tests.services.steps import balances, give_back, rolled_back
from tests.services.wechat import Wechat
from tests.world import World, close_and_freeze, place, place_and_pay, shift_clock, world

pytestmark = pytest.mark.django_db


def accepted(w: World, **pieces: int) -> Order:
    wanted = {getattr(w, name): quantity for name, quantity in pieces.items()}
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities=wanted)
    close_and_freeze(campaign=w.campaign)
    return order


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(net_fen=st.integers(1, 100_000), parts=st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_any_run_of_partial_refunds_gives_back_exactly_what_was_paid(net_fen: int, parts: list[int]) -> None:
    with rolled_back():
        w = world()
        Offer.objects.filter(pk=w.tomato.pk).update(price_fen=net_fen, stock=None)
        # A discount that no number of pieces divides: the net is net_fen in all, not a piece.
        if sum(parts) > 1:
            spend_and_save(net_fen * sum(parts), net_fen * (sum(parts) - 1))
        order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: sum(parts)})
        assert order.total_fen == net_fen
        _pay_and_freeze(w, order)
        line = order.lines.get()

        given = []
        for pieces in parts:
            try:
                given.append(give_back(line, pieces).amount_fen)
            except refunds.NothingToRefund:
                return  # a share of nothing: less than a fen for these pieces

        assert sum(given) == net_fen
        line.refresh_from_db()
        assert (line.refunded, line.refunded_fen, line.due) == (sum(parts), net_fen, 0)
        assert_books()


def _pay_and_freeze(w: World, order: Order) -> None:
    from tests.world import pay

    pay(order=Order.objects.get(pk=order.pk))
    close_and_freeze(campaign=w.campaign)


def test_shares_are_cumulative_so_that_the_last_piece_takes_the_rest() -> None:
    w = world()
    order = accepted(w, tomato=3)
    OrderLine.objects.filter(order=order).update(discount_fen=197, net_fen=1000)

    given = [refunds.share_of(line, 1) for line in _after_each_refund(order.lines.get())]

    assert given == [333, 333, 334]


def _after_each_refund(line: OrderLine) -> Iterator[OrderLine]:
    for _ in range(3):
        yield line
        line.refunded_fen += refunds.share_of(line, 1)
        line.refunded += 1


def test_a_partial_refund_moves_its_share_from_held_to_due() -> None:
    w = world()
    order = accepted(w, tomato=3, eggs=1)
    tomato = order.lines.get(offer=w.tomato)

    refund = give_back(tomato, 2)

    assert (refund.amount_fen, refund.state) == (798, "intended")
    assert balances() == {"provider": 2787, "held": -1989, "refund_due": -798}
    assert list(refund.lines.values_list("line_id", "quantity", "amount_fen")) == [(tomato.pk, 2, 798)]
    assert_books()


def test_pieces_that_are_collected_or_refunded_cannot_be_refunded() -> None:
    w = world()
    line = accepted(w, tomato=3).lines.get()
    lines_collect({line.pk: 1})
    give_back(line, 1)

    with pytest.raises(refunds.NothingToRefund):
        give_back(line, 2)
    give_back(line, 1)
    with pytest.raises(refunds.NothingToRefund):
        give_back(line, 1)

    line.refresh_from_db()
    assert (line.collected, line.refunded, line.refunded_fen) == (1, 2, 798)


def test_only_an_accepted_order_is_refunded_in_part() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})

    with pytest.raises(StateConflict):
        give_back(order.lines.get(), 1)
    with pytest.raises(Invalid):
        refunds.refund_request(order_id=order.pk, pieces={}, reason=RefundReason.OPERATOR, actor_id=None)

    assert not Refund.objects.exists()


def test_a_line_of_another_order_is_not_refunded() -> None:
    w = world()
    foreign = place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1}).lines.get()
    order = accepted(w, tomato=1)

    with pytest.raises(refunds.NothingToRefund):
        refunds.refund_request(
            order_id=order.pk,
            pieces={order.lines.get().pk: 1, foreign.pk: 1},
            reason=RefundReason.OPERATOR,
            actor_id=None,
        )

    assert not Refund.objects.exists()


@pytest.fixture
def cancelled(wechat: Wechat) -> Refund:
    """The refund of 798 fen of an order that was paid through the provider and then cancelled."""
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    wechat.pay(wechat.start(order), notify=True)
    wechat.deliver()
    order_cancel(order=order, actor=w.shopper)
    return Refund.objects.get()


def sweep_until(refund: Refund, *, seconds: int) -> str:
    shift_clock(by=seconds * SECOND)
    send_refunds()
    refund.refresh_from_db()
    return refund.state


def test_a_refund_is_processing_first_and_done_when_asked_again(wechat: Wechat, cancelled: Refund) -> None:
    assert sweep_until(cancelled, seconds=0) == "sending"
    assert sweep_until(cancelled, seconds=1) == "sending"
    assert cancelled.tries == 1
    assert sweep_until(cancelled, seconds=3) == "succeeded"
    send_refunds()

    assert (cancelled.tries, cancelled.next_try_at) == (2, None)
    assert cancelled.done_at is not None
    assert wechat.books(cancelled.payment) == {"paid_fen": 798, "refunded_fen": 798, "held_fen": 0}
    assert balances() == {"provider": 0, "held": 0, "refund_due": 0}
    kinds = list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["payment", "refund_intent", "refund_done"]
    assert_books()


@pytest.mark.parametrize("fault", ["api_error_rate", "refund_limit_rate", "refund_lost_answer_rate"])
def test_a_provider_that_fails_is_asked_later_with_the_same_number(
    wechat: Wechat, cancelled: Refund, faults: Any, fault: str
) -> None:
    faults(**{fault: 1.0})
    assert sweep_until(cancelled, seconds=0) == "sending"
    assert cancelled.last_error

    faults(**{fault: 0.0})
    sweep_until(cancelled, seconds=3)
    assert sweep_until(cancelled, seconds=60) == "succeeded"

    answer = wechat.provider.judge(f"ledger?out_trade_no={cancelled.payment.out_trade_no}")
    sent = [(refund["out_refund_no"], refund["amount_fen"]) for refund in answer["refunds"]]
    assert sent == [(cancelled.out_refund_no, 798)]
    assert_books()


def test_a_worker_that_dies_before_the_call_sends_the_same_refund_later(wechat: Wechat, cancelled: Refund) -> None:
    refund_sending._begin(cancelled.pk)
    cancelled.refresh_from_db()
    assert (cancelled.state, cancelled.tries) == ("sending", 1)

    sweep_until(cancelled, seconds=3)
    assert sweep_until(cancelled, seconds=60) == "succeeded"

    assert wechat.books(cancelled.payment)["refunded_fen"] == 798


def test_a_refund_that_is_refused_five_times_goes_to_a_person(wechat: Wechat, cancelled: Refund, faults: Any) -> None:
    faults(refund_no_funds_rate=1.0)

    seen = [sweep_until(cancelled, seconds=100 * turn) for turn in range(6)]

    assert seen == ["failed", "failed", "failed", "failed", "manual", "manual"]
    assert (cancelled.tries, cancelled.next_try_at) == (5, None)
    assert cancelled.last_error.startswith("NOT_ENOUGH")
    assert balances()["refund_due"] == -798
    refund_settle_by_hand(refund=cancelled, actor_id=cancelled.order.leader_id, note="银行转账")
    cancelled.refresh_from_db()
    assert (cancelled.state, balances()["refund_due"], balances()["provider"]) == ("succeeded", 0, 0)
    last = StateChange.objects.filter(machine="refund", subject_id=cancelled.pk).latest("pk")
    assert last.actor_id == cancelled.order.leader_id
    with pytest.raises(StateConflict):
        refund_settle_by_hand(refund=cancelled, actor_id=cancelled.order.leader_id, note="银行转账")
    assert_books()


def test_a_long_outage_uses_up_none_of_the_five_refusals(wechat: Wechat, cancelled: Refund, faults: Any) -> None:
    faults(api_error_rate=1.0)
    assert [sweep_until(cancelled, seconds=100 * turn) for turn in range(6)] == ["sending"] * 6

    faults(api_error_rate=0.0, refund_no_funds_rate=1.0)
    assert sweep_until(cancelled, seconds=700) == "failed"
    faults(refund_no_funds_rate=0.0)
    sweep_until(cancelled, seconds=2_000)

    assert sweep_until(cancelled, seconds=5_000) == "succeeded"
    assert wechat.books(cancelled.payment)["refunded_fen"] == 798


def test_a_refund_that_is_not_due_is_left_alone(wechat: Wechat, cancelled: Refund) -> None:
    refund_sending.refund_send(refund_id=cancelled.pk)

    refund_sending.refund_send(refund_id=cancelled.pk)

    cancelled.refresh_from_db()
    assert cancelled.tries == 1


def test_only_a_refund_on_a_persons_list_is_settled_by_hand(wechat: Wechat, cancelled: Refund) -> None:
    with pytest.raises(StateConflict):
        refund_settle_by_hand(refund=cancelled, actor_id=cancelled.order.leader_id, note="银行转账")

    assert balances()["refund_due"] == -798
