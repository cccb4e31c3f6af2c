"""Logging in and out: codes, passwords, tokens, and how often one may guess."""

import datetime as dt
from typing import Any

import pytest
from knox.models import AuthToken
from pytest_django import Settings
from rest_framework.test import APIClient

from groupbuy.models import IdempotencyKey, User
from tests.api.callers import Caller, problem
from tests.world import PASSWORD, World

CODE = "246810"


def bearer(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_the_development_code_is_announced(visitor: Caller) -> None:
    answer = visitor.post("auth/code/", {"phone": "+86 138 0000 0099"})

    assert answer.status_code == 202
    assert answer.json() == {"detail": "开发环境：请使用固定验证码。", "development": True}


def test_without_a_provider_no_code_is_sent_and_none_fits(visitor: Caller, settings: Settings) -> None:
    settings.DEV_PROVIDERS = False

    assert problem(visitor.post("auth/code/", {"phone": "13800000099"})) == (503, "login_code_unavailable", None)
    wrong = visitor.post("auth/token/", {"phone": "13800000099", "code": CODE})
    assert problem(wrong) == (400, "login_code_wrong", "code")
    assert not User.objects.exists()


def test_a_new_phone_gets_an_account_and_a_token_that_works(visitor: Caller) -> None:
    answer = visitor.post("auth/token/", {"phone": "138-0000-0099", "code": CODE, "name": "小雨"})

    assert answer.status_code == 201
    body = answer.json()
    me = bearer(body["token"]).get("/api/v1/me/").json()
    assert me == body["me"]
    assert {name: me[name] for name in ("display_name", "phone", "is_staff", "points", "warehouses")} == {
        "display_name": "小雨",
        "phone": "13800000099",
        "is_staff": False,
        "points": [],
        "warehouses": [],
    }
    assert AuthToken.objects.get().expiry - AuthToken.objects.get().created > dt.timedelta(days=29)


def test_logging_in_again_finds_the_same_account_and_keeps_its_name(visitor: Caller) -> None:
    first = visitor.post("auth/token/", {"phone": "13800000099", "code": CODE, "name": "小雨"}).json()
    second = visitor.post("auth/token/", {"phone": "13800000099", "code": CODE, "name": "别人"}).json()

    assert second["me"] == first["me"]
    assert second["token"] != first["token"]


def test_a_token_ends_at_once_when_it_is_revoked_and_the_others_live(visitor: Caller) -> None:
    login = {"phone": "13800000099", "code": CODE}
    phone, tablet = (bearer(visitor.post("auth/token/", login).json()["token"]) for _ in range(2))

    assert phone.delete("/api/v1/auth/token/").status_code == 204

    assert problem(phone.get("/api/v1/me/")) == (401, "authentication_failed", None)
    assert tablet.get("/api/v1/me/").status_code == 200


def test_a_closed_account_is_out_at_the_next_request(visitor: Caller) -> None:
    client = bearer(visitor.post("auth/token/", {"phone": "13800000099", "code": CODE}).json()["token"])
    User.objects.update(is_active=False)

    assert client.get("/api/v1/me/").status_code == 401
    again = visitor.post("auth/token/", {"phone": "13800000099", "code": CODE})
    assert problem(again) == (403, "account_closed", None)


def test_only_the_newest_twenty_sessions_of_a_person_live(visitor: Caller) -> None:
    tokens = [visitor.post("auth/token/", {"phone": "13800000099", "code": CODE}).json()["token"] for _ in range(21)]

    assert AuthToken.objects.count() == 20
    assert bearer(tokens[0]).get("/api/v1/me/").status_code == 401
    assert bearer(tokens[1]).get("/api/v1/me/").status_code == 200


@pytest.mark.parametrize("phone", ["", "12345", "23800000099", "138000000991", "１３８００００００９９x"])
def test_what_is_no_mobile_number_is_refused(visitor: Caller, phone: str) -> None:
    status, _, attr = problem(visitor.post("auth/code/", {"phone": phone}))

    assert (status, attr) == (400, "phone")


def test_after_ten_wrong_codes_even_the_right_one_waits(visitor: Caller) -> None:
    login = {"phone": "13800000099", "code": "000000"}
    for _ in range(10):
        assert problem(visitor.post("auth/token/", login)) == (400, "login_code_wrong", "code")

    answer = visitor.post("auth/token/", login | {"code": CODE})

    assert problem(answer) == (429, "too_many_guesses", None)
    assert answer.headers["Retry-After"] == "600"
    assert visitor.post("auth/token/", {"phone": "13800000098", "code": CODE}).status_code == 201


def test_right_codes_are_never_too_many(visitor: Caller) -> None:
    answers = [visitor.post("auth/token/", {"phone": "13800000099", "code": CODE}) for _ in range(12)]

    assert {answer.status_code for answer in answers} == {201}


def test_without_the_cache_nobody_may_guess(visitor: Caller, settings: Settings) -> None:
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1/0"}}

    answer = visitor.post("auth/token/", {"phone": "13800000099", "code": CODE})

    assert problem(answer) == (503, "unavailable", None)
    assert not User.objects.exists()


@pytest.mark.parametrize("username", ["p13800000011", "13800000011"])
def test_a_leader_logs_in_by_name_or_phone_and_password(world: World, visitor: Caller, username: str) -> None:
    answer = visitor.post("auth/token/password/", {"username": username, "password": PASSWORD})

    assert answer.status_code == 201
    me = answer.json()["me"]
    assert me["points"] == [
        {"id": str(world.near.public_id), "name": "翠苑小店", "community": "翠苑小店社区", "role": "leader"}
    ]


def test_a_picker_sees_his_warehouse(world: World, picker: Caller) -> None:
    assert picker.get("me/").json()["warehouses"] == [{"code": "WH1", "name": "余杭中心仓"}]


def test_a_wrong_password_an_unknown_name_and_a_closed_account_look_the_same(world: World, visitor: Caller) -> None:
    User.objects.filter(pk=world.neighbour.pk).update(is_active=False)
    logins = [("p13800000011", "wrong"), ("nobody", PASSWORD), ("p13800000002", PASSWORD)]

    answers = [visitor.post("auth/token/password/", {"username": u, "password": p}) for u, p in logins]

    assert {problem(answer) for answer in answers} == {(400, "login_wrong", None)}
    assert len({answer.content for answer in answers}) == 1


def test_a_password_is_set_checked_and_stored_nowhere_else(world: World, shopper: Caller, visitor: Caller) -> None:
    weak = shopper.post("auth/password/", {"password": "12345678"})
    strong = shopper.post("auth/password/", {"password": "five green bottles"})

    assert weak.status_code == 400
    assert strong.status_code == 204
    login = {"username": "13800000001", "password": "five green bottles"}
    assert visitor.post("auth/token/password/", login).status_code == 201
    assert not IdempotencyKey.objects.exists()


def test_a_person_changes_his_name_once_per_key_and_the_stored_answer_holds_no_phone(
    world: World, shopper: Caller
) -> None:
    def change() -> Any:
        return shopper.send("patch", "me/", {"display_name": "林大满"}, key="name-0001")

    first, second = change(), change()

    assert first.json()["display_name"] == "林大满"
    assert first.json()["phone"] == "13800000001"
    assert (second.json(), second.headers["Idempotent-Replay"]) == (first.json(), "true")
    assert IdempotencyKey.objects.get().answer is None


def test_a_person_cannot_make_himself_staff(world: World, shopper: Caller) -> None:
    answer = shopper.send("patch", "me/", {"display_name": "x", "is_staff": True})

    assert problem(answer) == (400, "unknown_field", "is_staff")
    world.shopper.refresh_from_db()
    assert (world.shopper.display_name, world.shopper.is_staff) == ("林小满", False)
