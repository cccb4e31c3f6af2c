"""Handing out and settling at the same time: pieces change hands once and are paid for once."""

import datetime as dt
import uuid
from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError

from fulfillment.models import Pickup, PickupEvent, PickupItem
from fulfillment.services import pickups
from groupbuy.domain.words import RefundReason
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import LedgerEntry, OrderLine, Refund, User
from groupbuy.services import refunds
from groupbuy.services.refunds import NothingToRefund, refund_request
from groupbuy.services.sales import NothingLeft
from leaders.models import CommissionEntry, Leader
from leaders.selectors import due
from leaders.services import applications, commission
from leaders.services.applications import ApplicationForm, application_approve, application_submit
from leaders.tasks import settle_commissions
from tests.books import assert_books, broken_books
from tests.concurrency.races import after, at_once, before, outcome_of
from tests.services.steps import deliver, hand_out
from tests.world import World, person, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


def delivered(w: World) -> Pickup:
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    deliver(w)
    return Pickup.objects.get()


def collected() -> int:
    return OrderLine.objects.get().collected


def test_two_phones_that_hand_out_the_same_pieces_hand_them_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    pickup = delivered(w)
    all_of_it = partial(hand_out, pickup, actor=w.leader, pieces={"TOMATO": 3})
    seam = before(monkeypatch, pickups, "lines_collect", all_of_it)

    all_of_it()

    assert isinstance(seam.join(), NothingLeft)
    assert seam.blocked
    assert (collected(), PickupEvent.objects.count()) == (3, 1)
    assert_books()


def test_one_event_sent_eight_times_at_once_is_one_hand_over() -> None:
    w = world()
    pickup = delivered(w)
    event = uuid.uuid4()

    answers = at_once([partial(hand_out, pickup, actor=w.leader, pieces={"TOMATO": 1}, event=event)] * 8)

    assert {answer.pk for answer in answers} == {PickupEvent.objects.get().pk}
    assert collected() == 1
    assert_books()


def collect_without_looking(pieces: dict[int, int]) -> None:
    for line_id, quantity in pieces.items():
        run("UPDATE groupbuy_orderline SET collected = collected + %s WHERE id = %s", [quantity, line_id])


def test_twin_without_the_guard_only_the_table_refuses_the_second_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    pickup = delivered(w)
    monkeypatch.setattr(pickups, "lines_collect", collect_without_looking)
    all_of_it = partial(hand_out, pickup, actor=w.leader, pieces={"TOMATO": 3})
    seam = before(monkeypatch, pickups, "lines_collect", all_of_it)

    all_of_it()

    refused = seam.join()
    assert isinstance(refused, IntegrityError)
    assert "orderline_not_overcollected" in str(refused)


def test_twin_without_guard_and_constraint_pieces_change_hands_twice(
    monkeypatch: pytest.MonkeyPatch, without_constraint: Callable[[str, str], None]
) -> None:
    w = world()
    pickup = delivered(w)
    without_constraint("groupbuy_orderline", "orderline_not_overcollected")
    monkeypatch.setattr(pickups, "lines_collect", collect_without_looking)
    all_of_it = partial(hand_out, pickup, actor=w.leader, pieces={"TOMATO": 3})
    seam = before(monkeypatch, pickups, "lines_collect", all_of_it)

    all_of_it()

    seam.join()
    assert collected() == 6
    assert "I10-line" in broken_books()


def test_twin_without_the_event_as_a_key_a_repeat_hands_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    pickup = delivered(w)
    monkeypatch.setattr(pickups, "_claim", lambda pickup, actor, *rest: _new_event(pickup, actor, rest[-1]))
    event = uuid.uuid4()

    at_once([partial(hand_out, pickup, actor=w.leader, pieces={"TOMATO": 1}, event=event)] * 3)

    assert collected() == 3


def _new_event(pickup: Pickup, actor: User, now: dt.datetime) -> int:
    (event,) = rows(
        "INSERT INTO fulfillment_pickupevent (uuid, pickup_id, actor_id, at)"
        " VALUES (gen_random_uuid(), %s, %s, %s) RETURNING id",
        [pickup.pk, actor.pk, now],
    )
    return int(event["id"])


