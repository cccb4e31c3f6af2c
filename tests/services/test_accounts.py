"""Logging in: one account for a phone, by code or by password, and none for a closed one."""

from typing import Any

import pytest
from django.contrib.auth import authenticate

from groupbuy.models import AuditEvent, User
from groupbuy.providers.login_code import DEVELOPMENT_CODE
from groupbuy.services.accounts import (
    AccountClosed,
    CodeWrong,
    PhoneWrong,
    account_for_phone,
    password_set,
    phone_login,
)
from tests.world import PASSWORD, person

pytestmark = pytest.mark.django_db

PHONE = "13800000001"


def test_the_first_login_makes_the_account_and_the_second_finds_it() -> None:
    first = phone_login(phone=" 138-0000 0001", code=DEVELOPMENT_CODE, display_name="林小满")
    second = phone_login(phone="+8613800000001", code=DEVELOPMENT_CODE, display_name="别人")

    assert first == second
    account = User.objects.get()
    assert (account.phone, account.masked_phone, account.display_name) == (PHONE, "138****0001", "林小满")
    assert PHONE not in account.phone_sealed + account.username + str(account.phone_hash)
    assert not account.has_usable_password()


@pytest.mark.parametrize("code", ["", "246811", "24681", "２４６８１０"])
def test_a_wrong_code_makes_no_account(code: str) -> None:
    with pytest.raises(CodeWrong):
        phone_login(phone=PHONE, code=code)

    assert not User.objects.exists()


@pytest.mark.parametrize("phone", ["", "12345", "23800000001", "1３８０００００００１"])
def test_what_is_no_mobile_number_makes_no_account(phone: str) -> None:
    with pytest.raises(PhoneWrong):
        phone_login(phone=phone, code=DEVELOPMENT_CODE)

    assert not User.objects.exists()


def test_the_development_code_works_only_where_it_is_switched_on(settings: Any) -> None:
    settings.DEV_PROVIDERS = False

    with pytest.raises(CodeWrong):
        phone_login(phone=PHONE, code=DEVELOPMENT_CODE)


def test_a_closed_account_cannot_log_in_by_code_or_password() -> None:
    someone = person(name="林小满", phone=PHONE)
    User.objects.update(is_active=False)

    with pytest.raises(AccountClosed):
        phone_login(phone=PHONE, code=DEVELOPMENT_CODE)
    assert authenticate(username=PHONE, password=PASSWORD) is None
    assert authenticate(username=someone.username, password=PASSWORD) is None


def test_a_password_goes_with_the_phone_or_with_the_name() -> None:
    someone = person(name="林小满", phone=PHONE)
    person(name="赵邻居", phone="13800000002")

    assert authenticate(username=PHONE, password=PASSWORD) == someone
    assert authenticate(username="138 0000 0001", password=PASSWORD) == someone
    assert authenticate(username=someone.username, password=PASSWORD) == someone
    assert authenticate(username=PHONE, password="wrong") is None
    assert authenticate(username="13800000003", password=PASSWORD) is None


def test_an_account_without_a_password_cannot_log_in_with_an_empty_one() -> None:
    account_for_phone(phone=PHONE)

    assert authenticate(username=PHONE, password="") is None
    assert authenticate(username=PHONE, password=None) is None


def test_a_new_password_replaces_the_old_and_is_on_record() -> None:
    someone = person(name="林小满", phone=PHONE)

    password_set(user=someone, password="another horse")

    assert authenticate(username=PHONE, password="another horse") == someone
    assert authenticate(username=PHONE, password=PASSWORD) is None
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.facts) == ("password_set", someone, {})
