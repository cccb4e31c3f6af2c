"""The inbox: one's own messages, read up to an instant."""

from groupbuy.services.outbox import relay
from tests.api.callers import Caller, problem
from tests.world import World, place_and_pay


def test_a_person_reads_his_own_messages_and_marks_them_read(world: World, shopper: Caller, neighbour: Caller) -> None:
    order = place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    relay()
    (message,) = shopper.get("messages/", unread="true").json()["results"]

    answer = shopper.post("messages/read/", {"until": message["created_at"]})

    assert (message["title"], message["read_at"]) == ("支付成功", None)
    assert message["body"] == f"订单 {order.number} 已支付 3.99 元，截单后我们会为您备货。"
    assert answer.json() == {"read": 1}
    assert shopper.get("messages/", unread="true").json()["results"] == []
    assert shopper.get("messages/").json()["results"][0]["read_at"] is not None
    assert neighbour.get("messages/").json()["results"] == []


def test_nobody_reads_for_another(world: World, shopper: Caller, neighbour: Caller) -> None:
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    relay()

    answer = neighbour.post("messages/read/", {"until": "2099-01-01T00:00:00Z"})

    assert answer.json() == {"read": 0}
    assert len(shopper.get("messages/", unread="true").json()["results"]) == 1


def test_an_instant_without_utc_is_refused(world: World, shopper: Caller) -> None:
    for until in ("9999-12-31T23:59:59-23:59", "soon"):
        status, _, attr = problem(shopper.post("messages/read/", {"until": until}))

        assert (status, attr) == (400, "until")
