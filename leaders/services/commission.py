"""
Commission and sales are booked when pieces have changed hands, and corrected when money goes back.

Both are sweeps over facts of earlier stages (``PickupItem``, ``RefundLine``), each taken once. A fact leads to the
difference between what its line has earned by now and what was booked before.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction

from fulfillment.services.pickups import items_take
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows
from groupbuy.models import OrderLine
from groupbuy.services.ledger import Amount, book_amounts
from groupbuy.services.refunds import refund_lines_take
from groupbuy.services.sales import sales_book
from leaders.domain.accounts import Account, EntryKind
from leaders.domain.commission import NOTHING, Earned, LineMoney, earned
from leaders.domain.states import CommissionLeg
from leaders.models import CommissionEntry, Leader


@dataclass(frozen=True)
class Fact:
    """Something that changed what a line has earned; ``pieces`` were collected by it (0 for a refund)."""

    source_kind: str
    source_id: int
    line_id: int
    pieces: int


@transaction.atomic
def commission_accrue(*, item_ids: list[int]) -> int:
    """Book sales and commission of confirmed pickup items, each once; return how many were taken."""
    now = clock.now()
    taken = items_take(item_ids=item_ids, now=now)
    _settle([Fact("pickup_item", item["id"], item["line_id"], item["quantity"]) for item in taken], now)
    return len(taken)


@transaction.atomic
def commission_correct(*, refund_line_ids: list[int]) -> int:
    """Correct sales and commission of lines after refunds, each refund line once; return how many were taken."""
    now = clock.now()
    taken = refund_lines_take(refund_line_ids=refund_line_ids, now=now)
    _settle([Fact("refund_line", line["id"], line["line_id"], 0) for line in taken], now)
    return len(taken)


def _settle(facts: Sequence[Fact], now: dt.datetime) -> None:
    """Write the entries of a batch of facts: a bounded number of statements whatever the batch."""
    # Lines are locked in order of id: two batches about one line follow each other, and each sees what was booked.
    ids = sorted({fact.line_id for fact in facts})
    locked = OrderLine.objects.select_for_update(no_key=True, of=("self",)).select_related("order").order_by("pk")
    lines = {line.pk: line for line in locked.filter(pk__in=ids)}
    recommenders = _recommenders({line.order.leader_id for line in lines.values()}, now)
    booked = _booked(ids)
    entries: list[CommissionEntry] = []
    sales: list[Amount] = []
    for fact in facts:
        line = lines[fact.line_id]
        before = booked.get((line.pk, CommissionLeg.SELLER), NOTHING)
        for leg, person_id, rule in _legs(line, recommenders):
            total = earned(rule, before.pieces + fact.pieces)
            change = total - booked.get((line.pk, leg), NOTHING)
            booked[line.pk, leg] = total
            if change != NOTHING:
                entries.append(_entry(fact, line, leg, person_id, rule, change, now))
                if leg == CommissionLeg.SELLER:
                    sales.append(Amount(fact.source_id, change.base_fen, order_id=line.order_id))
    _book(entries, sales, facts, now)


def _legs(line: OrderLine, recommenders: Mapping[int, int]) -> Iterable[tuple[CommissionLeg, int, LineMoney]]:
    """Return who earns from the line and by which rule: the seller, and his recommender if he has one."""
    seller = LineMoney(line.net_fen, line.refunded_fen, line.due, line.commission_bp, line.commission_fen_a_piece)
    yield CommissionLeg.SELLER, line.order.leader_id, seller
    recommender = recommenders.get(line.order.leader_id)
    if recommender is not None:
        rule = replace(seller, rate_bp=settings.GROUPBUY_RECOMMENDER_BP, fee_fen=None)
        yield CommissionLeg.RECOMMENDER, recommender, rule


def _recommenders(leader_ids: set[int], now: dt.datetime) -> dict[int, int]:
    """Return leader -> recommender while his limited time lasts."""
    since = now - dt.timedelta(days=settings.GROUPBUY_RECOMMENDER_DAYS)
    found = Leader.objects.filter(user__in=leader_ids, approved_at__gt=since, recommender__isnull=False)
    return {user: recommender for user, recommender in found.values_list("user_id", "recommender_id") if recommender}


def _booked(line_ids: Sequence[int]) -> dict[tuple[int, CommissionLeg], Earned]:
    """Return what has been booked of each line so far, by leg."""
    found = rows(
        """
        SELECT line_id, leg, sum(pieces)::bigint AS pieces, sum(base_fen)::bigint AS base,
               sum(amount_fen)::bigint AS fen
        FROM leaders_commissionentry WHERE line_id = ANY(%s) GROUP BY line_id, leg
        """,
        [list(line_ids)],
    )
    return {(r["line_id"], CommissionLeg(r["leg"])): Earned(r["pieces"], r["base"], r["fen"]) for r in found}


def _entry(
    fact: Fact, line: OrderLine, leg: CommissionLeg, person_id: int, rule: LineMoney, change: Earned, now: dt.datetime
) -> CommissionEntry:
    return CommissionEntry(
        leader_id=person_id,
        line=line,
        source_kind=fact.source_kind,
        source_id=fact.source_id,
        leg=leg,
        pieces=change.pieces,
        base_fen=change.base_fen,
        rate_bp=0 if rule.fee_fen is not None else rule.rate_bp,
        amount_fen=change.amount_fen,
        earned_at=now,
        available_at=now + dt.timedelta(hours=line.after_sales_hours),
    )


def _book(entries: list[CommissionEntry], sales: list[Amount], facts: Sequence[Fact], now: dt.datetime) -> None:
    if not facts:
        return
    sales_book(source_kind=facts[0].source_kind, amounts=sales, now=now)
    written = CommissionEntry.objects.bulk_create(entries)
    book_amounts(
        kind=EntryKind.COMMISSION,
        source_kind="commission",
        amounts=[Amount(e.pk, e.amount_fen, order_id=e.line.order_id, person_id=e.leader_id) for e in written],
        debit=Account.COMMISSION_COST,
        credit=Account.COMMISSION_OWED,
        now=now,
    )
