"""A person's store credit: how much, and how it came about."""

from django.db.models import Case, OuterRef, QuerySet, Subquery, Value, When

from groupbuy.domain.accounts import Account, EntryKind
from groupbuy.models import CreditBalance, CreditGrant, LedgerLeg, User


def balance(person: User) -> int:
    """Return what the person may pay with now, in fen."""
    held = CreditBalance.objects.filter(person=person).first()
    return held.fen if held else 0


def history(person: User) -> QuerySet[LedgerLeg]:
    """Return every leg of the person's credit, with its order; ``reason`` says why it was given."""
    given = CreditGrant.objects.filter(pk=OuterRef("entry__source_id")).values("reason")
    legs = LedgerLeg.objects.filter(person=person, account=Account.CREDIT_OWED).select_related("entry", "order")
    return legs.annotate(reason=Case(When(entry__kind=EntryKind.CREDIT_GRANT, then=Subquery(given)), default=Value("")))
