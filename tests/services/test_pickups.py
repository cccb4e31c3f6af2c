"""Handing out: by piece, once per event, to the shopper of the code, by the people of the point."""

import re
import uuid

import pytest
from django.db import IntegrityError, transaction

from fulfillment.models import Pickup, PickupEvent, PickupItem
from fulfillment.selectors.parcels import parcel
from fulfillment.selectors.pickups import lines_of, waiting_at, with_code
from fulfillment.services import pickup_codes
from fulfillment.services.handover import NotYourPoint
from fulfillment.services.pickups import EventReused, NotArrived, pickup_confirm
from groupbuy.domain.words import PointRole, RefundReason
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import Invalid
from groupbuy.models import Message, OrderLine
from groupbuy.services import outbox
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.points import post_grant, posts_suspend
from groupbuy.services.refunds import refund_request
from groupbuy.services.sales import NothingLeft
from tests.books import assert_books
from tests.services.steps import bring, build, deliver, hand_out
from tests.world import World, open_campaign, person, place_and_pay, world

pytestmark = pytest.mark.django_db


def delivered(w: World) -> Pickup:
    """The shopper's pickup of three tomatoes and one box of eggs, which stand at the point."""
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 2})
    deliver(w)
    return Pickup.objects.get(shopper=w.shopper)


def collected() -> dict[str, int]:
    return dict(OrderLine.objects.filter(order__shopper__display_name="林小满").values_list("sku__code", "collected"))


def test_pieces_are_handed_out_until_nothing_is_left() -> None:
    w = world()
    pickup = delivered(w)

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 1})
    pickup.refresh_from_db()
    assert (collected(), pickup.done_at) == ({"TOMATO": 1, "EGGS": 0}, None)
    assert parcel(pickup).ready

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 2, "EGGS": 1})
    pickup.refresh_from_db()
    assert collected() == {"TOMATO": 3, "EGGS": 1}
    assert pickup.done_at is not None
    assert not parcel(pickup).ready
    assert list(waiting_at(w.leader)) == [Pickup.objects.get(shopper=w.neighbour)]
    outbox.relay()
    assert Message.objects.filter(person=w.shopper, title="提货完成").count() == 2
    assert_books()


def test_the_same_event_again_hands_out_nothing_and_answers_the_same() -> None:
    w = world()
    pickup = delivered(w)
    event = uuid.uuid4()

    first = hand_out(pickup, actor=w.leader, pieces={"TOMATO": 1}, event=event)
    again = hand_out(pickup, actor=w.leader, pieces={"TOMATO": 2, "EGGS": 1}, event=event)

    assert again == first
    assert collected() == {"TOMATO": 1, "EGGS": 0}
    assert (PickupEvent.objects.count(), PickupItem.objects.count()) == (1, 1)
    assert_books()


def test_an_event_of_another_pickup_is_refused() -> None:
    w = world()
    pickup = delivered(w)
    event = uuid.uuid4()
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 1}, event=event)

    with pytest.raises(EventReused):
        hand_out(Pickup.objects.get(shopper=w.neighbour), actor=w.leader, pieces={"TOMATO": 1}, event=event)

    assert PickupItem.objects.count() == 1


def test_more_than_is_left_hands_out_nothing_at_all() -> None:
    w = world()
    pickup = delivered(w)
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 2})

    with pytest.raises(NothingLeft):
        hand_out(pickup, actor=w.leader, pieces={"EGGS": 1, "TOMATO": 2})

    assert collected() == {"TOMATO": 2, "EGGS": 0}
    assert PickupEvent.objects.count() == 1


@pytest.mark.parametrize("pieces", [{}, {"TOMATO": 0}, {"TOMATO": -1}, {"TOMATO": 1, "EGGS": 0}])
def test_a_hand_over_names_at_least_one_piece(pieces: dict[str, int]) -> None:
    w = world()
    pickup = delivered(w)

    with pytest.raises(Invalid):
        hand_out(pickup, actor=w.leader, pieces=pieces)

    assert not PickupEvent.objects.exists()


def test_goods_that_are_not_signed_for_are_not_handed_out() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    build(w.campaign)
    pickup = Pickup.objects.get()

    with pytest.raises(NotArrived):
        hand_out(pickup, actor=w.leader, pieces={"TOMATO": 1})
    with pytest.raises(NotArrived):
        pickup_confirm(pickup=pickup, actor=w.leader, event=uuid.uuid4(), pieces={uuid.uuid4(): 1})

    assert not parcel(pickup).ready
    assert order.lines.get().collected == 0
    assert not PickupEvent.objects.exists()


def test_a_neighbours_line_is_not_in_this_pickup() -> None:
    w = world()
    pickup = delivered(w)
    theirs = OrderLine.objects.get(order__shopper=w.neighbour)

    with pytest.raises(NotArrived):
        pickup_confirm(pickup=pickup, actor=w.leader, event=uuid.uuid4(), pieces={theirs.public_id: 1})


def test_only_the_people_of_the_point_hand_out() -> None:
    w = world()
    pickup = delivered(w)
    helper = person(name="帮手", phone="13800000077")

    for stranger in (w.other_leader, w.shopper, helper, w.staff):
        with pytest.raises(NotYourPoint):
            hand_out(pickup, actor=stranger, pieces={"TOMATO": 1})
        assert not with_code(stranger, pickup.code)
        assert not with_code(stranger, pickup.token)

    assert post_grant(point=w.near, user=helper, role=PointRole.HELPER, now=w.campaign.opens_at) is None
    assert list(with_code(helper, pickup.code)) == [pickup]
    hand_out(pickup, actor=helper, pieces={"TOMATO": 1})
    posts_suspend(user=helper, now=w.campaign.opens_at)
    with pytest.raises(NotYourPoint):
        hand_out(pickup, actor=helper, pieces={"TOMATO": 1})


