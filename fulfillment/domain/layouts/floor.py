"""Papers of the warehouse's floor: what is fetched from the bins and put to the positions."""

from fulfillment.domain.layouts.shape import (
    BIN,
    NAME,
    POINT,
    POINT_CODE,
    POSITION,
    SKU,
    SPEC,
    UNIT,
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
    group=(Column("zone", Title("温区", "Zone"), Cell.CODE, chars=8),),
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