def test_a_refund_and_a_hand_over_of_the_same_piece_cannot_both_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    pickup = delivered(w)
    line = OrderLine.objects.get()
    refund = partial(
        refund_request, order_id=line.order_id, pieces={line.pk: 2}, reason=RefundReason.OPERATOR, actor_id=None
    )
    seam = after(monkeypatch, pickups, "lines_collect", refund)

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 2})

    assert isinstance(seam.join(), NothingToRefund)
    assert seam.blocked
    line.refresh_from_db()
    assert (line.collected, line.refunded) == (2, 0)
    assert_books()


def test_a_hand_over_waits_for_the_refund_that_was_first(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    pickup = delivered(w)
    line = OrderLine.objects.get()
    seam = after(monkeypatch, refunds, "_intent", partial(hand_out, pickup, actor=w.leader, pieces={"TOMATO": 2}))

    refund_request(order_id=line.order_id, pieces={line.pk: 2}, reason=RefundReason.OPERATOR, actor_id=None)

    assert isinstance(seam.join(), NothingLeft)
    assert seam.blocked
    line.refresh_from_db()
    assert (line.collected, line.refunded) == (0, 2)
    assert Refund.objects.get().amount_fen == 798
    assert_books()


def test_two_commission_sweeps_at_once_book_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    Leader.objects.filter(user=w.leader).update(recommender=w.other_leader)
    pickup = delivered(w)
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 1})
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 2})
    ids = due.items_to_book()
    seam = before(monkeypatch, commission, "_settle", partial(commission.commission_accrue, item_ids=ids))

    assert commission.commission_accrue(item_ids=ids) == 2

    assert seam.join() == 0
    assert seam.blocked
    assert sorted(CommissionEntry.objects.values_list("leg", "amount_fen")) == [
        ("recommender", 4),
        ("recommender", 8),
        ("seller", 40),
        ("seller", 80),
    ]
    assert LedgerEntry.objects.filter(kind="sale").count() == 2
    assert_books()


def test_sweeps_that_settle_pickups_and_refunds_together_agree() -> None:
    w = world()
    pickup = delivered(w)
    line = OrderLine.objects.get()
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 1})
    refund_request(order_id=line.order_id, pieces={line.pk: 1}, reason=RefundReason.OPERATOR, actor_id=None)
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 1})

    at_once([settle_commissions] * 4)

    assert sum(CommissionEntry.objects.values_list("amount_fen", flat=True)) == 80
    assert not PickupItem.objects.filter(taken_at=None).exists()
    assert_books()


def take_without_marking(*, item_ids: list[int], now: dt.datetime) -> list[dict[str, int]]:
    return rows("SELECT id, line_id, quantity FROM fulfillment_pickupitem WHERE id = ANY(%s) ORDER BY id", [item_ids])


def test_twin_without_the_mark_only_the_entrys_key_refuses_the_second_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    hand_out(delivered(w), actor=w.leader, pieces={"TOMATO": 1})
    ids = due.items_to_book()
    monkeypatch.setattr(commission, "items_take", take_without_marking)
    seam = before(monkeypatch, commission, "_settle", partial(commission.commission_accrue, item_ids=ids))

    outcome = outcome_of(partial(commission.commission_accrue, item_ids=ids))

    assert seam.join() == 1
    assert isinstance(outcome, IntegrityError)
    assert CommissionEntry.objects.count() == 1


def test_two_reviewers_who_approve_at_once_make_one_leader(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    code = Leader.objects.get(user=w.other_leader).invite_code
    applicant = person(name="新团长", phone="13800000055")
    form = ApplicationForm(
        name="新团长",
        phone="13800000055",
        kind="shop",
        community_id=w.near.community_id,
        point_name="新店",
        address="文二路 1 号",
        group_size=50,
        invite_code=code,
    )
    application = application_submit(applicant=applicant, form=form)
    approve = partial(application_approve, application_id=application.pk, actor_id=w.staff.pk)
    seam = after(monkeypatch, applications, "_open_point", approve)

    approve()

    assert isinstance(seam.join(), StateConflict)
    assert seam.blocked
    assert Leader.objects.filter(user=applicant).count() == 1
    assert_books()
