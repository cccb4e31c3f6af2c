"""Communities, warehouses, points and the catalogue. Rows that are there already stay as they are."""

from groupbuy.models import Category, Community, GridWarehouse, PickupPoint, Sku, Supplier, Warehouse
from leaders.demo.files import table


def load_places() -> None:
    Community.objects.bulk_create(
        (
            Community(
                code=row["code"],
                province=row["province"],
                city=row["city"],
                district=row["district"],
                street=row["street"],
                name=row["community"],
            )
            for row in table("communities")
        ),
        ignore_conflicts=True,
    )
    Warehouse.objects.bulk_create(
        (
            Warehouse(
                code=row["code"],
                name=row["name"],
                city=row["city"],
                address=row["address"],
                lng=row["lng"],
                lat=row["lat"],
            )
            for row in table("warehouses")
        ),
        ignore_conflicts=True,
    )
    _load_grids()
    _load_points()


def _load_grids() -> None:
    warehouses = Warehouse.objects.in_bulk(field_name="code")
    GridWarehouse.objects.bulk_create(
        (
            GridWarehouse(
                code=row["code"],
                name=row["name"],
                warehouse=warehouses[row["warehouse"]],
                address=row["address"],
                lng=row["lng"],
                lat=row["lat"],
            )
            for row in table("grids")
        ),
        ignore_conflicts=True,
    )


def _load_points() -> None:
    codes = GridWarehouse.objects.in_bulk(field_name="code")
    grids = {row["route_name"]: codes[row["code"]] for row in table("grids")}
    communities = Community.objects.in_bulk(field_name="code")
    warehouses = {warehouse.city: warehouse for warehouse in Warehouse.objects.filter(code__startswith="WH-")}
    PickupPoint.objects.bulk_create(
        (
            PickupPoint(
                code=row["code"],
                name=row["name"],
                kind=row["kind"],
                community=communities[row["community_code"]],
                warehouse=warehouses[communities[row["community_code"]].city],
                grid=grids.get(row["route_name"]),
                address=row["address"],
                lng=row["lng"],
                lat=row["lat"],
                opening_hours=row["opening_hours"],
                route_name=row["route_name"],
                route_position=int(row["route_position"]),
            )
            for row in table("points")
        ),
        ignore_conflicts=True,
    )


def load_catalogue() -> None:
    Category.objects.bulk_create(
        (
            Category(code=row["code"], name=row["name"], after_sales_hours=int(row["after_sales_hours"]))
            for row in table("categories")
        ),
        ignore_conflicts=True,
    )
    Supplier.objects.bulk_create(
        (Supplier(code=row["code"], name=row["name"]) for row in table("suppliers")), ignore_conflicts=True
    )
    categories = Category.objects.in_bulk(field_name="code")
    suppliers = Supplier.objects.in_bulk(field_name="code")
    Supplier.categories.through.objects.bulk_create(
        (
            Supplier.categories.through(
                supplier_id=suppliers[row["code"]].pk, category_id=categories[row["category"]].pk
            )
            for row in table("suppliers")
        ),
        ignore_conflicts=True,
    )
    Sku.objects.bulk_create(
        (_sku(row, categories[row["category"]], suppliers[row["supplier"]]) for row in table("skus")),
        ignore_conflicts=True,
    )


def _sku(row: dict[str, str], category: Category, supplier: Supplier) -> Sku:
    return Sku(
        code=row["code"],
        name=row["name"],
        spec=row["spec"],
        category=category,
        supplier=supplier,
        sale_unit=row["sale_unit"],
        base_unit=row["base_unit"],
        base_per_sale=int(row["base_per_sale"]),
        case_size=int(row["case_size"]),
        zone=row["zone"],
        bin=row["bin"],
        barcode=row["barcode"],
        weighed=row["weighed"] == "true",
        weight_g=int(row["weight_g"]),
        cost_fen=int(row["cost_fen"]),
        list_price_fen=int(row["list_price_fen"]),
    )
