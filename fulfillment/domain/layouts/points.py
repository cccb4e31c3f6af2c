"""Papers of a pickup point: what stands at its position, and whom it is for."""

from fulfillment.domain.layouts.shape import (
    BIN,
    CRATES,
    POINT_COLUMNS,
    ROUTE,
    ROUTE_NUMBER,
    SKU_COLUMNS,
    STOP,
    UNIT,
    ZONE,
    Cell,
    Column,
    Layout,
    PaperKind,
    Title,
)

POINT_LIST = Layout(
    kind=PaperKind.POINT,
    title=Title("团点配货单", "Point list"),
    subtotals=False,
    group=(
        ROUTE_NUMBER,
        ROUTE,
        STOP,
        *POINT_COLUMNS,
        CRATES,
        Column("point_total", Title("本点合计", "Point total"), Cell.INT, chars=10),
    ),
    columns=(
        ZONE,
        BIN,
        *SKU_COLUMNS,
        UNIT,
        Column("quantity", Title("数量", "Quantity"), Cell.INT, chars=9, mm=18, summed=True, strong=True),
        Column("done", Title("核对", "Checked"), Cell.TICK, chars=7, mm=12),
    ),
)

ROOM = Column("room", Title("楼栋门牌", "Room"), chars=14, mm=30, strong=True)
CODE_TAIL = Column("code_tail", Title("提货码尾号", "Code tail"), chars=11, mm=17, strong=True)
RECEIVER = Column("receiver", Title("收货人", "Receiver"), chars=10, mm=22)
GOODS = Column("goods", Title("商品", "Goods"), chars=44, printed=5_000)
ITEMS = Column("items", Title("编码*数量", "SKU*quantity"), chars=30, printed=0)

BAG = Layout(
    kind=PaperKind.BAG,
    title=Title("团点住户单", "Household list"),
    page_per_section=True,
    group=(*POINT_COLUMNS, Column("households", Title("户数", "Households"), Cell.INT, chars=7)),
    columns=(
        ROOM,
        CODE_TAIL,
        RECEIVER,
        Column("phone", Title("手机", "Phone"), chars=14, under="receiver"),
        GOODS,
        ITEMS,
        Column("lines", Title("种数", "Lines"), Cell.INT, chars=7, mm=12),
        Column("pieces", Title("件数", "Pieces"), Cell.INT, chars=8, mm=16, summed=True, strong=True),
        Column("bags", Title("袋数", "Bags"), Cell.INT, chars=7, mm=14, summed=True, strong=True),
        Column("done", Title("已提", "Done"), Cell.TICK, chars=7, mm=11),
    ),
)

LABEL = Layout(
    kind=PaperKind.LABEL,
    title=Title("标签", "Labels"),
    subtotals=False,
    group=POINT_COLUMNS,
    columns=(
        Column("label", Title("标签", "Label"), Cell.CODE, chars=8),
        Column("number", Title("标签号", "Label number"), Cell.QR, chars=44),
        ROOM,
        CODE_TAIL,
        RECEIVER,
        ZONE,
        GOODS,
        ITEMS,
        Column("pieces", Title("件数", "Pieces"), Cell.INT, chars=8, summed=True),
        Column("n", Title("第几件", "No."), Cell.INT, chars=7),
        Column("of", Title("共几件", "Of"), Cell.INT, chars=7),
    ),
)
