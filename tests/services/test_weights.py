"""Weights: goods sold by nominal weight give back what they lack; nobody is ever charged more."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from fulfillment.models import Wave, WeightEntry, WeightShare
from fulfillment.services.pick_records import PickClosed
from fulfillment.services.picking import NotInWave
from fulfillment.services.shortages import pick_close
from fulfillment.services.waves import wave_build, wave_void
from fulfillment.services.weights import NotWeighed, WeighedAlready, WeightAbsurd, weight_undo
from groupbuy.domain.given_back import LineMoney, Loss, given_back, pieces_fen, weight_fen
from groupbuy.domain.words import ShortagePolicy
from groupbuy.models import Message, OrderLine, Refund, RefundLine
from groupbuy.services import outbox
from leaders.models import CommissionEntry
from leaders.tasks import settle_commissions
from tests.books import assert_books
from tests.services.steps import give_back, rolled_back
from tests.shortages import buy, collect_all, lacking_world, lines, short, waved, weigh
from tests.world import World, deliver, place_and_pay

pytestmark = pytest.mark.django_db


def test_what_is_light_goes_back_line_by_line_in_proportion() -> None:
    w = lacking_world()
    orders = buy(w, 3, 1)
    wave = waved(w)
    weigh(wave, w.tomato, 1900, by=w.picker, point=w.near)  # of 2000 g

    pick_close(wave_id=wave.pk)

    # 1425 of 1500 g: 1197 fen x 5 % = 59.85; 475 of 500 g: 399 fen x 5 % = 19.95.
    assert lines(w.tomato) == [(3, 0, 60), (1, 0, 20)]
    shares = WeightShare.objects.order_by("pk").values_list("pieces", "nominal_base", "real_base", "amount_fen")
    assert list(shares) == [(3, 1500, 1425, 60), (1, 500, 475, 20)]
    assert list(RefundLine.objects.order_by("pk").values_list("quantity", "short", "amount_fen")) == [
        (0, 0, 60),
        (0, 0, 20),
    ]
    assert {refund.reason for refund in Refund.objects.all()} == {"weight"}
    outbox.relay()
    told = Message.objects.filter(outbox__topic="order.weighed").order_by("pk").values_list("body", flat=True)
    assert list(told) == [
        f"订单 {orders[0].number}：番茄少 75 克，差价 0.60 元会原路退回。",
        f"订单 {orders[1].number}：番茄少 25 克，差价 0.20 元会原路退回。",
    ]
    wave.refresh_from_db()
    assert wave.paper_version == 2  # the new one says what they weigh
    assert_books()


def test_heavier_goods_are_a_gift() -> None:
    w = lacking_world()
    buy(w, 3, 1)
    wave = waved(w)
    weigh(wave, w.tomato, 2001, by=w.picker, point=w.near)

    pick_close(wave_id=wave.pk)

    assert lines(w.tomato) == [(3, 0, 0), (1, 0, 0)]
    assert not Refund.objects.exists()
    assert WeightShare.objects.filter(amount_fen=0, refund_line=None).count() == 2
    assert_books()


def test_one_line_may_be_weighed_by_itself() -> None:
    w = lacking_world()
    buy(w, 3, 1)
    wave = waved(w)
    line = OrderLine.objects.get(offer=w.tomato, quantity=3)
    weigh(wave, w.tomato, 1470, by=w.picker, point=w.near, line=line)

    pick_close(wave_id=wave.pk)

    assert lines(w.tomato) == [(3, 0, 24), (1, 0, 0)]  # 1197 x 2 % = 23.94
    assert_books()


def test_short_pieces_are_out_before_the_weight_is_compared_and_both_go_back_in_one_refund() -> None:
    w = lacking_world()
    orders = buy(w, 3, 2, 1)
    wave = waved(w)
    short(wave, w.tomato, 2, by=w.picker)
    weigh(wave, w.tomato, 1900, by=w.picker, point=w.near)

    pick_close(wave_id=wave.pk)

    assert lines(w.tomato) == [(3, 0, 60), (2, 1, 419), (1, 1, 399)]
    assert list(Refund.objects.order_by("order__paid_at").values_list("amount_fen", "reason")) == [
        (60, "weight"),
        (419, "shortage"),
        (399, "shortage"),
    ]
    outbox.relay()
    (body,) = Message.objects.filter(person=w.neighbour, outbox__topic="order.short").values_list("body", flat=True)
    assert body == f"订单 {orders[1].number}：番茄缺 1 份，少 25 克，4.19 元会原路退回。"
    deliver(wave=wave, signers={w.near: w.leader})
    collect_all(w.leader)
    settle_commissions()
    earned = CommissionEntry.objects.order_by("line__order__paid_at").values_list("base_fen", "amount_fen")
    assert list(earned) == [(1137, 114), (379, 38)]
    assert_books(ages=True)
    assert printed() == decided()


def printed() -> list[list[int]]:
    """Return the numbers of the example in docs/shortage.md, row by row."""
    page = (Path(__file__).parents[2] / "docs" / "shortage.md").read_text(encoding="utf-8")
    table = [
        line.strip("| ").split(" | ") for line in page.partition("## An example")[2].splitlines() if line[:1] == "|"
    ]
    return [[int(cell) for cell in row[1:]] for row in table[2:]]


def decided() -> list[list[int]]:
    """Return the same of what happened: ordered, short, its fen, stays, should weigh, weighs, its fen, refund."""
    found = []
    for line in OrderLine.objects.order_by("order__paid_at"):
        scale = WeightShare.objects.filter(line=line).first()
        weight = [scale.nominal_base, scale.real_base, scale.amount_fen] if scale else [0, 0, 0]
        for_pieces = line.refunded_fen - weight[2]
        found.append(
            [
                line.quantity,
                line.short,
                for_pieces,
                line.due,
                *weight,
                sum(line.refund_lines.values_list("amount_fen", flat=True)),
            ]
        )
    return found


def test_a_refund_after_the_weighing_gives_back_the_rest_and_not_a_fen_more() -> None:
    w = lacking_world()
    buy(w, 3)
    wave = waved(w)
    weigh(wave, w.tomato, 1425, by=w.picker, point=w.near)
    pick_close(wave_id=wave.pk)
    line = OrderLine.objects.get()

    for _ in range(3):
        give_back(line)

    # 60 went back for weight, 20 of it for each piece: 399 - 20 three times.
    assert list(Refund.objects.order_by("pk").values_list("amount_fen", flat=True)) == [60, 379, 379, 379]
    assert_books()


def test_goods_weighed_again_after_their_wave_was_voided_give_back_only_what_they_lack_now() -> None:
    again = weighed_and_voided(w := lacking_world())
    weigh(again, w.tomato, 1350, by=w.picker, point=w.near)  # of 1500 g

    pick_close(wave_id=again.pk)

    assert lines(w.tomato) == [(3, 0, 120)]  # 1197 fen x 10 % = 119.7, of which 60 went back before
    assert list(Refund.objects.order_by("pk").values_list("amount_fen", flat=True)) == [60, 60]
    assert_books()


def test_pieces_that_turn_out_short_after_a_voided_weighing_give_back_the_rest_of_their_money() -> None:
    again = weighed_and_voided(w := lacking_world())
    short(again, w.tomato, 1, by=w.picker)
    weigh(again, w.tomato, 900, by=w.picker, point=w.near)  # of 1000 g

    pick_close(wave_id=again.pk)

    # 399 - 20 for the piece; 798 fen x 10 % = 79.8 for the two others, of which 40 went back before.
    assert lines(w.tomato) == [(3, 1, 60 + 379 + 40)]
    assert_books()


def weighed_and_voided(w: World) -> Wave:
    """Weigh three portions at 1425 of 1500 g, which gives 60 fen back, and void their wave; return the next."""
    buy(w, 3)
    wave = waved(w)
    weigh(wave, w.tomato, 1425, by=w.picker, point=w.near)
    pick_close(wave_id=wave.pk)
    wave_void(wave_id=wave.pk, reason="重来")
    again = wave_build(warehouse_id=wave.warehouse_id, delivery_date=wave.delivery_date)
    assert again is not None
    return again


def test_a_weighing_of_goods_that_all_turned_out_short_says_nothing() -> None:
    w = lacking_world()
    buy(w, 1)
    wave = waved(w)
    weigh(wave, w.tomato, 400, by=w.picker, point=w.near)
    short(wave, w.tomato, 1, by=w.picker)

    pick_close(wave_id=wave.pk)

    assert lines(w.tomato) == [(1, 1, 399)]
    assert not WeightShare.objects.exists()
    assert_books()


def test_only_what_can_be_true_is_recorded() -> None:
    w = lacking_world()
    buy(w, 2)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.eggs: 1})
    wave = waved(w)

    for grams in (0, 3001):
        with pytest.raises(WeightAbsurd) as absurd:
            weigh(wave, w.tomato, grams, by=w.picker, point=w.near)
        assert absurd.value.facts == {"nominal": 1000}
    with pytest.raises(NotWeighed):
        weigh(wave, w.eggs, 500, by=w.picker, point=w.near)
    with pytest.raises(NotInWave):
        weigh(wave, w.tomato, 500, by=w.picker, point=w.far)
    assert weigh(wave, w.tomato, 3000, by=w.picker, point=w.near).real_base == 3000


def test_goods_are_weighed_once_and_anew_after_an_undo() -> None:
    w = lacking_world()
    buy(w, 2, 1)
    wave = waved(w)
    line, other = OrderLine.objects.order_by("pk")
    first = weigh(wave, w.tomato, 900, by=w.picker, point=w.near, line=line)

    with pytest.raises(WeighedAlready):
        weigh(wave, w.tomato, 950, by=w.picker, point=w.near, line=line)
    with pytest.raises(WeighedAlready):
        weigh(wave, w.tomato, 1450, by=w.picker, point=w.near)
    weigh(wave, w.tomato, 500, by=w.picker, point=w.near, line=other)
    weight_undo(weight_id=first.pk, actor_id=w.picker.pk)
    weight_undo(weight_id=first.pk, actor_id=w.picker.pk)
    weigh(wave, w.tomato, 950, by=w.picker, point=w.near, line=line)
    pick_close(wave_id=wave.pk)

    assert lines(w.tomato) == [(2, 0, 40), (1, 0, 0)]  # 798 x 5 % = 39.9
    with pytest.raises(PickClosed):
        weight_undo(weight_id=WeightEntry.objects.latest("pk").pk, actor_id=w.picker.pk)
    with pytest.raises(PickClosed):
        weigh(wave, w.tomato, 950, by=w.picker, point=w.near)
    assert_books()


# --- the money, whatever the steps -----------------------------------------------------------------------

fen = st.integers(0, 10_000)
quantities = st.integers(1, 12)


@given(fen, quantities, st.data())
def test_what_goes_back_in_any_steps_adds_up_to_the_net_and_never_exceeds_it(
    net_fen: int, quantity: int, data: st.DataObject
) -> None:
    gone, back = 0, 0
    weighed = data.draw(st.integers(0, quantity), label="weighed after so many pieces")
    while gone < quantity:
        if gone >= weighed >= 0:
            nominal = data.draw(st.integers(1, 6000))
            light = weight_fen(net_fen - back, nominal, data.draw(st.integers(1, 3 * nominal)))
            assert 0 <= light <= net_fen - back
            back, weighed = back + light, -1
        pieces = data.draw(st.integers(1, quantity - gone))
        part = pieces_fen(LineMoney(quantity, gone, 0, net_fen, back), pieces)
        assert 0 <= part <= net_fen - back
        gone, back = gone + pieces, back + part
        assert net_fen * gone // quantity <= back  # what check_books asks of every line (I7)

    assert back == net_fen


@given(fen, quantities, st.data())
def test_a_loss_of_pieces_and_weight_is_the_two_one_after_the_other(
    net_fen: int, quantity: int, data: st.DataObject
) -> None:
    pieces, nominal = data.draw(st.integers(0, quantity)), data.draw(st.integers(1, 6000))
    real = data.draw(st.integers(1, 3 * nominal))
    line = LineMoney(quantity, 0, 0, net_fen, 0)

    both = given_back(Loss(1, pieces, nominal, real), line)

    assert both.pieces_fen == net_fen * pieces // quantity
    assert both.weight_fen == weight_fen(net_fen - both.pieces_fen, nominal, real)
    assert both.fen <= net_fen
    assert real < nominal or both.weight_fen == 0


@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.data())
def test_any_wave_is_closed_to_the_fen(db: None, portions: list[int], data: st.DataObject) -> None:
    with rolled_back():
        w = lacking_world(data.draw(st.sampled_from(list(ShortagePolicy))))
        orders = buy(w, *portions)
        wave = waved(w)
        missing = data.draw(st.integers(0, sum(portions)))
        if missing:
            short(wave, w.tomato, missing, by=w.picker)
        real = data.draw(st.integers(1, 1500 * sum(portions)))
        weigh(wave, w.tomato, real, by=w.picker, point=w.near)

        pick_close(wave_id=wave.pk)

        found = lines(w.tomato)
        assert sum(lost for _, lost, _ in found) == missing
        assert all(399 * lost <= fen <= 399 * pieces for pieces, lost, fen in found)
        assert Refund.objects.count() == sum(1 for _, _, fen in found if fen) <= len(orders)
        assert_books()
