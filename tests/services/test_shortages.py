"""Shortages: recorded within what the papers ask for, decided once when the pick is closed, given back by themselves."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.models import PaperIssue, Pickup, Shortage, ShortageShare
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.pick_records import PickClosed, RecordReused
from fulfillment.services.picking import NotInWave
from fulfillment.services.shortages import ShortageTooBig, pick_close, shortage_record, shortage_undo
from fulfillment.services.waves import wave_build, wave_void
from groupbuy.domain.words import ShortagePolicy
from groupbuy.models import AuditEvent, Message, OrderLine, Refund, RefundLine
from groupbuy.services import outbox
from groupbuy.services.campaigns import OfferWanted
from leaders.models import CommissionEntry
from leaders.tasks import settle_commissions
from tests.books import assert_books
from tests.services.steps import give_back
from tests.shortages import buy, collect_all, lacking_world, lines, papers, short, waved
from tests.world import build_wave, deliver, open_campaign, place, place_and_pay

pytestmark = pytest.mark.django_db


def refunds() -> list[tuple[str, int, str]]:
    found = Refund.objects.order_by("order__paid_at", "pk")
    return [(refund.payment.payer.display_name, refund.amount_fen, refund.reason) for refund in found]


def test_the_last_to_pay_goes_without_and_has_his_money_back_with_one_message() -> None:
    w = lacking_world()
    orders = buy(w, 3, 2, 2)
    wave = waved(w)
    short(wave, w.tomato, 3, by=w.picker)

    pick_close(wave_id=wave.pk, actor_id=w.picker.pk)

    assert lines(w.tomato) == [(3, 0, 0), (2, 1, 399), (2, 2, 798)]
    assert refunds() == [("赵邻居", 399, "shortage"), ("周拣货", 798, "shortage")]
    outbox.relay()
    told = (
        Message.objects.filter(outbox__topic="order.short").order_by("pk").values_list("person__display_name", "body")
    )
    assert list(told) == [
        ("赵邻居", f"订单 {orders[1].number}：番茄缺 1 份，3.99 元会原路退回。"),
        ("周拣货", f"订单 {orders[2].number}：番茄缺 2 份，7.98 元会原路退回。"),
    ]
    assert_books()


def test_every_decision_is_kept_with_the_refund_that_it_led_to() -> None:
    w = lacking_world(ShortagePolicy.PROPORTIONAL)
    buy(w, 4, 2)
    wave = waved(w)
    first, second = short(wave, w.tomato, 1, by=w.picker), short(wave, w.tomato, 2, by=w.picker, cause="damaged")

    pick_close(wave_id=wave.pk)

    shares = ShortageShare.objects.order_by("pk").values_list(
        "shortage", "line__quantity", "pieces", "refund_line__amount_fen"
    )
    assert list(shares) == [(first.pk, 4, 1, 798), (second.pk, 4, 1, 798), (second.pk, 2, 1, 399)]
    assert list(Shortage.objects.order_by("pk").values_list("allocated", flat=True)) == [1, 2]
    assert list(RefundLine.objects.order_by("pk").values_list("quantity", "short", "amount_fen")) == [
        (2, 2, 798),
        (1, 1, 399),
    ]
    facts = AuditEvent.objects.get(action="pick_close").facts
    assert facts == {"short": 3, "orders": 2, "fen": 1197}
    assert_books()


def test_the_papers_get_a_new_version_without_the_short_pieces_and_the_old_one_stays() -> None:
    w = lacking_world()
    buy(w, 3, 2)
    wave = waved(w)
    short(wave, w.tomato, 2, by=w.picker)

    pick_close(wave_id=wave.pk, actor_id=w.picker.pk)

    assert papers(wave, w.tomato) == (3, 3)
    assert wave.paper_version == 2
    assert PaperIssue.objects.get(wave=wave, version=2).actor == w.picker
    assert list(wave.pick_lines.order_by("pk").values_list("paper_version", "quantity")) == [(1, 5), (2, 3)]


def test_a_wave_that_lacks_nothing_is_closed_without_a_new_version() -> None:
    w = lacking_world()
    buy(w, 3)
    wave = waved(w)

    pick_close(wave_id=wave.pk)

    wave.refresh_from_db()
    assert wave.pick_closed_at
    assert wave.paper_version == 1
    assert not Refund.objects.exists()


def test_several_short_skus_of_an_order_make_one_refund() -> None:
    w = lacking_world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2, w.eggs: 1, w.dumplings: 2})
    wave = waved(w)
    short(wave, w.tomato, 1, by=w.picker)
    short(wave, w.eggs, 1, by=w.picker)

    pick_close(wave_id=wave.pk)

    assert refunds() == [("林小满", 399 + 1590, "shortage")]
    assert Refund.objects.get().lines.count() == 2
    outbox.relay()
    (body,) = Message.objects.filter(outbox__topic="order.short").values_list("body", flat=True)
    assert body == f"订单 {order.number}：番茄缺 1 份、鲜鸡蛋缺 1 盒，19.89 元会原路退回。"
    assert_books()


def test_pieces_that_were_free_are_counted_and_told_and_nothing_is_refunded() -> None:
    w = lacking_world()
    w.campaign.offers.filter(pk=w.tomato.pk).update(price_fen=0)
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    wave = waved(w)
    short(wave, w.tomato, 2, by=w.picker)

    pick_close(wave_id=wave.pk)

    assert lines(w.tomato) == [(2, 2, 0)]
    assert ShortageShare.objects.get().refund_line is None
    assert not Refund.objects.exists()
    outbox.relay()
    (body,) = Message.objects.filter(outbox__topic="order.short_free").values_list("body", flat=True)
    assert body == f"订单 {order.number}：番茄缺 2 份，没有收费，所以没有退款。抱歉让您失望。"
    assert_books()


def test_what_is_short_at_a_position_is_lost_there() -> None:
    w = lacking_world()
    buy(w, 2, 1, far=True)
    buy(w, 3)
    wave = waved(w)
    short(wave, w.tomato, 1, by=w.picker, point=w.far)
    short(wave, w.tomato, 1, by=w.picker)

    pick_close(wave_id=wave.pk)

    # The neighbour's only one at the far point; of the wave's, one of the last to pay, who is at the near point.
    assert lines(w.tomato) == [(2, 0, 0), (1, 1, 399), (3, 1, 399)]
    assert_books()


def test_records_stay_within_what_the_papers_ask_for() -> None:
    w = lacking_world()
    buy(w, 3)
    buy(w, 2, far=True)
    wave = waved(w)
    short(wave, w.tomato, 2, by=w.picker, point=w.far)
    short(wave, w.tomato, 2, by=w.picker)

    with pytest.raises(ShortageTooBig) as at_point:
        short(wave, w.tomato, 1, by=w.picker, point=w.far)
    with pytest.raises(ShortageTooBig) as in_wave:
        short(wave, w.tomato, 2, by=w.picker)
    with pytest.raises(NotInWave):
        short(wave, w.eggs, 1, by=w.picker)
    with pytest.raises(ShortageTooBig):
        short(wave, w.tomato, 0, by=w.picker)
    assert (at_point.value.facts, in_wave.value.facts) == ({"left": 0}, {"left": 1})
    assert short(wave, w.tomato, 1, by=w.picker).expected == 5


def test_a_record_sent_twice_is_one_even_after_the_closing() -> None:
    w = lacking_world()
    buy(w, 3)
    wave = waved(w)
    sent = {"wave_id": wave.pk, "sku_id": w.tomato.sku_id, "actor_id": w.picker.pk, "uuid": uuid.uuid4()}

    first = shortage_record(pieces=2, **sent)  # type: ignore[arg-type]
    assert shortage_record(pieces=2, **sent) == first  # type: ignore[arg-type]
    with pytest.raises(RecordReused):
        shortage_record(pieces=1, **sent)  # type: ignore[arg-type]
    pick_close(wave_id=wave.pk)

    assert shortage_record(pieces=2, **sent) == first  # type: ignore[arg-type]
    assert lines(w.tomato) == [(3, 2, 798)]


def test_what_was_found_again_is_undone_and_nobody_goes_without() -> None:
    w = lacking_world()
    buy(w, 3)
    wave = waved(w)
    row = short(wave, w.tomato, 2, by=w.picker)

    shortage_undo(shortage_id=row.pk, actor_id=w.staff.pk)
    shortage_undo(shortage_id=row.pk, actor_id=w.picker.pk)
    pick_close(wave_id=wave.pk)

    row.refresh_from_db()
    assert row.undone_by == w.staff
    assert row.allocated is None
    assert lines(w.tomato) == [(3, 0, 0)]
    assert_books()


def test_a_closed_pick_takes_no_records_and_is_not_closed_again() -> None:
    w = lacking_world()
    buy(w, 3)
    wave = waved(w)
    row = short(wave, w.tomato, 1, by=w.picker)
    pick_close(wave_id=wave.pk)

    with pytest.raises(PickClosed):
        short(wave, w.tomato, 1, by=w.picker)
    with pytest.raises(PickClosed):
        shortage_undo(shortage_id=row.pk, actor_id=w.picker.pk)
    with pytest.raises(PickClosed):
        pick_close(wave_id=wave.pk)
    assert lines(w.tomato) == [(3, 1, 399)]


def test_the_dispatch_closes_the_pick_that_nobody_closed() -> None:
    w = lacking_world()
    buy(w, 3)
    wave = waved(w)
    short(wave, w.tomato, 1, by=w.picker)

    dispatch_send(wave_id=wave.pk)

    wave.refresh_from_db()
    assert wave.pick_closed_at
    assert lines(w.tomato) == [(3, 1, 399)]
    assert papers(wave, w.tomato) == (2, 2)
    assert_books()


def test_a_voided_wave_takes_no_records_and_the_next_one_asks_for_what_is_still_due() -> None:
    w = lacking_world()
    buy(w, 3, 2)
    wave = waved(w)
    short(wave, w.tomato, 2, by=w.picker)
    pick_close(wave_id=wave.pk)
    wave_void(wave_id=wave.pk, reason="重做")

    with pytest.raises(PickClosed):
        short(wave, w.tomato, 1, by=w.picker)
    again = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)

    assert again
    assert papers(again, w.tomato) == (3, 3)
    assert_books()


def test_who_has_nothing_left_has_nothing_to_collect_either() -> None:
    w = lacking_world()
    buy(w, 3, 2)
    place_and_pay(shopper=w.picker, group=w.group, quantities={w.tomato: 1, w.eggs: 1})
    wave = waved(w)
    short(wave, w.tomato, 3, by=w.picker)

    pick_close(wave_id=wave.pk)

    left = Pickup.objects.filter(done_at=None).order_by("pk").values_list("shopper__display_name", flat=True)
    assert sorted(left) == ["周拣货", "林小满"]
    assert_books()


def test_a_piece_that_an_operator_refunded_meanwhile_is_not_short_for_somebody_else() -> None:
    w = lacking_world()
    orders = buy(w, 3, 2)
    wave = waved(w)
    row = short(wave, w.tomato, 2, by=w.picker)
    give_back(orders[0].lines.get())

    pick_close(wave_id=wave.pk)

    row.refresh_from_db()
    assert row.allocated == 1
    assert lines(w.tomato) == [(3, 0, 399), (2, 1, 399)]
    assert papers(wave, w.tomato) == (3, 3)
    assert_books()


def test_the_commission_is_for_what_was_collected_and_kept() -> None:
    w = lacking_world()
    buy(w, 3)
    wave = waved(w)
    short(wave, w.tomato, 1, by=w.picker)
    deliver(wave=wave, signers={w.near: w.leader})
    collect_all(w.leader)

    settle_commissions()

    entry = CommissionEntry.objects.get()
    assert (entry.pieces, entry.base_fen, entry.amount_fen) == (2, 798, 80)
    assert not RefundLine.objects.filter(taken_at=None).exists()
    assert_books(ages=True)


def statements(wave_id: int) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        pick_close(wave_id=wave_id)
    return [query["sql"][:60] for query in queries]


def test_closing_takes_as_many_statements_for_many_lines_as_for_few() -> None:
    w = lacking_world(ShortagePolicy.BY_COMMUNITY)
    buy(w, 2, 2)
    few = waved(w)
    short(few, w.tomato, 2, by=w.picker)
    counted = len(statements(few.pk))
    more = open_campaign(
        warehouse=w.warehouse, points=[w.near, w.far], offers=[OfferWanted(sku=w.tomato.sku, price_fen=399)]
    )
    offer = more.offers.get()
    for group in more.groups.all():
        for shopper in (w.shopper, w.neighbour, w.picker, w.shopper, w.neighbour, w.picker):
            place_and_pay(shopper=shopper, group=group, quantities={offer: 3})
    many = build_wave(campaign=more)
    short(many, offer, 20, by=w.picker)
    short(many, offer, 2, by=w.picker, point=w.far)

    assert len(statements(many.pk)) == counted
    assert OrderLine.objects.filter(offer=offer, short__gt=0).count() > 6
    assert_books()
