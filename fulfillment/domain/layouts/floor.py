"""Papers of the warehouse's floor: what is fetched from the bins and put to the positions."""

from fulfillment.domain.layouts.shape import (
    BIN,
    POINT_COLUMNS,
    SKU_COLUMNS,
    UNIT,
    ZONE,
    Cell,
    Column,
    Layout,
    PaperKind,
    Title,
)

PICK = Layout(
    kind=PaperKind.PICK,
    title=Title("拣货单", "Pick list"),
    landscape=True,
    group=(ZONE,),
    columns=(
        BIN,
        Column("barcode", Title("商品条码", "Barcode"), Cell.BARCODE, chars=16, mm=42),
        *SKU_COLUMNS,
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
    group=(BIN, *SKU_COLUMNS, Column("sku_total", Title("商品合计", "SKU total"), Cell.INT, chars=10)),
    columns=(
        *POINT_COLUMNS,
        Column("quantity", Title("数量", "Quantity"), Cell.INT, chars=9, mm=14, summed=True, strong=True),
        Column("running_total", Title("累计", "Running"), Cell.INT, chars=9, mm=12),
        Column("done", Title("完成", "Done"), Cell.TICK, chars=7, mm=11),
    ),
)

GRID = Layout(
    kind=PaperKind.GRID,
    title=Title("网格分拣单", "Grid sort list"),
    subtotals=False,
    empty=Title("本波次没有经网格仓分拣的商品。", "No goods of this wave are sorted in a grid warehouse."),
    signatures=(Title("仓库", "Warehouse"), Title("司机", "Driver"), Title("网格仓", "Grid warehouse")),
    group=(
        Column("grid_position", Title("网格仓格口", "Grid position"), Cell.INT, chars=10),
        Column("grid_code", Title("网格仓编号", "Grid code"), chars=11),
        Column("grid", Title("网格仓", "Grid warehouse"), chars=18),
        *SORT.group,
    ),
    columns=SORT.columns,
)

CHECK = Layout(
    kind=PaperKind.CHECK,
    title=Title("称重复核单", "Weight check"),
    empty=Title("本波次没有称重商品。", "This wave has no goods settled by weight."),
    signatures=(Title("称重人", "Weighed by"), Title("复核人", "Checked by")),
    group=(
        BIN,
        *SKU_COLUMNS,
        Column("base_unit", Title("计量单位", "Base unit"), Cell.CODE, chars=9),
        Column("base_per_sale", Title("每份标称", "Nominal each"), Cell.INT, chars=9),
    ),
    columns=(
        *POINT_COLUMNS,
        Column("quantity", Title("数量", "Quantity"), Cell.INT, chars=9, mm=17, summed=True, strong=True),
        Column("nominal", Title("标称", "Nominal"), Cell.INT, chars=10, mm=22),
        Column("real", Title("实称", "Real"), Cell.ENTRY, chars=10, mm=27, strong=True),
        Column("difference", Title("差异", "Difference"), Cell.ENTRY, chars=10, mm=23),
        Column("refund_fen", Title("退差 元", "Refund yuan"), Cell.FEN, chars=10, mm=21, summed=True),
        Column("checked", Title("复核", "Checked"), Cell.TICK, chars=7, mm=12),
    ),
)
