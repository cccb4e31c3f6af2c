"""
The papers of the warehouse (仓库单据): what each of them holds. Nothing here knows a file format.

A paper is a snapshot of one version of a wave, made of sections (a zone, a SKU, a pickup point) of rows.
Columns and their order: ``layouts``. Rules: DOMAIN "Papers of the warehouse".
"""

from fulfillment.domain.papers.floor import PickRow, SortRow, pick_paper, sort_paper
from fulfillment.domain.papers.road import Note, NoteRow, note_paper
from fulfillment.domain.papers.sheet import (
    SHANGHAI,
    Change,
    FlatRows,
    FlatText,
    GroupedRows,
    Paper,
    PaperHead,
    Row,
    RowsOutOfOrder,
    Section,
    Value,
    amount,
    flat_paper,
)
from fulfillment.domain.papers.supply import Purchase, PurchaseRow, purchase_paper

__all__ = [
    "SHANGHAI",
    "Change",
    "FlatRows",
    "FlatText",
    "GroupedRows",
    "Note",
    "NoteRow",
    "Paper",
    "PaperHead",
    "PickRow",
    "Purchase",
    "PurchaseRow",
    "Row",
    "RowsOutOfOrder",
    "Section",
    "SortRow",
    "Value",
    "amount",
    "flat_paper",
    "note_paper",
    "pick_paper",
    "purchase_paper",
    "sort_paper",
]
