"""Shortages and weights over the API: a handheld records, somebody looks before the pick is closed, and after."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from fulfillment.models import Shortage, Wave
from groupbuy.services.campaigns import OfferWanted
from tests.api.callers import Caller, problem
from tests.books import assert_books
from tests.shortages import buy, lacking_world, waved
from tests.world import World, build_wave, open_campaign, place_and_pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def lacking() -> tuple[World, Wave]:
    """Tomatoes of 500 g at 399 fen, by weight: the shopper's 3, the neighbour's 2, the picker's 1, paid in this order."""
    w = lacking_world()
    buy(w, 3, 2, 1)
    return w, waved(w)


def of(wave: Wave, rest: str) -> str:
    return f"warehouse/waves/{wave.public_id}/{rest}"


def record(caller: Caller, wave: Wave, **body: Any) -> Any:
    return caller.post(of(wave, "shortages/"), {"uuid": str(uuid4()), "sku": "TOMATO", "pieces": 2, **body})


def test_a_handheld_records_what_is_missing_and_takes_it_back(lacking: tuple[World, Wave]) -> None:
    w, wave = lacking
    picker = Caller(w.picker)

    made = record(picker, wave, point="HZ0001", cause="damaged", note="压坏")
    shown = picker.get(of(wave, "shortages/")).json()["results"]
    undone = picker.post(of(wave, f"shortages/{made.json()['uuid']}/undo/"))

    assert made.status_code == 201
    assert made.json() | {"uuid": "", "at": ""} == {
        "uuid": "",
        "sku": "TOMATO",
        "name": "番茄",
        "unit": "份",
        "point": "HZ0001",
        "pieces": 2,
        "expected": 6,
        "cause": "damaged",
        "note": "压坏",
        "actor": "周拣货",
        "at": "",
        "undone_at": None,
        "allocated": None,
    }
    assert shown == [made.json()]
    assert undone.json()["undone_at"]


def test_a_record_that_is_sent_again_with_another_key_is_the_same(lacking: tuple[World, Wave]) -> None:
    w, wave = lacking
    body = {"uuid": str(uuid4())}

    first, second = (record(Caller(w.picker), wave, **body) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Shortage.objects.count() == 1
    assert problem(record(Caller(w.picker), wave, **body, pieces=1)) == (422, "record_reused", None)


def test_whoever_closes_the_pick_sees_before_and_after_who_loses_what(lacking: tuple[World, Wave]) -> None:
    w, wave = lacking
    picker = Caller(w.picker)
    record(picker, wave)
    weighed = picker.post(
        of(wave, "weights/"), {"uuid": str(uuid4()), "sku": "TOMATO", "point": "HZ0001", "real_base": 1900}
    )

    before = picker.get(of(wave, "pick-close/")).json()
    closed = picker.post(of(wave, "pick-close/"))
    after = picker.get(of(wave, "pick-close/")).json()

    assert weighed.status_code == 201
    assert closed.status_code == 200
    assert before["closed_at"] is None
    assert after["closed_at"]
    assert after == closed.json()
    assert {**after, "closed_at": None} == before
    assert {name: before[name] for name in ("orders", "shares", "pieces", "fen")} == {
        "orders": 3,
        "shares": 3,
        "pieces": 2,
        "fen": 878,
    }
    wanted = ("quantity", "short", "nominal", "real", "short_fen", "weight_fen")
    assert [tuple(line[name] for name in wanted) for line in before["lines"]] == [
        (3, 0, 1500, 1425, 0, 60),
        (2, 1, 500, 475, 399, 20),
        (1, 1, 0, 0, 399, 0),
    ]
    assert {line["policy"] for line in before["lines"]} == {"first_paid"}
    assert problem(picker.post(of(wave, "pick-close/"))) == (409, "pick_closed", None)
    assert problem(record(picker, wave)) == (409, "pick_closed", None)
    assert_books()


def test_every_decision_can_be_read_with_its_refund(lacking: tuple[World, Wave]) -> None:
    w, wave = lacking
    picker = Caller(w.picker)
    made = record(picker, wave).json()
    picker.post(of(wave, "pick-close/"))

    shares = picker.get(of(wave, f"shortages/{made['uuid']}/shares/")).json()["results"]

    assert [(share["point"], share["policy"], share["pieces"], share["refund_fen"]) for share in shares] == [
        ("HZ0001", "first_paid", 1, 399),
        ("HZ0001", "first_paid", 1, 399),
    ]
    assert all(share["refund"] for share in shares)
    assert picker.get(of(wave, "shortages/")).json()["results"][0]["allocated"] == 2


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"sku": "NOTHING"}, (404, "not_in_wave", "sku")),
        ({"point": "HZ0002"}, (404, "not_in_wave", "point")),
        ({"pieces": 7}, (400, "shortage_too_big", "pieces")),
        ({"pieces": 0}, (400, "min_value", "pieces")),
        ({"cause": "eaten"}, (400, "invalid_choice", "cause")),
        ({"shelf": 3}, (400, "unknown_field", "shelf")),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    lacking: tuple[World, Wave], body: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    w, wave = lacking

    assert problem(record(Caller(w.picker), wave, **body)) == refusal
    assert not Shortage.objects.exists()


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"sku": "EGGS"}, (404, "not_in_wave", "sku")),
        ({"real_base": 9001}, (400, "weight_absurd", "real_base")),
        ({"line": str(uuid4())}, (404, "not_in_wave", "line")),
    ],
)
def test_a_weight_that_cannot_be_is_refused_with_its_field(
    lacking: tuple[World, Wave], body: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    w, wave = lacking
    wanted = {"uuid": str(uuid4()), "sku": "TOMATO", "point": "HZ0001", "real_base": 2900, **body}

    assert problem(Caller(w.picker).post(of(wave, "weights/"), wanted)) == refusal


def test_one_line_is_weighed_and_taken_back(lacking: tuple[World, Wave]) -> None:
    w, wave = lacking
    picker = Caller(w.picker)
    line = w.tomato.lines.earliest("pk")
    wanted = {"sku": "TOMATO", "point": "HZ0001", "real_base": 1480, "line": str(line.public_id)}

    made = picker.post(of(wave, "weights/"), {"uuid": str(uuid4()), **wanted}).json()
    undone = picker.post(of(wave, f"weights/{made['uuid']}/undo/")).json()

    assert made["order"] == line.order.number
    assert undone["undone_at"]
    assert picker.get(of(wave, "weights/")).json()["results"] == [undone]


def test_a_record_of_another_wave_is_not_found(lacking: tuple[World, Wave]) -> None:
    w, wave = lacking
    made = record(Caller(w.picker), wave).json()
    later = open_campaign(warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=w.eggs.sku)])
    place_and_pay(shopper=w.shopper, group=later.groups.get(), quantities={later.offers.get(): 1})
    other = build_wave(campaign=later)

    answer = Caller(w.picker).post(of(other, f"shortages/{made['uuid']}/undo/"))

    assert problem(answer)[:2] == (404, "not_found")


def test_lists_and_the_look_ahead_take_as_many_statements_for_many_rows_as_for_one(
    lacking: tuple[World, Wave], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    w, wave = lacking
    picker = Caller(w.picker)
    picker.client.force_authenticate(w.picker)

    def counted(expected: dict[str, int]) -> None:
        for path, number in expected.items():
            with django_assert_num_queries(number):
                assert picker.get(of(wave, path)).status_code == 200

    wanted = {"shortages/": 3, "pick-close/": 7}
    record(picker, wave, pieces=1)
    counted(wanted)
    record(picker, wave, pieces=1)
    record(picker, wave, pieces=3)
    counted(wanted)
