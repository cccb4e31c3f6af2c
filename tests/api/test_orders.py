"""Ordering through the API: place, look, cancel; limits and errors."""

import datetime as dt
from typing import Any
from uuid import uuid4

from rest_framework.serializers import ModelSerializer

from groupbuy.api.order_shapes import OrderLineSerializer, OrderSerializer
from groupbuy.models import IdempotencyKey, Order
from tests.api.callers import Caller, problem
from tests.clocks import MICROSECOND, stop_clock
from tests.world import World, pay, place, place_and_pay


def wanted(world: World, **changes: Any) -> dict[str, Any]:
    """2 tomatoes and 1 box of eggs: 2 x 399 + 1590 = 2388 fen."""
    lines = [
        {"offer": str(world.tomato.public_id), "quantity": 2},
        {"offer": str(world.eggs.public_id), "quantity": 1},
    ]
    return {"group": str(world.group.public_id), "lines": lines, "expected_fen": 2388} | changes


def test_an_order_is_placed_and_shown_with_its_lines(world: World, shopper: Caller) -> None:
    answer = shopper.post("orders/", wanted(world, receiver={"room": "3-2-501"}, remark="放门口"))

    assert answer.status_code == 201
    body = answer.json()
    order = Order.objects.get()
    assert body["id"] == str(order.public_id)
    assert {name: body[name] for name in ("state", "items_fen", "discount_fen", "total_fen", "room", "remark")} == {
        "state": "placed",
        "items_fen": 2388,
        "discount_fen": 0,
        "total_fen": 2388,
        "room": "3-2-501",
        "remark": "放门口",
    }
    assert (body["receiver_name"], body["receiver_phone"]) == ("林小满", "138****0001")
    assert [(line["name"], line["quantity"], line["net_fen"]) for line in body["lines"]] == [
        ("番茄", 2, 798),
        ("鲜鸡蛋", 1, 1590),
    ]
    world.tomato.refresh_from_db()
    assert world.tomato.sold == 2


def test_what_placing_answers_is_what_looking_shows(world: World, shopper: Caller) -> None:
    """Placing builds its answer from what it has at hand and reads nothing again."""
    placed = shopper.post("orders/", wanted(world, receiver={"room": "3-2-501"})).json()

    seen = shopper.get(f"orders/{placed['id']}/").json()

    assert {name: seen[name] for name in placed} == placed


def test_an_order_is_shown_as_the_framework_would_show_it(world: World) -> None:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2, world.eggs: 1})

    shown = OrderSerializer().to_representation(order)

    assert shown == ModelSerializer.to_representation(OrderSerializer(), order)
    plain = [ModelSerializer.to_representation(OrderLineSerializer(), line) for line in order.lines.all()]
    assert (shown["lines"], len(plain)) == (plain, 2)


def test_a_retry_with_the_same_key_gets_the_same_answer_and_orders_nothing(world: World, shopper: Caller) -> None:
    first = shopper.post("orders/", wanted(world), key="tap-00000001")

    second = shopper.post("orders/", wanted(world), key="tap-00000001")

    assert second.status_code == 201
    assert second.json() == first.json()
    assert "Idempotent-Replay" not in first.headers
    assert second.headers["Idempotent-Replay"] == "true"
    assert Order.objects.count() == 1


def test_a_key_is_not_taken_twice_for_different_orders(world: World, shopper: Caller) -> None:
    shopper.post("orders/", wanted(world), key="tap-00000001")

    answer = shopper.post("orders/", wanted(world, remark="another"), key="tap-00000001")

    assert problem(answer) == (422, "idempotency_key_reused", None)
    assert Order.objects.count() == 1


def test_two_people_may_use_the_same_key(world: World, shopper: Caller, neighbour: Caller) -> None:
    first = shopper.post("orders/", wanted(world), key="tap-00000001")
    second = neighbour.post("orders/", wanted(world), key="tap-00000001")

    assert (first.status_code, second.status_code) == (201, 201)
    assert Order.objects.count() == 2


def test_a_failed_order_leaves_the_key_free(world: World, shopper: Caller) -> None:
    refused = shopper.post("orders/", wanted(world, expected_fen=1), key="tap-00000001")
    placed = shopper.post("orders/", wanted(world), key="tap-00000001")

    assert problem(refused) == (409, "price_changed", "expected_fen")
    assert refused.json()["total_fen"] == 2388
    assert placed.status_code == 201
    assert IdempotencyKey.objects.count() == 1


def test_an_order_without_a_key_or_with_a_malformed_one_is_refused(world: World, shopper: Caller) -> None:
    missing = shopper.client.post("/api/v1/orders/", wanted(world), format="json")
    malformed = shopper.post("orders/", wanted(world), key="short")

    assert problem(missing) == (400, "idempotency_key_required", None)
    assert problem(malformed) == (400, "idempotency_key_malformed", None)
    assert not Order.objects.exists()


