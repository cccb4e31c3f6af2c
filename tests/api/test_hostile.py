"""Input that breaks stock Django REST framework: each is a 4xx in the one shape, never a 500."""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from groupbuy.models import Order
from tests.api.callers import Caller, problem
from tests.world import World, place

BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "another encoding": '{"remark": "中"}'.encode("gbk"),
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "deep in a field": b'{"lines":' + b"[" * 30 + b"]" * 30 + b"}",
    "NUL": b'{"remark": "a\\u0000b"}',
    "lone surrogate": b'{"remark": "\\ud800"}',
    "lone surrogate as a key": b'{"\\ud800": 1}',
    "NaN": b'{"expected_fen": NaN}',
    "double key": b'{"remark": "a", "remark": "b"}',
    "a number": b"7",
    "a list": b"[]",
    "null": b"null",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_no_order_is_a_400(world: World, shopper: Caller, body: bytes) -> None:
    assert problem(shopper.raw("orders/", body))[0] == 400
    assert not Order.objects.exists()


def test_a_body_of_more_than_256_kilobytes_is_not_read(world: World, shopper: Caller) -> None:
    body = json.dumps({"remark": "x" * 256 * 1024}).encode()

    assert problem(shopper.raw("orders/", body)) == (413, "too_large", None)


def test_a_form_is_no_json(world: World, shopper: Caller) -> None:
    answer = shopper.client.post("/api/v1/orders/", {"group": "x"}, format="multipart")

    assert problem(answer)[0] in (400, 415)


VALUES: list[tuple[str, Any, str]] = [
    ("group", "7", "group"),
    ("group", None, "group"),
    ("group", {"a": 1}, "group"),
    ("lines", [], "lines"),
    ("lines", "x", "lines"),
    ("lines", [None], "lines.0"),
    ("expected_fen", -1, "expected_fen"),
    ("expected_fen", 10**30, "expected_fen"),
    ("expected_fen", 1.5, "expected_fen"),
    ("remark", "x" * 201, "remark"),
    ("remark", ["x"], "remark"),
    ("receiver", {"phone": "12"}, "receiver.phone"),
    ("receiver", {"name": "x" * 65}, "receiver.name"),
]


@pytest.mark.parametrize(("field", "value", "attr"), VALUES)
def test_a_field_that_is_wrong_is_named(world: World, shopper: Caller, field: str, value: Any, attr: str) -> None:
    line = {"offer": str(world.tomato.public_id), "quantity": 1}
    body = {"group": str(world.group.public_id), "lines": [line]} | {field: value}

    status, _, named = problem(shopper.post("orders/", body))

    assert status == 400
    assert named is not None
    assert named.removesuffix(".non_field_errors") == attr
    assert not Order.objects.exists()


@pytest.mark.parametrize("position", ["2", "x", "١", "9" * 40, "\x00", "2026-13-45", ""])
@pytest.mark.parametrize("reverse", ["0", "1"])
def test_a_forged_cursor_is_a_missing_page_or_a_page(
    world: World, shopper: Caller, position: str, reverse: str
) -> None:
    place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    cursor = b64encode(urlencode({"p": position, "r": reverse}).encode()).decode()

    answer = shopper.get("orders/", cursor=cursor)

    if answer.status_code != 200:
        assert problem(answer)[:2] == (404, "not_found")


@pytest.mark.parametrize("cursor", ["%%%", "cD0y", "////", "中", "cD0=", "\x00"])
def test_a_cursor_that_is_none_is_never_a_500(world: World, shopper: Caller, cursor: str) -> None:
    assert shopper.get("orders/", cursor=cursor).status_code in (200, 404)


QUERIES = [
    {"placed_from": "0001-01-01T00:00:00+14:00"},
    {"placed_to": "9999-12-31T23:59:59-14:00"},
    {"placed_from": "soon"},
    {"state": "nosuch"},
    {"campaign": "7"},
    {"delivery_date": "2026-02-30"},
    {"delivery_date": "0000-00-00"},
]


@pytest.mark.parametrize("query", QUERIES, ids=[next(iter(query.values())) for query in QUERIES])
def test_a_filter_that_makes_no_sense_is_a_400_that_names_it(
    world: World, shopper: Caller, query: dict[str, str]
) -> None:
    status, _, attr = problem(shopper.get("orders/", **query))

    assert (status, attr) == (400, next(iter(query)))


@pytest.mark.parametrize(("instant", "found"), [("0452-01-09T00:43:31-19:08", 1), ("2999-11-22T10:00:00-19:08", 0)])
def test_an_odd_offset_that_postgresql_would_refuse_is_understood(
    world: World, shopper: Caller, instant: str, found: int
) -> None:
    place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})

    assert len(shopper.get("orders/", placed_from=instant).json()["results"]) == found


@pytest.mark.parametrize("path", ["points/", "leader/orders/"])
def test_nul_in_a_search_is_a_400(world: World, leader: Caller, path: str) -> None:
    assert problem(leader.get(path, q="a\x00b")) == (400, "null_characters_not_allowed", "q")


@pytest.mark.parametrize("token", ["", "x", "中文", "a b", "0" * 64, "\udce9"])
def test_a_token_that_is_none_is_a_401(world: World, token: str) -> None:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}".encode("utf-8", "surrogateescape").decode("latin-1"))

    assert problem(client.get("/api/v1/me/"))[0] == 401


def test_ids_that_are_numbers_lead_nowhere(world: World, shopper: Caller) -> None:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})

    assert problem(shopper.get(f"orders/{order.pk}/")) == (404, "not_found", None)
    assert problem(shopper.get(f"orders/{uuid4()}/")) == (404, "not_found", None)


@pytest.mark.parametrize("path", ["", "nothing/", "orders/not-an-id/", "orders/%00/", "leader/../nothing/", "订单/"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_an_address_that_is_none_is_missing_like_a_row(visitor: Caller, method: str, path: str) -> None:
    assert problem(visitor.send(method, path)) == (404, "not_found", None)


def test_an_address_without_its_slash_is_sent_on(visitor: Caller) -> None:
    answer = visitor.get("docs")

    assert (answer.status_code, answer.headers["Location"]) == (301, "/api/v1/docs/")


def test_outside_of_the_api_what_is_missing_is_a_page(visitor: Caller) -> None:
    answer = visitor.client.get("/nothing/")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "没有找到" in answer.content.decode()
