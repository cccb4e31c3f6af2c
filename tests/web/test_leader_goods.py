"""The leader's desk: deliveries are counted and signed, pickups handed out."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client, override_settings

from tests.web.reading import hidden, words

if TYPE_CHECKING:
    from fulfillment.models import Pickup, Stop, Wave
    from tests.world import World


@pytest.fixture
def wave(world: "World") -> "Wave":
    """On its way: two tomatoes for the shopper at the leader's point, one box of eggs at the other's."""
    from fulfillment.services.dispatch import dispatch_send
    from tests import world as worlds

    worlds.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})
    worlds.place_and_pay(shopper=world.neighbour, group=world.other_group, quantities={world.eggs: 1})
    wave = worlds.build_wave(campaign=world.campaign)
    dispatch_send(wave_id=wave.pk)
    return wave


@pytest.fixture
def stop(world: "World", wave: "Wave") -> "Stop":
    return wave.stops.get(point=world.near)


@pytest.fixture
def pickup(world: "World", stop: "Stop") -> "Pickup":
    """The shopper's, with the goods at the point."""
    from fulfillment.models import Pickup
    from fulfillment.services.handover import handover_sign

    handover_sign(stop_id=stop.pk, actor=world.leader)
    return Pickup.objects.get(point=world.near)


def pieces(pickup: "Pickup", quantity: int) -> dict[str, str]:
    from fulfillment.selectors.pickups import lines_of

    (line,) = lines_of(pickup)
    return {f"n-{line.public_id}": str(quantity)}


def test_a_delivery_shows_what_should_be_in_it(world: "World", leader: Client, stop: "Stop") -> None:
    assert "翠苑小店" in words(leader.get("/leader/deliveries/"))
    assert "番茄 500 g 2 份" in words(leader.get(f"/leader/deliveries/{stop.public_id}/"))


def test_signing_asks_first_and_signs_whole(world: "World", leader: Client, stop: "Stop") -> None:
    where = f"/leader/deliveries/{stop.public_id}/sign/"

    question = leader.get(where)
    stop.refresh_from_db()
    assert stop.state == "on_the_way"
    answer = leader.post(where, follow=True)

    stop.refresh_from_db()
    assert "全部到齐，确认签收？" in words(question)
    assert "已签收，已通知顾客来提货。" in words(answer)
    assert (stop.state, stop.signed_by) == ("signed", world.leader)


def test_short_and_broken_pieces_are_signed_as_differences(world: "World", leader: Client, stop: "Stop") -> None:
    where = f"/leader/deliveries/{stop.public_id}/sign/"
    counted = {"short-TOMATO": "1", "broken-TOMATO": "1"}

    question = leader.get(where, counted)
    answer = leader.post(where, counted, follow=True)

    found = list(stop.discrepancies.order_by("kind").values_list("kind", "quantity"))
    assert "番茄 应到 2 短少 1 破损 1" in words(question)
    assert found == [("broken", 1), ("short", 1)]
    assert "签收时的差异" in words(answer)


def test_more_missing_than_expected_cannot_be_signed(world: "World", leader: Client, stop: "Stop") -> None:
    where = f"/leader/deliveries/{stop.public_id}/sign/"

    question = leader.get(where, {"short-TOMATO": "3"})
    answer = leader.post(where, {"short-TOMATO": "3"}, follow=True)

    stop.refresh_from_db()
    assert "超过了应到数量" in words(question)
    assert "差异件数应在 1 到应到件数之间。" in words(answer)
    assert stop.state == "on_the_way"


def test_signing_twice_is_refused_in_words(world: "World", leader: Client, stop: "Stop") -> None:
    where = f"/leader/deliveries/{stop.public_id}/sign/"
    leader.post(where)

    assert "或已经签收过" in words(leader.post(where, follow=True))


@pytest.mark.parametrize("rest", ["", "sign/"])
def test_another_points_delivery_is_missing(world: "World", other_leader: Client, stop: "Stop", rest: str) -> None:
    assert other_leader.get(f"/leader/deliveries/{stop.public_id}/{rest}").status_code == 404


def test_the_code_opens_the_parcel_with_name_and_phone_masked(world: "World", leader: Client, pickup: "Pickup") -> None:
    answer = leader.post("/leader/pickup/", {"code": pickup.code}, follow=True)

    assert answer.redirect_chain == [(f"/leader/pickup/{pickup.public_id}/", 302)]
    assert "3-2-501 林** 138****0001" in words(answer)
    assert b"13800000001" not in answer.content


