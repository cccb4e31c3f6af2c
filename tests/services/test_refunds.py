"""Giving back: shares that add up to the fen, and one refund at the provider whatever breaks on the way."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import LedgerEntry, LedgerLeg, Offer, Order, OrderLine, Outbox, Payment, Refund, StateChange
from groupbuy.services import payments, refund_sending, refunds
from groupbuy.services.orders import order_cancel
from groupbuy.services.refund_by_hand import refund_settle_by_hand
from groupbuy.services.sales import lines_collect
from groupbuy.tasks import send_refunds
from tests.books import assert_books
from tests.clocks import SECOND
from tests.promotions import spend_and_save
from tests.services.wechat import Wechat
from tests.world import World, close_and_freeze, place, place_and_pay, shift_clock, world

pytestmark = pytest.mark.django_db


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def accepted(w: World, **pieces: int) -> Order:
    wanted = {getattr(w, name): quantity for name, quantity in pieces.items()}
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities=wanted)
    close_and_freeze(campaign=w.campaign)
    return order


def give_back(line: OrderLine, pieces: int) -> Refund:
    return refunds.refund_request(
        order_id=line.order_id, pieces={line.pk: pieces}, reason=RefundReason.OPERATOR, actor_id=None
    )


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


def balances() -> dict[str, int]:
    found: dict[str, int] = {}
    for account, amount in LedgerLeg.objects.values_list("account", "amount_fen"):
        found[account] = found.get(account, 0) + amount
    return found


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


@pytest.fixture
def three_tomatoes(wechat: Wechat) -> OrderLine:
    """The line of an accepted order of three tomatoes, 1197 fen, paid through the provider."""
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    wechat.pay(wechat.start(order), notify=True)
    wechat.deliver()
    close_and_freeze(campaign=w.campaign)
    return order.lines.get()


def at_provider(wechat: Wechat) -> list[tuple[str, int]]:
    payment = Payment.objects.get()
    answer = wechat.provider.judge(f"ledger?out_trade_no={payment.out_trade_no}")
    return [(refund["out_refund_no"], refund["amount_fen"]) for refund in answer["refunds"]]


def departures() -> list[dt.datetime]:
    """When the parcels left."""
    return sorted(refund.sent_at for refund in Refund.objects.filter(sent_as=F("pk")) if refund.sent_at)


def send_at(second: int) -> list[str]:
    """Sweep ``second`` seconds from now; return the states of all refunds, oldest first."""
    shift_clock(by=second * SECOND)
    send_refunds()
    return list(Refund.objects.order_by("pk").values_list("state", flat=True))


def test_refunds_of_one_payment_that_wait_go_out_as_one_and_keep_their_lines(
    wechat: Wechat, three_tomatoes: OrderLine
) -> None:
    first, second = give_back(three_tomatoes, 1), give_back(three_tomatoes, 2)

    assert send_at(0) == ["sending", "sending"]
    assert send_at(3) == ["succeeded", "succeeded"]

    assert at_provider(wechat) == [(first.out_refund_no, 1197)]
    assert set(Refund.objects.values_list("sent_as", "tries")) == {(first.pk, 2)}
    assert list(second.lines.values_list("quantity", "amount_fen")) == [(2, 798)]
    assert Outbox.objects.filter(topic="refund.done").count() == 1
    assert balances() == {"provider": 0, "held": 0, "refund_due": 0}
    assert_books()


def test_a_refund_that_comes_later_waits_for_the_one_on_its_way_and_a_minute(
    wechat: Wechat, three_tomatoes: OrderLine
) -> None:
    give_back(three_tomatoes, 1)
    assert send_at(0) == ["sending"]
    second, third = give_back(three_tomatoes, 1), give_back(three_tomatoes, 1)
    assert second.out_refund_no != third.out_refund_no

    assert send_at(3) == ["succeeded", "intended", "intended"]
    assert send_at(50) == ["succeeded", "intended", "intended"]
    assert send_at(70) == ["succeeded", "sending", "sending"]
    assert send_at(80) == ["succeeded", "succeeded", "succeeded"]

    assert [fen for _, fen in at_provider(wechat)] == [399, 798]
    early, late = departures()
    assert late - early >= 60 * SECOND
    assert_books()


def test_after_fifty_refunds_of_a_payment_the_next_goes_to_a_person(
    wechat: Wechat, three_tomatoes: OrderLine, settings: Any
) -> None:
    settings.GROUPBUY_REFUNDS_PER_PAYMENT = 2
    for turn in range(3):
        give_back(three_tomatoes, 1)
        send_at(200 * turn)
        send_at(200 * turn + 3)

    states = list(Refund.objects.order_by("pk").values_list("state", "last_error"))
    assert states == [("succeeded", ""), ("succeeded", ""), ("manual", "这笔付款已退款 2 次，渠道不再受理")]
    assert [fen for _, fen in at_provider(wechat)] == [399, 399]
    assert balances()["refund_due"] == -399
    assert_books()


@pytest.mark.parametrize(("late", "state"), [(-10, "sending"), (10, "manual")])
def test_a_refund_beyond_a_year_goes_to_a_person_without_a_try(
    wechat: Wechat, three_tomatoes: OrderLine, late: int, state: str
) -> None:
    Payment.objects.update(paid_at=clock.now() - dt.timedelta(days=365, seconds=late))
    give_back(three_tomatoes, 1)

    assert send_at(0) == [state]

    assert len(at_provider(wechat)) == (state == "sending")
    assert_books()


def test_the_database_refuses_to_promise_more_than_was_paid(three_tomatoes: OrderLine) -> None:
    give_back(three_tomatoes, 2)
    payment = Payment.objects.get()
    assert payment.refunded_fen == 798

    with pytest.raises(IntegrityError, match="payment_refunds_within_it"), transaction.atomic():
        refunds.refund_payment(payment, reason=RefundReason.LATE_PAYMENT, now=clock.now())

    assert Refund.objects.count() == 1


@examples(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["refund", "refund", 1, 5, 61, "down", "up"]), max_size=14))
def test_whatever_comes_when_the_provider_gives_back_what_we_promised_a_minute_apart(
    wechat: Wechat, faults: Any, steps: list[str | int]
) -> None:
    with rolled_back():
        w = world()
        order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 9})
        payment = wechat.start(order)
        wechat.pay(payment)
        payments.payment_query(payment_id=payment.pk)
        close_and_freeze(campaign=w.campaign)
        seconds = 0
        for step in [*steps, "up", 61, 3600, 3600]:
            if step in ("down", "up"):
                faults(refund_lost_answer_rate=0.5 * (step == "down"), refund_error_rate=0.3 * (step == "down"))
            elif step == "refund" and order.lines.get().due:
                give_back(order.lines.get(), 1)
            elif isinstance(step, int):
                seconds += step
                send_at(seconds)

        promised = Refund.objects.count() * 399
        assert set(Refund.objects.values_list("state", flat=True)) <= {"succeeded"}
        assert wechat.books(payment)["refunded_fen"] == promised
        assert all(later - earlier >= 60 * SECOND for earlier, later in pairwise(departures()))
        assert len(at_provider(wechat)) == len(departures())
        assert_books()


def test_a_refund_that_is_not_due_is_left_alone(wechat: Wechat, cancelled: Refund) -> None:
    refund_sending.refund_send(refund_id=cancelled.pk)

    refund_sending.refund_send(refund_id=cancelled.pk)

    cancelled.refresh_from_db()
    assert cancelled.tries == 1


def test_only_a_refund_on_a_persons_list_is_settled_by_hand(wechat: Wechat, cancelled: Refund) -> None:
    with pytest.raises(StateConflict):
        refund_settle_by_hand(refund=cancelled, actor_id=cancelled.order.leader_id, note="银行转账")

    assert balances()["refund_due"] == -798
