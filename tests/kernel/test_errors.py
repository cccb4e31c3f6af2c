"""A rule that says no becomes one shape of answer, with what helps the client."""

from typing import Any

import pytest
from django.db import DataError, OperationalError
from rest_framework.views import APIView

from groupbuy.kernel.errors import DomainError, Forbidden, Invalid, Missing, StateConflict, Unavailable
from groupbuy.kernel.problems import problem_handler
from groupbuy.services.orders import OfferSoldOut


def answer(error: Exception) -> tuple[int, Any]:
    response = problem_handler(error, {"view": APIView(), "request": None, "args": (), "kwargs": {}})
    assert response is not None
    return response.status_code, response.data


def test_a_domain_error_answers_code_detail_attr_and_facts() -> None:
    status, body = answer(OfferSoldOut("番茄 库存不足。", attr="lines", left={"an-offer": 3}))

    assert status == 409
    assert body == {
        "type": "about:blank",
        "title": "番茄 库存不足。",
        "status": 409,
        "errors": [{"code": "offer_sold_out", "detail": "番茄 库存不足。", "attr": "lines"}],
        "left": {"an-offer": 3},
    }


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DomainError(), 409, "conflict"),
        (Invalid(), 400, "invalid"),
        (Forbidden(), 403, "forbidden"),
        (Missing(), 404, "not_found"),
        (Unavailable(), 503, "unavailable"),
        (StateConflict(), 409, "state_conflict"),
        (DataError("invalid byte sequence"), 400, "parse_error"),
        (ValueError("A string literal cannot contain NUL (0x00) characters."), 400, "parse_error"),
    ],
)
def test_each_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    found, body = answer(error)

    assert (found, body["errors"][0]["code"]) == (status, code)


@pytest.mark.parametrize(("sqlstate", "expected"), [("55P03", 503), ("57014", 503), ("40P01", 503)])
def test_a_busy_database_asks_to_come_back(sqlstate: str, expected: int) -> None:
    error = OperationalError("busy")
    cause = Exception()
    cause.sqlstate = sqlstate  # type: ignore[attr-defined]
    error.__cause__ = cause

    assert answer(error)[0] == expected


def test_the_detail_is_a_sentence_also_without_one_given() -> None:
    assert StateConflict().detail == "状态已变化，请刷新后再试。"
    assert StateConflict("别的话").detail == "别的话"
    assert Missing(attr="group").attr == "group"