def test_full_width_digits_of_a_chinese_keyboard_are_understood(
    world: "World", leader: Client, pickup: "Pickup"
) -> None:
    wide = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in pickup.code)

    assert leader.post("/leader/pickup/", {"code": wide}).status_code == 302


def test_the_qr_code_opens_the_same_parcel(world: "World", leader: Client, pickup: "Pickup") -> None:
    answer = leader.get("/leader/pickup/", {"t": pickup.token})

    assert answer.headers["Location"] == f"/leader/pickup/{pickup.public_id}/"


def test_all_pieces_are_handed_out_and_the_code_is_used_up(world: "World", leader: Client, pickup: "Pickup") -> None:
    where = f"/leader/pickup/{pickup.public_id}/"
    event = hidden(leader.get(where), "event")

    answer = leader.post(where, {"event": event, **pieces(pickup, 2)}, follow=True)

    assert "全部提完" in words(answer)
    assert "番茄 500 g × 2" in words(answer)
    assert "3-2-501 林** 已提货" in words(leader.get("/leader/orders/"))
    assert "已经提完，不能再提" in words(leader.post("/leader/pickup/", {"code": pickup.code}))
    assert "没有可提的了" in words(leader.get(where))


def test_a_part_can_be_handed_out_and_the_rest_later(world: "World", leader: Client, pickup: "Pickup") -> None:
    where = f"/leader/pickup/{pickup.public_id}/"

    part = leader.post(where, {"event": str(uuid4()), **pieces(pickup, 1)}, follow=True)
    rest = leader.post(where, {"event": str(uuid4()), **pieces(pickup, 1)}, follow=True)

    assert "已交出一部分 还剩 1 件没提" in words(part)
    assert "全部提完" in words(rest)


def test_the_same_form_sent_twice_hands_out_once(world: "World", leader: Client, pickup: "Pickup") -> None:
    from fulfillment.models import PickupEvent

    where = f"/leader/pickup/{pickup.public_id}/"
    form = {"event": hidden(leader.get(where), "event"), **pieces(pickup, 1)}

    first = leader.post(where, form)
    second = leader.post(where, form)

    assert first.headers["Location"] == second.headers["Location"]
    assert PickupEvent.objects.count() == 1
    assert pickup.point.orders.get().lines.get().collected == 1


def test_more_than_is_left_is_refused_and_nothing_is_counted(world: "World", leader: Client, pickup: "Pickup") -> None:
    from fulfillment.models import PickupEvent

    where = f"/leader/pickup/{pickup.public_id}/"

    answer = leader.post(where, {"event": str(uuid4()), **pieces(pickup, 3)})

    assert 'role="alert"' in answer.content.decode()
    assert PickupEvent.objects.count() == 0


def test_goods_on_the_way_cannot_be_handed_out(world: "World", leader: Client, stop: "Stop") -> None:
    from fulfillment.models import Pickup

    pickup = Pickup.objects.get(point=world.near)
    where = f"/leader/pickup/{pickup.public_id}/"

    page = leader.get(where)
    answer = leader.post(where, {"event": str(uuid4()), **pieces(pickup, 2)})

    assert "货还没到，暂时不能提" in words(page)
    assert "确认交给顾客" not in words(page)
    assert "还没有到货签收" in words(answer)


def test_another_points_code_and_parcel_are_unknown(world: "World", other_leader: Client, pickup: "Pickup") -> None:
    from fulfillment.models import PickupEvent

    where = f"/leader/pickup/{pickup.public_id}/"

    assert "没有找到这个提货码" in words(other_leader.post("/leader/pickup/", {"code": pickup.code}))
    assert "没有找到这个提货码" in words(other_leader.get("/leader/pickup/", {"t": pickup.token}))
    assert other_leader.get(where).status_code == 404
    assert other_leader.post(where, {"event": str(uuid4()), **pieces(pickup, 1)}).status_code == 404
    assert PickupEvent.objects.count() == 0


def test_the_shopper_cannot_hand_out_his_own_parcel(world: "World", shopper: Client, pickup: "Pickup") -> None:
    assert shopper.get(f"/leader/pickup/{pickup.public_id}/").status_code == 403


