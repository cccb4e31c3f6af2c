"""
Columns and wordings of the papers of the warehouse (仓库单据), kind by kind; a module for each family.

What all rows of a section share (``Layout.group``) is printed once as its heading and stands before each row in flat
files. A further kind of paper is one more entry of ``LAYOUTS``, one of the builders in ``selectors.papers`` and one
template in ``exports/typst``; every door lists what stands here. Rules: DOMAIN "Papers of the warehouse".
"""

from fulfillment.domain.layouts.floor import CHECK, GRID, PICK, SORT
from fulfillment.domain.layouts.points import BAG, LABEL, POINT_LIST
from fulfillment.domain.layouts.road import LOADING, NOTE
from fulfillment.domain.layouts.shape import (
    CODES,
    FACT_TITLES,
    WORDS,
    Cell,
    Column,
    LabelPart,
    Layout,
    LoadingPart,
    PaperKind,
    Title,
)
from fulfillment.domain.layouts.supply import PURCHASE

__all__ = [
    "CODES",
    "FACT_TITLES",
    "LAYOUTS",
    "WORDS",
    "Cell",
    "Column",
    "LabelPart",
    "Layout",
    "LoadingPart",
    "PaperKind",
    "Title",
]

LAYOUTS = {layout.kind: layout for layout in (PURCHASE, PICK, SORT, GRID, CHECK, POINT_LIST, BAG, LABEL, LOADING, NOTE)}
"""In the order in which the warehouse needs them."""
