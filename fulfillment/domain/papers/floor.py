"""Rows of what is fetched and put."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from fulfillment.domain.layouts import LAYOUTS, PaperKind
from fulfillment.domain.papers.sheet import GroupedRows, Paper, PaperHead, Row, Section


class PickRow(NamedTuple):
    """
    One SKU to fetch. ``quantity`` and ``pieces`` are sale units; ``quantity = cases * case_size + pieces``.

    ``barcode`` may be empty: then only the SKU's code is printed.
    """

    zone: str
    bin: str
    barcode: str
    sku: str
    name: str
    spec: str
    quantity: int
    unit: str
    case_size: int
    cases: int
    pieces: int


class CheckRow(NamedTuple):
    """
    One weighed SKU at one position; ``quantity`` in sale units, ``base_per_sale`` in ``base_unit``.

    :param real: weight or count in ``base_unit`` of all pieces; None while nobody has weighed them.
    :param refund_fen: given back for the difference; None while that is not decided.
    """

    bin: str
    sku: str
    name: str
    spec: str
    base_unit: str
    base_per_sale: int
    position: int
    point_code: str
    point: str
    quantity: int
    real: int | None
    refund_fen: int | None


@dataclass(frozen=True, slots=True)
class _Flat:
    """Rows of a weight check as values of its columns, as often as asked."""

    rows: Iterable[CheckRow]

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            nominal = row.quantity * row.base_per_sale
            weighed: Row = ("", "") if row.real is None else (row.real, row.real - nominal)
            yield (*row[:10], nominal, *weighed, "" if row.refund_fen is None else row.refund_fen)


def pick_paper(*, head: PaperHead, rows: Iterable[PickRow]) -> Paper:
    """
    :param rows: ordered by zone, then bin; not a generator.
    :raises RowsOutOfOrder: while rendering, when a zone comes back.
    """
    layout = LAYOUTS[PaperKind.PICK]
    return Paper(PaperKind.PICK, head, GroupedRows(rows, len(layout.group), Section))


def check_paper(*, head: PaperHead, rows: Iterable[CheckRow]) -> Paper:
    """
    Adds the nominal weight and the difference to it, which is below 0 where too little was there.

    :param rows: ordered by bin and SKU, then position; not a generator.
    :raises RowsOutOfOrder: while rendering, when a SKU comes back.
    """
    width = len(LAYOUTS[PaperKind.CHECK].group)
    return Paper(PaperKind.CHECK, head, GroupedRows(_Flat(rows), width, Section))
