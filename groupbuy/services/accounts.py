"""Logging in: by phone and one-time code (shoppers), by name or phone and password (leaders, staff)."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from groupbuy.kernel import clock, privacy
from groupbuy.kernel.errors import Forbidden, Invalid
from groupbuy.models import User
from groupbuy.providers import login_code
from groupbuy.services import journal


class CodeWrong(Invalid):
    code = "login_code_wrong"
    message = _("验证码不正确或已过期。")


class PhoneWrong(Invalid):
    code = "phone_invalid"
    message = _("请填写 11 位手机号。")


class AccountClosed(Forbidden):
    code = "account_closed"
    message = _("账号已停用，请联系客服。")


class PhoneOrNameBackend(ModelBackend):
    """Accept a phone number where a log-in name is asked for."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        phone = privacy.clean_phone(username or "")
        user = User.objects.with_phone(phone).first() if phone else None
        if user is None or password is None:
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None


def phone_login(*, phone: str, code: str, display_name: str = "") -> User:
    """
    Return the account of a phone whose one-time code is right; the first log-in makes the account.

    :raises PhoneWrong: not a mobile number of mainland China.
    :raises CodeWrong: the code does not fit.
    :raises AccountClosed: the account may not log in.
    """
    clean = privacy.clean_phone(phone)
    if clean is None:
        raise PhoneWrong(attr="phone")
    if not login_code.code_fits(phone=clean, code=code):
        raise CodeWrong(attr="code")
    user = account_for_phone(phone=clean, display_name=display_name)
    if not user.is_active:
        raise AccountClosed
    return user


def account_for_phone(*, phone: str, display_name: str = "") -> User:
    """Return the account of a clean phone number, made now if there is none."""
    found = User.objects.with_phone(phone).first()
    if found:
        return found
    try:
        with transaction.atomic():
            name = f"u{privacy.blind(phone)[:16]}"
            return User.objects.create_user(name, None, phone=phone, display_name=display_name)
    except IntegrityError:
        return User.objects.with_phone(phone).get()


@transaction.atomic
def password_set(*, user: User, password: str) -> None:
    """Let a person who is logged in choose the password of the leader dashboard; validators are the form's business."""
    user.set_password(password)
    user.save(update_fields=["password"])
    journal.audit(action="password_set", subject_kind="user", subject_id=user.pk, now=clock.now(), actor_id=user.pk)
