"""Handhelds: scan, lists with progress, batches of presses of which every one is answered."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.models import PickEvent, PickProgress, Wave
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.paper_issues import papers_reissue
from groupbuy.domain.words import RefundReason
from groupbuy.models import Sku, Warehouse, WarehouseStaff
from groupbuy.services.refunds import refund_request
from tests.api.callers import Caller, problem
from tests.books import assert_books
from tests.world import World, build_wave, person, place_and_pay

EAN = "6901234567892"


@pytest.fixture
def wave(world: World) -> Wave:
    """Seven tomatoes (five near, two far; with a barcode) and two boxes of eggs (near)."""
    Sku.objects.filter(code="TOMATO").update(barcode=EAN)
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 5, world.eggs: 2})
    place_and_pay(shopper=world.neighbour, group=world.other_group, quantities={world.tomato: 2})
    return build_wave(campaign=world.campaign)


@pytest.fixture
def where(wave: Wave) -> str:
    return f"warehouse/waves/{wave.public_id}/"


def pick(pieces: int, **more: Any) -> dict[str, Any]:
    return {"uuid": str(uuid4()), "kind": "pick", "sku": "TOMATO", "pieces": pieces} | more


def put(pieces: int, position: int, **more: Any) -> dict[str, Any]:
    return pick(pieces, **({"kind": "put", "position": position} | more))


def verdicts(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.content
    return [(each["verdict"], each["code"]) for each in answer.json()["results"]]


@pytest.mark.parametrize("code", [EAN, "tomato", " TOMATO "])
def test_a_scan_finds_a_sku_by_barcode_and_by_code(picker: Caller, where: str, code: str) -> None:
    found = picker.get(where + "scan/", code=code).json()

    (sku,) = found["skus"]
    assert (sku["sku"], sku["left"], sku["left_cases"], sku["left_pieces"]) == ("TOMATO", 7, 1, 1)
    assert (found["place"], found["lines"]) == (None, [])


@pytest.mark.parametrize("code", ["2", "P2", "p002", "HZ0002", "hz0002"])
def test_a_scan_finds_a_position_by_number_and_by_point(picker: Caller, where: str, code: str) -> None:
    found = picker.get(where + "scan/", code=code).json()

    assert found["place"] == {"position": 2, "point": "古荡驿站", "point_code": "HZ0002"}
    assert [(line["sku"], line["left"]) for line in found["lines"]] == [("TOMATO", 2)]


@pytest.mark.parametrize("code", ["6900000000000", "P0", "P999999", "'; --", "中", "%", "x" * 64])
def test_a_code_of_another_wave_is_said_so(picker: Caller, where: str, code: str) -> None:
    assert problem(picker.get(where + "scan/", code=code)) == (404, "unknown_code", "code")


@pytest.mark.parametrize("query", [{}, {"code": ""}, {"code": "x" * 65}, {"code": "\x00"}, {"code": "1", "more": "1"}])
def test_a_scan_that_makes_no_sense_is_a_400(picker: Caller, where: str, query: dict[str, str]) -> None:
    assert problem(picker.get(where + "scan/", **query))[0] == 400


def test_skus_that_share_a_barcode_are_all_named(world: World, picker: Caller) -> None:
    Sku.objects.update(barcode=EAN)
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1, world.eggs: 1})
    wave = build_wave(campaign=world.campaign)

    found = picker.get(f"warehouse/waves/{wave.public_id}/scan/", code=EAN).json()

    assert [sku["sku"] for sku in found["skus"]] == ["TOMATO", "EGGS"]


def test_the_pick_list_comes_page_by_page_with_what_is_done(picker: Caller, where: str) -> None:
    picker.post(where + "events/", {"events": [pick(3)]})

    first = picker.get(where + "pick/", page_size=1).json()
    second = picker.get(where + "pick/", page_size=1, after=first["next"]).json()

    assert [(row["sku"], row["quantity"], row["picked"], row["left"]) for row in first["results"]] == [
        ("TOMATO", 7, 3, 4)
    ]
    assert [row["sku"] for row in second["results"]] == ["EGGS"]
    assert (first["next"], second["next"]) == ("TOMATO", None)
    assert [row["sku"] for row in picker.get(where + "pick/", zone="chilled").json()["results"]] == ["EGGS"]


@pytest.mark.parametrize("query", [{"after": "NOSUCH"}, {"zone": "hot"}, {"page_size": 0}, {"page_size": "x"}])
def test_a_pick_list_query_that_makes_no_sense_is_named(picker: Caller, where: str, query: dict[str, Any]) -> None:
    status, _, attr = problem(picker.get(where + "pick/", **query))

    assert (status, attr) == (400, next(iter(query)))


def test_the_put_list_of_a_sku_comes_by_position(picker: Caller, where: str) -> None:
    picker.post(where + "events/", {"events": [put(5, 1)]})

    first = picker.get(where + "put/", sku="TOMATO", page_size=1).json()
    left = picker.get(where + "put/", sku="TOMATO", only_open="true").json()

    assert (first["next"], [(row["position"], row["left"]) for row in first["results"]]) == (1, [(1, 0)])
    assert [(row["position"], row["point_code"], row["left"]) for row in left["results"]] == [(2, "HZ0002", 2)]
    assert problem(picker.get(where + "put/", sku="NOSUCH"))[:2] == (404, "not_in_wave")
    assert problem(picker.get(where + "put/", sku="TOMATO", after=2**31))[0] == 400


def test_progress_is_told_for_the_wave_and_its_zones(picker: Caller, where: str) -> None:
    picker.post(where + "events/", {"events": [pick(3), put(2, 1)]})

    told = picker.get(where + "progress/").json()

    assert (told["quantity"], told["picked"], told["put"]) == (9, 3, 2)
    assert (told["picked_percent"], told["put_percent"]) == (33, 22)
    assert told["zones"]["chilled"] == {
        "quantity": 2,
        "picked": 0,
        "put": 0,
        "picked_percent": 0,
        "put_percent": 0,
    }


def test_every_event_of_a_batch_is_answered_and_one_that_is_refused_stops_none(picker: Caller, where: str) -> None:
    first = pick(3)
    batch = [first, first, pick(5), put(2, 2), put(1, 9), pick(1, sku="NOSUCH"), {**first, "pieces": 2}, pick(4)]

    answer = picker.post(where + "events/", {"events": batch})

    assert verdicts(answer) == [
        ("accepted", ""),
        ("duplicate", ""),
        ("conflict", "beyond_demand"),
        ("accepted", ""),
        ("conflict", "not_in_wave"),
        ("conflict", "not_in_wave"),
        ("conflict", "event_reused"),
        ("accepted", ""),
    ]
    told = answer.json()["results"][2]
    assert (told["detail"], told["left"]) == ("还差 4 份，您输入了 5。", 4)
    assert (answer.json()["progress"]["picked"], answer.json()["progress"]["put"]) == (7, 2)
    assert_books()


def test_a_batch_that_is_sent_again_counts_nothing(picker: Caller, where: str) -> None:
    """Under another key, as a handheld does that has lost the first answer and its key."""
    batch = {"events": [pick(3), put(2, 2)]}

    picker.post(where + "events/", batch)

    assert verdicts(picker.post(where + "events/", batch)) == [("duplicate", ""), ("duplicate", "")]
    assert (PickProgress.objects.get().pieces, PickProgress.objects.get().put) == (3, 2)


def test_what_is_sent_again_after_its_goods_went_off_the_list_is_a_duplicate(
    world: World, picker: Caller, wave: Wave, where: str
) -> None:
    batch = [pick(2, sku="EGGS"), put(2, 1, sku="EGGS")]
    back = [put(2, 1, sku="EGGS", kind="put_back"), pick(2, sku="EGGS", kind="pick_back")]
    picker.post(where + "events/", {"events": batch})
    eggs = world.eggs.lines.get()
    refund_request(order_id=eggs.order_id, pieces={eggs.pk: 2}, reason=RefundReason.OPERATOR, actor_id=world.staff.pk)
    papers_reissue(wave_id=wave.pk, reason="退款")

    assert verdicts(picker.post(where + "events/", {"events": batch})) == [("duplicate", "")] * 2
    assert verdicts(picker.post(where + "events/", {"events": back})) == [("accepted", "")] * 2
    assert verdicts(picker.post(where + "events/", {"events": back})) == [("duplicate", "")] * 2
    assert verdicts(picker.post(where + "events/", {"events": [pick(1, sku="EGGS")]})) == [("conflict", "not_in_wave")]
    assert set(PickProgress.objects.values_list("pieces", "put")) == {(0, 0)}
    assert_books()


def test_picks_and_puts_are_undone_by_their_number(picker: Caller, where: str) -> None:
    picked, laid = pick(3), put(2, 2)
    picker.post(where + "events/", {"events": [picked, laid]})
    undo = [{"uuid": str(uuid4()), "kind": "undo", "undoes": event["uuid"]} for event in (picked, laid)]

    assert verdicts(picker.post(where + "events/", {"events": undo})) == [("accepted", "")] * 2
    assert verdicts(picker.post(where + "events/", {"events": undo})) == [("duplicate", "")] * 2
    again = [{**event, "uuid": str(uuid4())} for event in undo]
    assert verdicts(picker.post(where + "events/", {"events": again})) == [("conflict", "nothing_to_undo")] * 2
    assert (PickProgress.objects.get().pieces, PickProgress.objects.get().put) == (0, 0)
    assert_books()


def test_pieces_are_taken_back(picker: Caller, where: str) -> None:
    batch = [pick(5), pick(2, kind="pick_back"), put(2, 2), put(1, 2, kind="put_back"), put(3, 2, kind="put_back")]

    answer = picker.post(where + "events/", {"events": batch})

    assert verdicts(answer)[:4] == [("accepted", "")] * 4
    assert verdicts(answer)[4] == ("conflict", "beyond_demand")
    assert (PickProgress.objects.get().pieces, PickProgress.objects.get().put) == (3, 1)


@pytest.mark.parametrize(
    ("change", "attr"),
    [
        ({"uuid": "7"}, "uuid"),
        ({"kind": "steal"}, "kind"),
        ({"pieces": 0}, "pieces"),
        ({"pieces": 1_000_000}, "pieces"),
        ({"pieces": 1.5}, "pieces"),
        ({"pieces": "many"}, "pieces"),
        ({"position": 1}, "position"),
        ({"kind": "put"}, "position"),
        ({"kind": "undo"}, "undoes"),
        ({"kind": "put", "position": 10**12}, "position"),
        ({"sku": "x" * 33}, "sku"),
        ({"sku": "\u0000"}, None),
        ({"more": 1}, "more"),
    ],
)
def test_an_event_that_makes_no_sense_refuses_the_batch(
    picker: Caller, where: str, change: dict[str, Any], attr: str | None
) -> None:
    status, _, named = problem(picker.post(where + "events/", {"events": [pick(1), pick(1) | change]}))

    assert status == 400
    assert attr is None or named == f"events.1.{attr}"
    assert not PickEvent.objects.exists()


@pytest.mark.parametrize("events", [[], "x", None, [None], [[]], [pick(1)] * 101])
def test_a_batch_that_is_none_is_a_400(picker: Caller, where: str, events: Any) -> None:
    assert problem(picker.post(where + "events/", {"events": events}))[0] == 400


def test_a_wave_that_has_left_answers_every_event_with_a_conflict(picker: Caller, wave: Wave, where: str) -> None:
    dispatch_send(wave_id=wave.pk)

    assert (
        verdicts(picker.post(where + "events/", {"events": [pick(1), put(1, 1)]}))
        == [("conflict", "state_conflict")] * 2
    )


def test_another_warehouses_wave_is_as_missing_as_none(acting_as: Any, where: str) -> None:
    other = Warehouse.objects.create(code="WH2", name="成都仓", city="成都市", address="一路")
    stranger = person(name="郑外仓", phone="13800000029")
    WarehouseStaff.objects.create(warehouse=other, user=stranger)
    caller = acting_as(stranger)

    for page in ("scan/?code=TOMATO", "pick/", "put/?sku=TOMATO", "progress/"):
        assert problem(caller.get(where + page))[0] == 404
    assert problem(caller.post(where + "events/", {"events": [pick(1)]}))[0] == 404


@pytest.mark.parametrize("page", ["scan/?code=TOMATO", "scan/?code=P1", "pick/", "put/?sku=TOMATO", "progress/"])
def test_a_page_takes_a_few_statements(picker: Caller, where: str, page: str) -> None:
    picker.get(where + page)

    with CaptureQueriesContext(connection) as statements:
        picker.get(where + page)

    assert len(statements) <= 6, [query["sql"] for query in statements]
