"""Rows of what goes to suppliers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from fulfillment.domain.layouts import PaperKind
from fulfillment.domain.papers.sheet import Paper, PaperHead, Section


class PurchaseRow(NamedTuple):
    """
    One SKU to be brought. ``demand`` and ``surplus`` are sale units, ``…_base`` the same in base units;
    ``cases * case_size = demand + surplus``. ``cost_fen`` is for one sale unit.
    """

    sku: str
    name: str
    spec: str
    demand: int
    unit: str
    demand_base: int
    base_unit: str
    case_size: int
    cases: int
    surplus: int
    surplus_base: int
    cost_fen: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase order (采购单)."""

    number: str
    supplier_code: str
    supplier: str
    rows: tuple[PurchaseRow, ...]


def purchase_paper(*, head: PaperHead, purchases: Iterable[Purchase], supplier: str = "") -> Paper:
    """
    :param purchases: by supplier, each with its rows by category; none without rows.
    :param supplier: code of the only one the paper is for; empty when it is for all.
    """
    sections = tuple(Section((each.number, each.supplier_code, each.supplier), each.rows) for each in purchases)
    return Paper(PaperKind.PURCHASE, head, sections, only_for=supplier)
