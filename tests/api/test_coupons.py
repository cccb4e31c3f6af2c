"""Coupons and discounts over the API: what a group offers, claiming once, quoting, ordering, the order's own page."""

from uuid import uuid4

import pytest

from groupbuy.models import Coupon
from tests.api.callers import Caller, problem
from tests.promotions import claimed, coupon_kind, newcomer_price, spend_and_save
from tests.world import World


def order_of(world: World, tomatoes: int, **more: object) -> dict[str, object]:
    lines = [{"offer": str(world.tomato.public_id), "quantity": tomatoes}]
    return {"group": str(world.group.public_id), "lines": lines} | more


def test_a_group_tells_everybody_what_is_in_force_and_what_can_be_claimed(world: World, visitor: Caller) -> None:
    promotion = spend_and_save(2000, 300, campaign=world.campaign, name="周末满减")
    kind = coupon_kind(150, 1000, group=world.group)
    coupon_kind(77, group=world.other_group)

    body = visitor.get(f"groups/{world.group.public_id}/promotions/").json()

    assert [(each["id"], each["name"], each["rule"]) for each in body["promotions"]] == [
        (str(promotion.public_id), "周末满减", "满 20 元减 3 元")
    ]
    assert [(each["id"], each["face_fen"], each["group_only"]) for each in body["coupons"]] == [
        (str(kind.public_id), 150, True)
    ]


def test_a_claim_is_made_once_for_its_key_and_listed_to_its_owner_alone(
    world: World, shopper: Caller, neighbour: Caller
) -> None:
    wanted = {"kind": str(coupon_kind(150, group=world.group, per_shopper=9).public_id)}
    wanted["group"] = str(world.group.public_id)

    first, again = (shopper.post("coupons/", wanted, key="claim-0001") for _ in range(2))

    assert (first.status_code, again.json()) == (201, first.json())
    assert first.json()["group"] == wanted["group"]
    assert Coupon.objects.count() == 1
    assert [each["id"] for each in shopper.get("coupons/", used="false").json()["results"]] == [first.json()["id"]]
    assert shopper.get("coupons/", used="true").json()["results"] == []
    assert neighbour.get("coupons/").json()["results"] == []


def test_a_group_only_coupon_without_its_link_is_missing(world: World, shopper: Caller) -> None:
    wanted = {"kind": str(coupon_kind(150, group=world.group).public_id)}

    assert problem(shopper.post("coupons/", wanted)) == (404, "not_found", "kind")
    assert problem(shopper.post("coupons/", wanted | {"group": str(world.other_group.public_id)}))[0] == 404


def test_a_quote_and_the_order_say_the_same_and_why(world: World, shopper: Caller) -> None:
    newcomer_price(world.tomato, 99)
    spend_and_save(800, 200, name="满减")
    spend_and_save(1200, 900, name="大满减")
    used = claimed(coupon_kind(100, 500), world.shopper)
    dear = claimed(coupon_kind(300, 5000), world.shopper)

    quote = shopper.post("orders/quote/", order_of(world, 3)).json()  # 1197 - 300 - 200 - 100
    order = shopper.post("orders/", order_of(world, 3, expected_fen=quote["total_fen"])).json()
    story = shopper.get(f"orders/{order['id']}/").json()

    assert (quote["items_fen"], quote["discount_fen"], quote["total_fen"]) == (1197, 600, 597)
    offer = str(world.tomato.public_id)
    assert quote["discounts"] == [
        {
            "source": "newcomer",
            "coupon": None,
            "name": "新人价",
            "off_fen": 300,
            "lines": [{"offer": offer, "off_fen": 300}],
        },
        {
            "source": "promotion",
            "coupon": None,
            "name": "满减",
            "off_fen": 200,
            "lines": [{"offer": offer, "off_fen": 200}],
        },
        {
            "source": "coupon",
            "coupon": str(used.public_id),
            "name": "100 分券",
            "off_fen": 100,
            "lines": [{"offer": offer, "off_fen": 100}],
        },
    ]
    assert quote["hints"] == [
        {"name": "大满减", "missing_fen": 303, "missing_pieces": 0, "text": "再买 3.03 元可减 9 元"}
    ]
    assert quote["unused"] == [
        {
            "coupon": str(dear.public_id),
            "name": "300 分券",
            "why": "threshold",
            "missing_fen": 4303,
            "text": "还差 43.03 元可用",
        }
    ]
    assert (order["total_fen"], order["lines"][0]["discount_fen"], order["lines"][0]["net_fen"]) == (597, 600, 597)
    assert story["discounts"] == [
        {"source": "newcomer", "name": "新人价", "off_fen": 300},
        {"source": "promotion", "name": "满减", "off_fen": 200},
        {"source": "coupon", "name": "100 分券", "off_fen": 100},
    ]
    assert shopper.get("coupons/", used="true").json()["results"][0]["order"] == order["id"]


@pytest.mark.parametrize(("choice", "off_fen"), [("best", 100), ("none", 0), (None, 100)])
def test_the_choice_among_ones_coupons(world: World, shopper: Caller, choice: str | None, off_fen: int) -> None:
    claimed(coupon_kind(100), world.shopper)
    wanted = order_of(world, 1) | ({"coupon": choice} if choice else {})

    assert shopper.post("orders/quote/", wanted).json()["discount_fen"] == off_fen


def test_a_coupon_that_cannot_be_used_is_refused_with_its_reason(world: World, shopper: Caller) -> None:
    dear = claimed(coupon_kind(100, 1000), world.shopper)

    answer = shopper.post("orders/", order_of(world, 1, coupon=str(dear.public_id)))

    assert problem(answer) == (409, "coupon_unusable", "coupon")
    assert (answer.json()["why"], answer.json()["missing_fen"]) == ("threshold", 601)
    assert problem(shopper.post("orders/", order_of(world, 1, coupon=str(uuid4()))))[1] == "coupon_unusable"
    assert problem(shopper.post("orders/", order_of(world, 1, coupon="all")))[::2] == (400, "coupon")