def test_a_pickup_is_found_by_code_or_token_until_it_is_done() -> None:
    w = world()
    pickup = delivered(w)
    assert len(pickup.code) == 6
    assert pickup.code.isdigit()
    assert len(bytes.fromhex(pickup.token)) == 16
    assert list(with_code(w.leader, pickup.code)) == [pickup]
    assert list(with_code(w.leader, pickup.token)) == [pickup]
    assert not with_code(w.leader, "")

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 3, "EGGS": 1})

    assert not with_code(w.leader, pickup.code)
    assert not with_code(w.leader, pickup.token)


def test_a_code_is_open_once_at_a_point_and_free_again_afterwards() -> None:
    w = world()
    pickup = delivered(w)
    other = Pickup.objects.get(shopper=w.neighbour)

    with pytest.raises(IntegrityError), transaction.atomic():
        Pickup.objects.filter(pk=other.pk).update(code=pickup.code)

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 3, "EGGS": 1})
    assert Pickup.objects.filter(pk=other.pk).update(code=pickup.code) == 1


# Every code is drawn twice before the next.
LOADED_DICE = """
    CREATE SEQUENCE draws MINVALUE 0;
    CREATE FUNCTION load_dice() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.code = lpad((nextval('draws') / 2)::text, 6, '0'); RETURN NEW; END $$;
    CREATE TRIGGER loaded_dice BEFORE INSERT ON fulfillment_pickup FOR EACH ROW EXECUTE FUNCTION load_dice();
"""


def test_whoever_draws_a_code_that_is_taken_draws_again(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    run(LOADED_DICE)
    rounds = []
    draw = pickup_codes._draw

    def counted(*args: object) -> int:
        rounds.append(draw(*args))  # type: ignore[arg-type]
        return rounds[-1]

    monkeypatch.setattr(pickup_codes, "_draw", counted)
    wave = build(w.campaign)
    assert rounds == [1, 0]
    assert sorted(Pickup.objects.values_list("code", flat=True)) == ["000000", "000001"]

    monkeypatch.setattr(pickup_codes, "_draw", lambda *_: 1)
    with pytest.raises(pickup_codes.CodesExhausted):
        pickup_codes.pickups_prepare(wave=wave, campaign_ids=[w.campaign.pk], now=w.campaign.opens_at)


def test_tokens_and_codes_are_each_ones_own() -> None:
    w = world()
    for number in range(5):
        shopper = person(name=f"客{number}", phone=f"139{number:08d}")
        place_and_pay(shopper=shopper, group=w.group, quantities={w.tomato: 1})

    build(w.campaign)

    tokens = set(Pickup.objects.values_list("token", flat=True))
    assert len(tokens) == 5
    assert all(re.fullmatch("[0-9a-f]{32}", token) for token in tokens)
    assert all(re.fullmatch("[0-9]{6}", code) for code in Pickup.objects.values_list("code", flat=True))


def test_a_second_wave_of_the_day_opens_a_finished_pickup_again_with_a_free_code() -> None:
    w = world()
    late = open_campaign(
        warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=w.dumplings.sku, price_fen=100)]
    )
    pickup = delivered(w)
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 3, "EGGS": 1})
    # Meanwhile somebody else at the point has drawn the code that had become free.
    Pickup.objects.filter(shopper=w.neighbour).update(code=pickup.code)
    place_and_pay(shopper=w.shopper, group=late.groups.get(), quantities={late.offers.get(): 2})

    bring(build(late), point=w.near, leader=w.leader)

    again = Pickup.objects.get(shopper=w.shopper)
    assert (again.pk, again.done_at) == (pickup.pk, None)
    assert again.code != pickup.code
    assert list(with_code(w.leader, again.code)) == [again]
    hand_out(again, actor=w.leader, pieces={"DUMPLINGS": 2})
    again.refresh_from_db()
    assert again.done_at is not None
    assert_books()


def test_goods_of_the_second_wave_wait_for_their_own_signature() -> None:
    w = world()
    late = open_campaign(
        warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=w.dumplings.sku, price_fen=100)]
    )
    place_and_pay(shopper=w.shopper, group=late.groups.get(), quantities={late.offers.get(): 2})
    pickup = delivered(w)
    second = build(late)

    with pytest.raises(NotArrived):
        hand_out(pickup, actor=w.leader, pieces={"DUMPLINGS": 2, "TOMATO": 3})
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 3, "EGGS": 1})
    pickup.refresh_from_db()
    assert pickup.done_at is None

    bring(second, point=w.near, leader=w.leader)
    hand_out(pickup, actor=w.leader, pieces={"DUMPLINGS": 2})
    pickup.refresh_from_db()
    assert pickup.done_at is not None
    assert_books()


def test_a_pickup_whose_rest_was_refunded_waits_no_longer() -> None:
    w = world()
    pickup = delivered(w)
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 3})
    eggs = OrderLine.objects.get(sku__code="EGGS")

    refund_request(order_id=eggs.order_id, pieces={eggs.pk: 1}, reason=RefundReason.OPERATOR, actor_id=None)

    assert list(waiting_at(w.leader)) == [Pickup.objects.get(shopper=w.neighbour)]
    assert not with_code(w.leader, pickup.code)
    assert [line.due - line.collected for line in lines_of(pickup)] == [0, 0]