def test_what_is_sold_out_says_what_is_left(world: World, shopper: Caller) -> None:
    lines = [{"offer": str(world.tomato.public_id), "quantity": 11}]

    answer = shopper.post("orders/", wanted(world, lines=lines, expected_fen=None))

    assert problem(answer) == (409, "offer_sold_out", "lines")
    assert answer.json()["left"] == {str(world.tomato.public_id): 10}


def test_limits_steps_and_strangers_are_refused(world: World, shopper: Caller) -> None:
    def order(offer: object, quantity: int) -> Any:
        lines = [{"offer": str(offer), "quantity": quantity}]
        return shopper.post("orders/", wanted(world, lines=lines, expected_fen=None))

    assert problem(order(world.eggs.public_id, 3)) == (409, "limit_reached", "lines")
    assert problem(order(world.dumplings.public_id, 3)) == (400, "quantity_wrong", "lines")
    assert problem(order(uuid4(), 1)) == (404, "not_found", "lines")
    assert problem(order(world.tomato.public_id, 0)) == (400, "min_value", "lines.0.quantity")
    assert problem(shopper.post("orders/", wanted(world, group=str(uuid4())))) == (404, "not_found", "group")
    assert not Order.objects.exists()


def test_an_order_a_microsecond_before_the_cutoff_is_in_and_at_the_cutoff_out(world: World, shopper: Caller) -> None:
    stop_clock(at=world.campaign.cutoff_at - MICROSECOND)
    in_time = shopper.post("orders/", wanted(world))
    stop_clock(at=world.campaign.cutoff_at)
    late = shopper.post("orders/", wanted(world))

    assert in_time.status_code == 201
    assert problem(late) == (409, "campaign_closed", None)


def test_unknown_fields_are_refused_at_every_depth(world: World, shopper: Caller) -> None:
    top = shopper.post("orders/", wanted(world, total_fen=1))
    deep = shopper.post(
        "orders/", wanted(world, lines=[{"offer": str(world.eggs.public_id), "quantity": 1, "price_fen": 1}])
    )

    assert problem(top) == (400, "unknown_field", "total_fen")
    assert problem(deep) == (400, "unknown_field", "lines.0.price_fen")
    assert not Order.objects.exists()


def test_the_story_of_an_order_holds_payment_refund_and_history(world: World, shopper: Caller) -> None:
    order = place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})
    shopper.post(f"orders/{order.public_id}/cancel/")

    body = shopper.get(f"orders/{order.public_id}/").json()

    assert [(each["amount_fen"], each["state"], each["counts"]) for each in body["payments"]] == [(798, "paid", True)]
    (refund,) = body["refunds"]
    assert (refund["amount_fen"], refund["reason"], refund["state"]) == (798, "shopper_cancelled", "intended")
    assert refund["lines"] == [{"line": body["lines"][0]["id"], "quantity": 2, "amount_fen": 798}]
    assert [(each["old"], each["new"]) for each in body["history"]] == [
        ("", "placed"),
        ("placed", "paid"),
        ("paid", "refunded"),
    ]


def test_cancelling_gives_the_pieces_back_once(world: World, shopper: Caller) -> None:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})

    answer = shopper.post(f"orders/{order.public_id}/cancel/")
    again = shopper.post(f"orders/{order.public_id}/cancel/")

    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert problem(again) == (409, "state_conflict", None)
    world.tomato.refresh_from_db()
    assert world.tomato.sold == 0


def test_an_unpaid_order_gives_way_to_its_cart_however_often_it_is_asked(world: World, shopper: Caller) -> None:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2, world.eggs: 1})

    first = shopper.post(f"orders/{order.public_id}/reorder/", key="reorder-1")
    replay = shopper.post(f"orders/{order.public_id}/reorder/", key="reorder-1")
    again = shopper.post(f"orders/{order.public_id}/reorder/")
    cart = first.json()

    assert first.status_code == 200
    assert cart["group"] == str(world.group.public_id)
    assert {line["offer"]: line["quantity"] for line in cart["lines"]} == {
        str(world.tomato.public_id): 2,
        str(world.eggs.public_id): 1,
    }
    assert cart == replay.json() == again.json()
    assert shopper.post("orders/", cart).status_code == 201
    world.tomato.refresh_from_db()
    assert world.tomato.sold == 2


