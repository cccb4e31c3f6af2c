"""Papers that go with the truck."""

from dataclasses import replace

from fulfillment.domain.layouts.shape import (
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
    LoadingPart,
    PaperKind,
    Title,
)


def _only(part: LoadingPart, *columns: Column) -> tuple[Column, ...]:
    """Columns that rows of no other part fill."""
    return tuple(replace(column, part=part) for column in columns)


NOTE = Layout(
    kind=PaperKind.NOTE,
    title=Title("配送交接单", "Delivery note"),
    page_per_section=True,
    group=(Column("note_number", Title("单号", "Note"), chars=17), *POINT_COLUMNS),
    columns=(
        *SKU_COLUMNS,
        UNIT,
        Column("quantity", Title("数量", "Quantity"), Cell.INT, chars=9, mm=20, summed=True, strong=True),
        Column("received", Title("实收", "Received"), Cell.TICK, chars=9, mm=20),
    ),
    signatures=(Title("仓库", "Warehouse"), Title("司机", "Driver"), Title("团长", "Leader")),
)

LOADING = Layout(
    kind=PaperKind.LOADING,
    title=Title("装车单", "Loading list"),
    group=(
        ROUTE_NUMBER,
        ROUTE,
        Column("part", Title("清单", "Part"), Cell.CODE, chars=8),
    ),
    columns=(
        *_only(
            LoadingPart.STOPS,
            Column("load_order", Title("装车序", "Load"), Cell.INT, chars=8, mm=16, strong=True),
            STOP,
            *POINT_COLUMNS,
            Column("expected", Title("预计到达", "Expected"), chars=12, mm=25),
            replace(CRATES, summed=True, strong=True),
            Column("weight_g", Title("重量 kg", "Weight kg"), Cell.GRAMS, chars=10, mm=22, summed=True),
            Column("pieces", Title("件数", "Pieces"), Cell.INT, chars=8, mm=16, summed=True),
        ),
        *_only(
            LoadingPart.GOODS,
            ZONE,
            *SKU_COLUMNS,
            UNIT,
            Column("quantity", Title("数量", "Quantity"), Cell.INT, chars=9, mm=22, summed=True, strong=True),
        ),
        Column("loaded", Title("已装", "Loaded"), Cell.TICK, chars=7, mm=14),
    ),
    signatures=(Title("仓库", "Warehouse"), Title("司机", "Driver")),
)
