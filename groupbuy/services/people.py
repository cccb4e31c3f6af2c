"""Staff accounts and rights, each change with its audit row."""

from collections.abc import Sequence

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.kernel import clock, privacy
from groupbuy.kernel.errors import DomainError
from groupbuy.models import User, Warehouse, WarehouseStaff
from groupbuy.services import journal
from groupbuy.services.accounts import PhoneWrong


class AccountTaken(DomainError):
    code = "account_taken"
    message = _("登录名或手机号已被使用。")


@transaction.atomic
def person_create(
    *, username: str, password: str | None, actor_id: int | None, display_name: str = "", phone: str = ""
) -> User:
    """
    Make an account without any right; rights come by ``rights_set``.

    :param phone: empty, or a mobile number of mainland China.
    :param password: None: logs in by phone and code only.
    :raises PhoneWrong: ``phone`` is not a mobile number.
    :raises AccountTaken: the name or the phone belongs to somebody else.
    """
    clean = privacy.clean_phone(phone) if phone else ""
    if clean is None:
        raise PhoneWrong(attr="phone")
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, password, phone=clean, display_name=display_name)
    except IntegrityError as error:
        raise AccountTaken from error
    journal.audit(action="account_create", subject_kind="user", subject_id=user.pk, now=clock.now(), actor_id=actor_id)
    return user


@transaction.atomic
def person_change(*, user_id: int, display_name: str, is_active: bool, actor_id: int) -> None:
    """Rename an account, or close or reopen it for logging in."""
    User.objects.filter(pk=user_id).update(display_name=display_name, is_active=is_active)
    journal.audit(
        action="account_change",
        subject_kind="user",
        subject_id=user_id,
        now=clock.now(),
        actor_id=actor_id,
        is_active=is_active,
    )


@transaction.atomic
def rights_set(*, user: User, is_staff: bool, roles: Sequence[Group], actor_id: int | None) -> None:
    """Say whether a person may enter the back office, and in which roles; replaces what he had."""
    User.objects.filter(pk=user.pk).update(is_staff=is_staff)
    user.is_staff = is_staff
    user.groups.set(roles)
    journal.audit(
        action="rights_set",
        subject_kind="user",
        subject_id=user.pk,
        now=clock.now(),
        actor_id=actor_id,
        is_staff=is_staff,
        roles=sorted(role.name for role in roles),
    )


@transaction.atomic
def password_reset(*, user: User, password: str, actor_id: int) -> None:
    """Give a person a new password; his sessions end with it. Validators are the form's business."""
    user.set_password(password)
    user.save(update_fields=["password"])
    journal.audit(action="password_reset", subject_kind="user", subject_id=user.pk, now=clock.now(), actor_id=actor_id)


@transaction.atomic
def warehouse_post_set(*, user: User, warehouse: Warehouse, active: bool, actor_id: int | None) -> None:
    """Let a person work in a warehouse, or no more."""
    WarehouseStaff.objects.update_or_create(user=user, warehouse=warehouse, defaults={"active": active})
    journal.audit(
        action="warehouse_post_set",
        subject_kind="warehouse",
        subject_id=warehouse.pk,
        now=clock.now(),
        actor_id=actor_id,
        user=user.pk,
        active=active,
    )
