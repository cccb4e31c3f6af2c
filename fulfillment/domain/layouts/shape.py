"""What a layout is made of, and the columns and wordings that several papers share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from groupbuy.domain.words import BaseUnit, Zone


class Title(NamedTuple):
    """One wording in the two languages of the papers."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        """English for ``en`` and ``en-…``, Chinese for everything else."""
        return self.en if lang.startswith("en") else self.zh


NOTHING = Title("本波次没有要处理的商品。", "There is nothing to do in this wave.")


class PaperKind(StrEnum):
    PURCHASE = "purchase"
    PICK = "pick"
    SORT = "sort"
    GRID = "grid"
    CHECK = "check"
    POINT = "point"
    BAG = "bag"
    LABEL = "label"
    LOADING = "loading"
    NOTE = "note"


class LoadingPart(StrEnum):
    STOPS = "stops"
    GOODS = "goods"


class LabelPart(StrEnum):
    CRATE = "crate"
    BAG = "bag"


LONGEST_PRINTED: Final = 100
"""Characters of one value on paper; what is longer ends with an ellipsis, the other formats hold all of it."""


class Cell(StrEnum):
    TEXT = "text"
    INT = "int"
    CODE = "code"
    """A word for machines; people read its wording in ``CODES``."""
    BARCODE = "barcode"
    QR = "qr"
    GRAMS = "grams"
    """Whole grams for machines; people read kilograms."""
    FEN = "fen"
    """Whole fen for machines; people read yuan."""
    ENTRY = "entry"
    """A number, or a box for the pen while nothing is known."""
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
    :param printed: characters of a value that are printed at most, 0 for none; the other formats hold all of it.
    :param part: word of the only part of the paper whose rows fill this column; empty for all.
    """

    key: str
    title: Title
    cell: Cell = Cell.TEXT
    chars: int = 10
    mm: int = 0
    under: str = ""
    summed: bool = False
    strong: bool = False
    printed: int = LONGEST_PRINTED
    part: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """
    How one kind of paper is laid out.

    :param group: columns whose value is the same for all rows of a section.
    :param columns: columns of a row; boxes for the pen (``Cell.TICK``) come last.
    :param subtotals: the sums stand under each section too; else its heading tells them.
    :param signatures: who signs under each section.
    :param empty: what stands on a paper that has no rows.
    """

    kind: PaperKind
    title: Title
    group: tuple[Column, ...]
    columns: tuple[Column, ...]
    landscape: bool = False
    page_per_section: bool = False
    subtotals: bool = True
    signatures: tuple[Title, ...] = ()
    empty: Title = NOTHING

    @property
    def flat(self) -> tuple[Column, ...]:
        return self.group + self.columns

    @property
    def printed(self) -> tuple[Column, ...]:
        """Columns of the printed table; others stand small under one of them, or not at all."""
        return tuple(column for column in self.columns if column.printed and not column.under)

    @property
    def summed(self) -> tuple[int, ...]:
        """Where in a row the summed values stand."""
        return tuple(index for index, column in enumerate(self.columns) if column.summed)


CODES: dict[str, Title] = {
    Zone.AMBIENT: Title("常温", "Ambient"),
    Zone.CHILLED: Title("冷藏", "Chilled"),
    Zone.FROZEN: Title("冷冻", "Frozen"),
    BaseUnit.GRAM: Title("克", "g"),
    BaseUnit.PIECE: Title("个", "pcs"),
    LoadingPart.STOPS: Title("按站点", "Stops"),
    LoadingPart.GOODS: Title("按商品", "Goods"),
    LabelPart.CRATE: Title("周转箱", "Crate"),
    LabelPart.BAG: Title("袋", "Bag"),
}

FACT_TITLES = {
    "address": Title("地址", "Address"),
    "leader": Title("团长", "Leader"),
    "phone": Title("电话", "Phone"),
    "stop": Title("站序", "Stop"),
    "expected": Title("预计到达", "Expected"),
    "crates_out": Title("送出周转箱", "Crates out"),
    "crates_back": Title("带回周转箱", "Crates back"),
    "route": Title("线路", "Route"),
    "vehicle": Title("车牌", "Vehicle"),
    "driver": Title("司机", "Driver"),
    "temperature": Title("车厢温度 ℃", "Temperature ℃"),
}

BIN = Column("bin", Title("货位", "Bin"), chars=10, mm=23, strong=True)
SKU = Column("sku", Title("商品编码", "SKU"), chars=14, under="name")
NAME = Column("name", Title("品名", "Name"), chars=28)
SPEC = Column("spec", Title("规格", "Spec"), chars=14, mm=30)
UNIT = Column("unit", Title("单位", "Unit"), chars=6, mm=13)
POSITION = Column("position", Title("格口号", "Position"), Cell.INT, chars=8, mm=16, strong=True)
POINT_CODE = Column("point_code", Title("自提点编码", "Point code"), chars=11, under="point")
ZONE = Column("zone", Title("温区", "Zone"), Cell.CODE, chars=8, mm=18)
ROUTE_NUMBER = Column("route_number", Title("线路号", "Route no."), Cell.INT, chars=8)
ROUTE = Column("route", Title("线路", "Route"), chars=12)
STOP = Column("stop", Title("站序", "Stop"), Cell.INT, chars=7, mm=13)
CRATES = Column("crates", Title("周转箱", "Crates"), Cell.INT, chars=8, mm=18)
POINT = Column("point", Title("自提点", "Pickup point"), chars=22)

SKU_COLUMNS = (SKU, NAME, SPEC)
POINT_COLUMNS = (POSITION, POINT_CODE, POINT)
"""Three that stand together on nearly every paper: what it is, and where it goes."""

WORDS = {
    "wave": Title("波次", "Wave"),
    "version": Title("版本", "Version"),
    "warehouse": Title("仓库", "Warehouse"),
    "delivery_date": Title("配送日期", "Delivery date"),
    "issued_at": Title("出单时间", "Issued"),
    "volume": Title("第 {k} / {K} 册", "Volume {k} / {K}"),
    "page": Title("第 {n} / {N} 页", "Page {n} / {N}"),
    "subtotal": Title("小计", "Subtotal"),
    "total": Title("合计", "Total"),
    "lines": Title("行", "lines"),
    "sheet": Title("分表", "Sheet"),
    "signature": Title("签字", "signature"),
    "time": Title("时间", "Time"),
    "scan": Title("扫码签收", "Scan to sign"),
    "changes": Title("与上一版的差异", "Changes since the last version"),
    "point": POINT.title,
    "sku": SKU.title,
    "name": NAME.title,
    "points": Title("站", "stops"),
    "crates": CRATES.title,
    "load_last": Title("先装最后一站", "Load the last stop first"),
    "tail": Title("尾号", "code"),
    "pieces": Title("件", "pcs"),
    "ambient": CODES[Zone.AMBIENT],
    "reason": Title("原因", "Reason"),
    "was": Title("原", "was"),
    "now": Title("现", "now"),
}
