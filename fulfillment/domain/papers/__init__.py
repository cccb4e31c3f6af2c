"""
The papers of the warehouse (仓库单据): what each of them holds. Nothing here knows a file format.

A paper is a snapshot of one version of a wave, made of sections (a zone, a SKU, a pickup point) of rows.
Columns and their order: ``layouts``. Rules: DOMAIN "Papers of the warehouse".
"""

from fulfillment.domain.papers.floor import CheckRow, PickRow, check_paper, pick_paper
from fulfillment.domain.papers.points import ShopperRow, bag_paper, label_paper
from fulfillment.domain.papers.road import Load, LoadGood, LoadStop, Note, NoteRow, loading_paper, note_paper
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
    local_time,
)
from fulfillment.domain.papers.supply import Purchase, PurchaseRow, purchase_paper

__all__ = [
    "SHANGHAI",
    "Change",
    "CheckRow",
    "FlatRows",
    "FlatText",
    "GroupedRows",
    "Load",
    "LoadGood",
    "LoadStop",
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
    "ShopperRow",
    "Value",
    "amount",
    "bag_paper",
    "check_paper",
    "flat_paper",
    "label_paper",
    "loading_paper",
    "local_time",
    "note_paper",
    "pick_paper",
    "purchase_paper",
]
