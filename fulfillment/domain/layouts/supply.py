"""The paper that goes to suppliers. What it says of costs is for the supplier of the section alone."""

from fulfillment.domain.layouts.shape import SKU_COLUMNS, UNIT, Cell, Column, Layout, PaperKind, Title

PURCHASE = Layout(
    kind=PaperKind.PURCHASE,
    title=Title("采购单", "Purchase order"),
    landscape=True,
    page_per_section=True,
    group=(
        Column("order", Title("单号", "Order"), chars=24),
        Column("supplier_code", Title("供应商编码", "Supplier code"), chars=11),
        Column("supplier", Title("供应商", "Supplier"), chars=20),
    ),
    columns=(
        *SKU_COLUMNS,
        Column("demand", Title("需求", "Demand"), Cell.INT, chars=9, mm=20),
        UNIT,
        Column("demand_base", Title("折合", "In base units"), Cell.INT, chars=10, mm=25),
        Column("base_unit", Title("基本单位", "Base unit"), Cell.CODE, chars=8, under="demand_base"),
        Column("case_size", Title("箱规", "Case size"), Cell.INT, chars=8, mm=14),
        Column("cases", Title("采购箱数", "Cases"), Cell.INT, chars=9, mm=22, summed=True, strong=True),
        Column("surplus", Title("余货", "Surplus"), Cell.INT, chars=8, mm=20),
        Column("surplus_base", Title("余货折合", "Surplus in base units"), Cell.INT, chars=10, under="surplus"),
        Column("cost_fen", Title("成本（元）", "Cost (CNY)"), Cell.FEN, chars=10, mm=22),
        Column("amount_fen", Title("金额（元）", "Amount (CNY)"), Cell.FEN, chars=13, mm=34, summed=True),
    ),
    signatures=(Title("采购", "Buyer"), Title("供应商", "Supplier"), Title("仓库收货", "Received by")),
)
