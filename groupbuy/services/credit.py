"""
Store credit (余额): giving it, and moving a person's balance with the ledger.

A balance is the last row that its transaction locks, after orders and payments.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.accounts import Account, EntryKind
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import DomainError, Forbidden, Invalid
from groupbuy.kernel.money import yuan
from groupbuy.models import CreditGrant, User
from groupbuy.selectors import credit as reads
from groupbuy.services import journal, ledger

GRANT = "credit_grant"

# ``fen >= …`` is the guard; the CHECK of the table stands behind it.
_TAKE = """
    UPDATE groupbuy_creditbalance SET fen = fen - %(fen)s
    WHERE person_id = %(person)s AND fen >= %(fen)s RETURNING fen
"""
_GIVE = """
    INSERT INTO groupbuy_creditbalance AS held (person_id, fen) VALUES (%(person)s, %(fen)s)
    ON CONFLICT (person_id) DO UPDATE SET fen = held.fen + EXCLUDED.fen
"""


class CreditShort(DomainError):
    """``left_fen``: what the person has."""

    code = "credit_short"
    message = _("余额不足。")


class CreditLimit(DomainError):
    code = "credit_limit"
    message = _("超过您今天可发放的余额总额。")


def take(*, person: User, amount_fen: int) -> None:
    """
    Take credit from a person; the caller books it in the same transaction.

    :raises CreditShort: he has less.
    """
    if not rows(_TAKE, {"person": person.pk, "fen": amount_fen}):
        raise CreditShort(left_fen=reads.balance(person))


def check(*, person: User, amount_fen: int) -> None:
    """:raises CreditShort: the person has less now. Holds nothing."""
    left = reads.balance(person)
    if left < amount_fen:
        raise CreditShort(left_fen=left)


def give(*, person_id: int, amount_fen: int) -> None:
    """Add to a person's credit; the caller books it in the same transaction."""
    run(_GIVE, {"person": person_id, "fen": amount_fen})


@transaction.atomic
def credit_grant(*, person: User, amount_fen: int, reason: str, actor_id: int) -> CreditGrant:
    """
    Give a person credit out of the platform's pocket, for example for a spoiled delivery.

    :param amount_fen: 1 to ``GROUPBUY_CREDIT_GRANT_MAX_FEN``.
    :param reason: shown to the person.
    :raises Invalid: no reason, or another amount.
    :raises Forbidden: nobody gives to himself.
    :raises CreditLimit: the operator's grants of the day would pass ``GROUPBUY_CREDIT_GRANT_DAY_FEN``.
    """
    reason = reason.strip()
    if not reason:
        raise Invalid(_("请填写原因。"), attr="reason")
    if not 1 <= amount_fen <= settings.GROUPBUY_CREDIT_GRANT_MAX_FEN:
        raise Invalid(_("金额超出单次可发放的范围。"), attr="amount_fen")
    if person.pk == actor_id:
        raise Forbidden(_("不能给自己发放余额。"))
    now = clock.now()
    _check_day(actor_id, amount_fen, now)
    grant = CreditGrant.objects.create(
        person=person, amount_fen=amount_fen, reason=reason, granted_by_id=actor_id, granted_at=now
    )
    ledger.book_amounts(
        kind=EntryKind.CREDIT_GRANT,
        source_kind=GRANT,
        amounts=[ledger.Amount(source_id=grant.pk, amount_fen=amount_fen, person_id=person.pk)],
        debit=Account.CREDIT_COST,
        credit=Account.CREDIT_OWED,
        now=now,
    )
    _say(grant, now)
    give(person_id=person.pk, amount_fen=amount_fen)
    return grant


def _check_day(actor_id: int, amount_fen: int, now: dt.datetime) -> None:
    # His own row is the gate: two grants of one operator at once would both see the same sum.
    User.objects.select_for_update(no_key=True).get(pk=actor_id)
    begin = clock.at_local(clock.local_date(now), dt.time())
    given = CreditGrant.objects.filter(granted_by=actor_id, granted_at__gte=begin).aggregate(fen=Sum("amount_fen"))
    if (given["fen"] or 0) + amount_fen > settings.GROUPBUY_CREDIT_GRANT_DAY_FEN:
        raise CreditLimit


def _say(grant: CreditGrant, now: dt.datetime) -> None:
    journal.audit(
        action="credit_grant",
        subject_kind="user",
        subject_id=grant.person_id,
        now=now,
        actor_id=grant.granted_by_id,
        fen=grant.amount_fen,
        reason=grant.reason,
    )
    journal.tell(
        topic="credit.granted", person_id=grant.person_id, now=now, yuan=yuan(grant.amount_fen), reason=grant.reason
    )
