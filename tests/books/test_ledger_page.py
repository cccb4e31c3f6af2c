"""The worked example of docs/ledger.md is what the system does."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from fulfillment.models import Pickup, Stop
from fulfillment.selectors.pickups import lines_of
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.handover import handover_sign
from fulfillment.services.pickups import pickup_confirm
from fulfillment.services.waves import wave_build
from groupbuy.domain.accounts import Account as Base
from groupbuy.domain.accounts import EntryKind
from groupbuy.domain.words import RefundReason
from groupbuy.kernel.money import rate_of
from groupbuy.models import LedgerEntry, LedgerLeg
from groupbuy.services.refund_by_hand import refund_settle_by_hand
from groupbuy.services.refund_sending import refund_send
from groupbuy.services.refunds import refund_request
from leaders.demo.orders import pay
from leaders.domain.accounts import Account as OfLeaders
from leaders.tasks import settle_commissions
from tests.world import close_and_freeze, place, world

pytestmark = pytest.mark.django_db

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
ACCOUNTS = (*Base, *OfLeaders)


def printed() -> list[tuple[int, ...]]:
    """Return the rows of the page's last table, without their first cell."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    start = next(number for number, row in enumerate(rows) if row[0] == "step")
    assert tuple(rows[start][1:]) == ACCOUNTS
    return [tuple(int(cell) for cell in row[1:]) for row in rows[start + 2 :]]


def balances() -> tuple[int, ...]:
    found = dict(LedgerLeg.objects.values_list("account").annotate(Sum("amount_fen")))
    return tuple(found.get(account, 0) for account in ACCOUNTS)


def test_every_balance_of_the_example_is_as_printed(settings: Any) -> None:
    settings.GROUPBUY_SWEEP_ATTEMPTS = 1
    w = world()
    seen = []

    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    seen.append(balances())
    pay([order])
    seen.append(balances())
    close_and_freeze(campaign=w.campaign)
    wave = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)
    assert wave is not None
    dispatch_send(wave_id=wave.pk)
    handover_sign(stop_id=Stop.objects.get(wave=wave).pk, actor=w.leader)
    seen.append(balances())
    pickup = Pickup.objects.get()
    lines = {line.sku.code: line for line in lines_of(pickup)}
    refund = refund_request(
        order_id=order.pk, pieces={lines["TOMATO"].pk: 1}, reason=RefundReason.OPERATOR, actor_id=w.staff.pk
    )
    settle_commissions()
    seen.append(balances())
    refund_send(refund_id=refund.pk)
    refund_settle_by_hand(refund=refund, actor_id=w.staff.pk, note="现金")
    seen.append(balances())
    for codes in (["TOMATO"], ["TOMATO", "EGGS"]):
        pieces = {lines[code].public_id: 1 for code in codes}
        pickup_confirm(pickup=pickup, actor=w.leader, event=uuid.uuid4(), pieces=pieces)
        settle_commissions()
        seen.append(balances())

    assert seen == printed()


def test_the_sentence_about_rounding_is_true() -> None:
    assert (rate_of(399, 1000), rate_of(798, 1000), rate_of(1590, 1000)) == (40, 80, 159)
    assert (10 * rate_of(399, 1000), rate_of(3990, 1000)) == (400, 399)


def test_the_page_names_every_account_and_every_kind_of_entry() -> None:
    kinds = {*EntryKind, *LedgerEntry.objects.values_list("kind", flat=True), "commission"}

    assert [account for account in ACCOUNTS if f"| `{account}` |" not in PAGE] == []
    assert [kind for kind in kinds if f"| `{kind}` |" not in PAGE] == []