def test_a_paid_order_and_one_of_a_closed_campaign_do_not_give_way(world: World, shopper: Caller) -> None:
    paid = place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})
    unpaid = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})

    refused = shopper.post(f"orders/{paid.public_id}/reorder/")
    stop_clock(at=world.campaign.cutoff_at)
    late = shopper.post(f"orders/{unpaid.public_id}/reorder/")

    assert problem(refused) == (409, "state_conflict", None)
    assert problem(late) == (409, "campaign_closed", None)
    assert list(Order.objects.order_by("pk").values_list("state", flat=True)) == ["paid", "placed"]


def test_orders_are_listed_newest_first_page_by_page(world: World, shopper: Caller) -> None:
    placed = [place(shopper=world.shopper, group=world.group, quantities={world.tomato: n}) for n in (1, 2, 3)]

    first = shopper.get("orders/", page_size=2).json()
    second = shopper.client.get(first["next"]).json()

    assert [row["id"] for row in first["results"]] == [str(placed[2].public_id), str(placed[1].public_id)]
    assert [row["id"] for row in second["results"]] == [str(placed[0].public_id)]
    assert second["next"] is None


def test_orders_are_filtered_by_state_campaign_and_time(world: World, shopper: Caller) -> None:
    unpaid = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    paid = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    pay(order=paid)

    def found(**query: Any) -> list[str]:
        return [row["id"] for row in shopper.get("orders/", **query).json()["results"]]

    assert found(state="paid") == [str(paid.public_id)]
    assert found(state=["paid", "placed"]) == [str(paid.public_id), str(unpaid.public_id)]
    assert found(campaign=str(uuid4())) == []
    assert found(placed_from=paid.placed_at.isoformat()) == [str(paid.public_id)]
    assert found(placed_to=paid.placed_at.isoformat()) == [str(unpaid.public_id)]
    assert found(delivery_date=str(world.campaign.delivery_date + dt.timedelta(days=1))) == []


def test_an_order_that_is_somebody_elses_is_a_missing_one(
    world: World, shopper: Caller, neighbour: Caller, other_leader: Caller
) -> None:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    for caller in (neighbour, other_leader):
        for path, send in (("", caller.get), ("cancel/", caller.post), ("pay/", caller.post)):
            theirs = send(f"orders/{order.public_id}/{path}")
            missing = send(f"orders/{uuid4()}/{path}")

            assert problem(theirs) == (404, "not_found", None)
            assert theirs.content == missing.content

    assert neighbour.get("orders/").json()["results"] == []
    order.refresh_from_db()
    assert order.state == "placed"


def test_the_leader_sees_an_order_of_his_point_but_may_not_cancel_it(world: World, leader: Caller) -> None:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})

    seen = leader.get(f"orders/{order.public_id}/")
    cancelled = leader.post(f"orders/{order.public_id}/cancel/")

    assert (seen.status_code, seen.json()["receiver_phone"]) == (200, "138****0001")
    assert problem(cancelled) == (404, "not_found", None)
    assert leader.get("orders/").json()["results"] == []


def test_an_order_keeps_fewer_pieces(world: World, shopper: Caller) -> None:
    order = place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 5})
    lines = [{"line": str(order.lines.get().public_id), "quantity": 2}]

    first = shopper.post(f"orders/{order.public_id}/amend/", {"lines": lines}, key="tap-00000001")
    again = shopper.post(f"orders/{order.public_id}/amend/", {"lines": lines}, key="tap-00000001")

    assert first.status_code == 200
    (line,) = first.json()["lines"]
    assert (line["quantity"], line["refunded"], line["refunded_fen"]) == (5, 3, 1197)
    assert again.json() == first.json()
    lines[0]["quantity"] = 6
    refused = shopper.post(f"orders/{order.public_id}/amend/", {"lines": lines})
    assert problem(refused) == (400, "invalid", "lines")


def test_an_unpaid_order_is_not_amended_but_placed_anew(world: World, shopper: Caller) -> None:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 5})
    lines = [{"line": str(order.lines.get().public_id), "quantity": 2}]

    answer = shopper.post(f"orders/{order.public_id}/amend/", {"lines": lines})

    assert problem(answer) == (409, "order_unpaid", None)


def test_a_quote_answers_as_placing_would_and_takes_no_key(world: World, shopper: Caller) -> None:
    asked = {"group": str(world.group.public_id), "lines": [{"offer": str(world.tomato.public_id), "quantity": 3}]}
    too_many = asked | {"lines": [{"offer": str(world.tomato.public_id), "quantity": 11}]}

    quote = shopper.client.post("/api/v1/orders/quote/", asked, format="json")
    refused = shopper.client.post("/api/v1/orders/quote/", too_many, format="json")

    assert (quote.status_code, quote.json()["total_fen"], quote.json()["lines"][0]["left"]) == (200, 1197, 10)
    assert problem(refused) == (409, "offer_sold_out", "lines")
    assert refused.json()["left"] == {str(world.tomato.public_id): 10}
    assert not Order.objects.exists()
