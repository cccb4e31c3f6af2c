"""Getting in and out of the API: codes sent, passwords checked, tokens issued and revoked. Only hashes are stored."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth import authenticate
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from knox.models import AuthToken
from knox.settings import knox_settings

from groupbuy.kernel import clock
from groupbuy.kernel.errors import Invalid, Unavailable
from groupbuy.models import User
from groupbuy.providers import login_code
from groupbuy.services import journal


class CodeUnavailable(Unavailable):
    code = "login_code_unavailable"
    message = _("暂时不能发送验证码，请稍后再试。")


class LoginWrong(Invalid):
    """The same for an unknown name, a wrong password and a closed account: nobody learns which names exist."""

    code = "login_wrong"
    message = _("用户名或密码不正确。")


@dataclass(frozen=True)
class Session:
    """``token`` is shown once and never again."""

    user: User
    token: str
    expires_at: dt.datetime


def code_send(*, phone: str) -> None:
    """
    Send a one-time code to a clean phone number. The development provider sends nothing: its code is fixed.

    :raises CodeUnavailable: no provider is there.
    """
    if not login_code.available():
        raise CodeUnavailable


def password_login(*, username: str, password: str) -> User:
    """
    Return the account of a log-in name or phone whose password is right.

    :raises LoginWrong: they do not fit together, or the account may not log in.
    """
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        raise LoginWrong
    return user


@transaction.atomic
def token_issue(*, user: User) -> Session:
    """Open a session on one more device; beyond the limit the oldest one ends."""
    kept = (
        AuthToken.objects.filter(user=user).order_by("-created").values("pk")[: knox_settings.TOKEN_LIMIT_PER_USER - 1]
    )
    AuthToken.objects.filter(user=user).exclude(pk__in=kept).delete()
    record, token = AuthToken.objects.create(user=user)
    return Session(user=user, token=token, expires_at=record.expiry)


def token_revoke(*, token: AuthToken) -> None:
    """End one session at once."""
    token.delete()


@transaction.atomic
def name_set(*, user: User, display_name: str) -> None:
    """Change the name by which others see a person."""
    User.objects.filter(pk=user.pk).update(display_name=display_name)
    user.display_name = display_name
    journal.audit(action="name_set", subject_kind="user", subject_id=user.pk, now=clock.now(), actor_id=user.pk)
