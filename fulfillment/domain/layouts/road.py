"""Papers that go with the truck."""

from dataclasses import replace

from fulfillment.domain.layouts.shape import (
    CRATES,
    NAME,
    POINT,
    POINT_CODE,
    POSITION,
    ROUTE,
    ROUTE_NUMBER,
    SKU,
    SPEC,
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

LOADING = Layout(
    kind=PaperKind.LOADING,
    title=Title("装车单", "Loading list"),
    group=(
        ROUTE_NUMBER,
        ROUTE,
        Column("part", Title("清单", "Part"), Cell.CODE, chars=8),
    ),
    columns=(
        Column("load_order", Title("装车序", "Load"), Cell.INT, chars=8, mm=16, strong=True, part=LoadingPart.STOPS),
        replace(STOP, part=LoadingPart.STOPS),
        replace(POSITION, part=LoadingPart.STOPS),
        replace(POINT_CODE, part=LoadingPart.STOPS),
        replace(POINT, part=LoadingPart.STOPS),
        Column("expected", Title("预计到达", "Expected"), chars=12, mm=25, part=LoadingPart.STOPS),
        replace(CRATES, summed=True, strong=True, part=LoadingPart.STOPS),
        Column(
            "weight_g", Title("重量 kg", "Weight kg"), Cell.GRAMS, chars=10, mm=22, summed=True, part=LoadingPart.STOPS
        ),
        Column("pieces", Title("件数", "Pieces"), Cell.INT, chars=8, mm=16, summed=True, part=LoadingPart.STOPS),
        replace(ZONE, part=LoadingPart.GOODS),
        replace(SKU, part=LoadingPart.GOODS),
        replace(NAME, part=LoadingPart.GOODS),
        replace(SPEC, part=LoadingPart.GOODS),
        replace(UNIT, part=LoadingPart.GOODS),
        Column(
            "quantity",
            Title("数量", "Quantity"),
            Cell.INT,
            chars=9,
            mm=22,
            summed=True,
            strong=True,
            part=LoadingPart.GOODS,
        ),
        Column("loaded", Title("已装", "Loaded"), Cell.TICK, chars=7, mm=14),
    ),
    signatures=(Title("仓库", "Warehouse"), Title("司机", "Driver")),
)