def test_after_ten_wrong_codes_even_the_right_one_waits_but_the_list_works(
    world: "World", leader: Client, pickup: "Pickup"
) -> None:
    wrong = f"{(int(pickup.code) + 1) % 1_000_000:06d}"
    for _ in range(10):
        assert "没有找到这个提货码" in words(leader.post("/leader/pickup/", {"code": wrong}))

    stopped = leader.post("/leader/pickup/", {"code": pickup.code})

    assert stopped.status_code == 200
    assert "尝试次数过多" in words(stopped)
    assert leader.get(f"/leader/pickup/{pickup.public_id}/").status_code == 200


def test_right_codes_are_not_counted(world: "World", leader: Client, pickup: "Pickup") -> None:
    for _ in range(12):
        assert leader.post("/leader/pickup/", {"code": pickup.code}).status_code == 302


def test_with_the_cache_down_no_code_is_tried_but_the_list_works(
    world: "World", leader: Client, pickup: "Pickup"
) -> None:
    nowhere = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}

    with override_settings(CACHES={"default": nowhere}):
        answer = leader.post("/leader/pickup/", {"code": pickup.code})

    assert "提货码暂时查不了" in words(answer)
    assert "林**" in words(answer)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12\0456"])
def test_a_malformed_code_is_refused_without_being_counted(
    world: "World", leader: Client, pickup: "Pickup", code: str
) -> None:
    for _ in range(11):
        assert leader.post("/leader/pickup/", {"code": code}).status_code == 200

    assert leader.post("/leader/pickup/", {"code": pickup.code}).status_code == 302


def test_who_is_waiting_is_found_by_name_room_and_end_of_code(world: "World", leader: Client, pickup: "Pickup") -> None:
    for q in ("林小", "3-2-5", pickup.code[-2:]):
        assert "待提货 1 人" in words(leader.get("/leader/pickup/", {"q": q}))
    assert "没有找到“赵邻居”" in words(leader.get("/leader/pickup/", {"q": "赵邻居"}))


def test_the_waiting_list_costs_the_same_queries_for_one_and_three(
    world: "World", leader: Client, django_assert_num_queries: Any
) -> None:
    from groupbuy.services.campaigns import OfferWanted
    from tests import world as worlds

    people = [world.shopper, world.neighbour, worlds.person(name="孙三", phone="13800000003")]
    worlds.place_and_pay(shopper=people[0], group=world.group, quantities={world.tomato: 1})
    second = worlds.open_campaign(
        warehouse=world.warehouse,
        points=[world.near],
        offers=[OfferWanted(sku=world.tomato.sku, price_fen=399)],
        cutoff_in=40 * worlds.HOUR,
    )
    for person in people[1:]:
        worlds.place_and_pay(
            shopper=person, group=second.groups.get(), quantities={second.offers.select_related("sku").get(): 1}
        )
    worlds.build_wave(campaign=world.campaign)
    with django_assert_num_queries(6):
        assert "待提货 1 人" in words(leader.get("/leader/pickup/"))
    worlds.build_wave(campaign=second)
    with django_assert_num_queries(6):
        assert "待提货 3 人" in words(leader.get("/leader/pickup/"))


def test_pickups_deliveries_and_earnings_cost_the_same_queries_for_one_and_three_days(
    world: "World", leader: Client, shopper: Client, django_assert_num_queries: Any
) -> None:
    from groupbuy.services.campaigns import OfferWanted
    from leaders.tasks import settle_commissions
    from tests import world as worlds

    def a_day(ahead: int) -> None:
        campaign = worlds.open_campaign(
            warehouse=world.warehouse,
            points=[world.near],
            offers=[OfferWanted(sku=world.tomato.sku, price_fen=399)],
            cutoff_in=24 * ahead * worlds.HOUR,
        )
        offer = campaign.offers.select_related("sku").get()
        worlds.place_and_pay(shopper=world.shopper, group=campaign.groups.get(), quantities={offer: 2})
        worlds.deliver(wave=worlds.build_wave(campaign=campaign), signers={world.near: world.leader})
        parcel = world.shopper.pickups.latest("pk")
        leader.post(f"/leader/pickup/{parcel.public_id}/", {"event": str(uuid4()), **pieces(parcel, 1)})
        settle_commissions()

    def costs() -> None:
        for client, path, queries in (
            (shopper, "/my/pickups/", 6),
            (leader, "/leader/deliveries/", 8),
            (leader, "/leader/earnings/", 8),
            (leader, "/leader/", 8),
        ):
            with django_assert_num_queries(queries):
                assert client.get(path).status_code == 200

    a_day(1)
    costs()
    a_day(2)
    a_day(3)
    costs()
