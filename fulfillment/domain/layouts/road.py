"""Papers that go with the truck."""

from fulfillment.domain.layouts.shape import (
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
