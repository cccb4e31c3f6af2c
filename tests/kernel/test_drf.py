"""The API's front door: one strict parser, serializers that know their fields, cursors that nobody forges."""

import base64
import io
import json
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from groupbuy.kernel.drf import MAX_BODY_BYTES, NewestFirst, StrictJSONParser, StrictSerializer
from groupbuy.models import StateChange


def parse(raw: bytes) -> Any:
    return StrictJSONParser().parse(io.BytesIO(raw))


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_plain_json_is_read_as_it_is() -> None:
    body = {"lines": [{"offer": "番茄", "quantity": 2}], "remark": "😀", "none": None, "yes": True}

    assert parse(json.dumps(body).encode()) == body
    assert parse(json.dumps(body, ensure_ascii=False).encode()) == body


def test_twenty_levels_are_enough() -> None:
    assert parse(nested(20)) is not None

    for depth in (21, 5_000, 100_000):
        with pytest.raises(ParseError):
            parse(nested(depth))


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"a": "\u0000"}',
        rb'{"\u0000": 1}',
        rb'["\ud800"]',
        rb'{"deep": [{"x": "\udfff tail"}]}',
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "a": 1}}',
        b"[NaN]",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"[-1e999]",
        b"[" + b"9" * 5_000 + b"]",
        b"\xff\xfe",
        b'{"a": "\xc3"}',
        b"",
        b"{",
        b"{'a': 1}",
    ],
)
def test_what_would_hurt_later_is_refused_at_the_door(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parse(raw)


def test_a_body_of_256_kb_is_read_and_a_byte_more_is_too_large() -> None:
    fits = b'"' + b"x" * (MAX_BODY_BYTES - 2) + b'"'
    assert len(parse(fits)) == MAX_BODY_BYTES - 2

    with pytest.raises(APIException) as refusal:
        parse(fits + b" ")

    assert refusal.value.status_code == 413


class Wanted(StrictSerializer):
    quantity = serializers.IntegerField()


def test_an_unknown_field_is_refused_by_its_name() -> None:
    assert Wanted(data={"quantity": 2}).is_valid()
    serializer = Wanted(data={"quantity": 2, "price_fen": 1})

    with pytest.raises(ValidationError) as refusal:
        serializer.is_valid(raise_exception=True)

    assert refusal.value.get_codes() == {"price_fen": "unknown_field"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%00",
        "é",
        "p=zz",
        "p=1e3",
        "p=99999999999999999999",
        "p=\x00",
        "p=一",
        "o=-1&p=1",
        "o=999999999999",
        "r=2",
    ],
)
def test_a_forged_cursor_is_a_page_or_not_found_and_never_an_error(cursor: str) -> None:
    forged = base64.b64encode(cursor.encode()).decode()

    for text in (cursor, forged):
        request = Request(APIRequestFactory().get("/", {"cursor": text}))
        try:
            page = NewestFirst().paginate_queryset(StateChange.objects.all(), request)
        except NotFound:
            continue
        assert page == []
