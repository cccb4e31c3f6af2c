"""
Columns and wordings of the papers of the warehouse (仓库单据), kind by kind.

What all rows of a section share (``Layout.group``) is printed once as its heading and stands before each row in flat
files. A further kind of paper is one more entry of ``LAYOUTS``. Rules: DOMAIN "Papers of the warehouse".
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from groupbuy.domain.words import Zone


class Title(NamedTuple):
    """One wording in the two languages of the papers."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        """English for ``en`` and ``en-…``, Chinese for everything else."""
        return self.en if lang.startswith("en") else self.zh


class PaperKind(StrEnum):
    PICK = "pick"
    SORT = "sort"
    NOTE = "note"


class Cell(StrEnum):
    TEXT = "text"
    INT = "int"
    ZONE = "zone"
    BARCODE = "barcode"
    TICK = "tick"
    """An empty box for the pen; rows carry no value for it."""


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column of a paper.

    :param key: head of the column in machine-read files; unique within a layout.
    :param chars: width in a spreadsheet, in Latin characters (a Chinese one takes two).
    :param mm: width in print; 0 takes what the others leave.
    :param under: key of the column under whose value this one is printed small, to save width.
    :param summed: a sum stands under the section and under the paper.
    :param strong: printed large and bold.
    """

    key: str
    title: Title
    cell: Cell = Cell.TEXT
    chars: int = 10
    mm: int = 0
    under: str = ""
    summed: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """
    How one kind of paper is laid out.

    :param group: columns whose value is the same for all rows of a section.
    :param columns: columns of a row; boxes for the pen (``Cell.TICK``) come last.
    :param subtotals: the sums stand under each section too; else its heading tells them.
    :param signatures: who signs under each section.
    """

    kind: PaperKind
    title: Title
    group: tuple[Column, ...]
    columns: tuple[Column, ...]
    landscape: bool = False
    page_per_section: bool = False
    subtotals: bool = True
    signatures: tuple[Title, ...] = ()

    @property
    def flat(self) -> tuple[Column, ...]:
        return self.group + self.columns

    @property
    def summed(self) -> tuple[int, ...]:
        """Where in a row the summed values stand."""
        return tuple(index for index, column in enumerate(self.columns) if column.summed)


ZONES: dict[str, Title] = {
    Zone.AMBIENT: Title("常温", "Ambient"),
    Zone.CHILLED: Title("冷藏", "Chilled"),
    Zone.FROZEN: Title("冷冻", "Frozen"),
}

FACT_TITLES = {
    "address": Title("地址", "Address"),
    "leader": Title("团长", "Leader"),
    "phone": Title("电话", "Phone"),
    "stop": Title("站序", "Stop"),
    "expected": Title("预计到达", "Expected"),
    "crates_out": Title("送出周转箱", "Crates out"),
    "crates_back": Title("带回周转箱", "Crates back"),
}

BIN = Column("bin", Title("货位", "Bin"), chars=10, mm=23, strong=True)
SKU = Column("sku", Title("商品编码", "SKU"), chars=14, under="name")
NAME = Column("name", Title("品名", "Name"), chars=28)
SPEC = Column("spec", Title("规格", "Spec"), chars=14, mm=30)
UNIT = Column("unit", Title("单位", "Unit"), chars=6, mm=13)
POSITION = Column("position", Title("格口号", "Position"), Cell.INT, chars=8, mm=14, strong=True)
POINT_CODE = Column("point_code", Title("自提点编码", "Point code"), chars=11, under="point")
POINT = Column("point", Title("自提点", "Pickup point"), chars=22)

PICK = Layout(
    kind=PaperKind.PICK,
    title=Title("拣货单", "Pick list"),
    landscape=True,
    group=(Column("zone", Title("温区", "Zone"), Cell.ZONE, chars=8),),
    columns=(
        BIN,
        Column("barcode", Title("商品条码", "Barcode"), Cell.BARCODE, chars=16, mm=42),
        SKU,
        NAME,
        SPEC,
        Column("quantity", Title("需求", "Demand"), Cell.INT, chars=9, mm=22, summed=True, strong=True),
        UNIT,
        Column("case_size", Title("箱规", "Case size"), Cell.INT, chars=8, mm=14),
        Column("cases", Title("整箱", "Cases"), Cell.INT, chars=8, mm=16, summed=True, strong=True),
        Column("pieces", Title("零头", "Pieces"), Cell.INT, chars=8, mm=16, summed=True, strong=True),
        Column("picked", Title("实拣", "Picked"), Cell.TICK, chars=8, mm=17),
        Column("short", Title("缺货", "Short"), Cell.TICK, chars=8, mm=17),
    ),
)

SORT = Layout(
    kind=PaperKind.SORT,
    title=Title("分拣单", "Sort list"),
    subtotals=False,
    group=(BIN, SKU, NAME, SPEC, Column("sku_total", Title("商品合计", "SKU total"), Cell.INT, chars=10)),
    columns=(
        POSITION,
        POINT_CODE,
        POINT,
        Column("quantity", Title("数量", "Quantity"), Cell.INT, chars=9, mm=14, summed=True, strong=True),
        Column("running_total", Title("累计", "Running"), Cell.INT, chars=9, mm=12),
        Column("done", Title("完成", "Done"), Cell.TICK, chars=7, mm=11),
    ),
)

NOTE = Layout(
    kind=PaperKind.NOTE,
    title=Title("配送交接单", "Delivery note"),
    page_per_section=True,
    group=(Column("note_number", Title("单号", "Note"), chars=17), POSITION, POINT_CODE, POINT),
    columns=(
        SKU,
        NAME,
        SPEC,
        UNIT,
        Column("quantity", Title("数量", "Quantity"), Cell.INT, chars=9, mm=20, summed=True, strong=True),
        Column("received", Title("实收", "Received"), Cell.TICK, chars=9, mm=20),
    ),
    signatures=(Title("仓库", "Warehouse"), Title("司机", "Driver"), Title("团长", "Leader")),
)

LAYOUTS = {layout.kind: layout for layout in (PICK, SORT, NOTE)}

WORDS = {
    "wave": Title("波次", "Wave"),
    "version": Title("版本", "Version"),
    "warehouse": Title("仓库", "Warehouse"),
    "delivery_date": Title("配送日期", "Delivery date"),
    "issued_at": Title("出单时间", "Issued"),
    "page": Title("第 {n} / {N} 页", "Page {n} / {N}"),
    "subtotal": Title("小计", "Subtotal"),
    "total": Title("合计", "Total"),
    "lines": Title("行", "lines"),
    "signature": Title("签字", "signature"),
    "time": Title("时间", "Time"),
    "scan": Title("扫码签收", "Scan to sign"),
    "changes": Title("与上一版的差异", "Changes since the last version"),
    "point": POINT.title,
    "sku": SKU.title,
    "name": NAME.title,
    "was": Title("原", "was"),
    "now": Title("现", "now"),
}
