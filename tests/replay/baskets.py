"""Parquet files of baskets, written by another library than the one that reads them."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

TYPES = {
    "household_id": pa.int64(),
    "store_id": pa.int64(),
    "basket_id": pa.int64(),
    "product_id": pa.int64(),
    "quantity": pa.int64(),
    "sales_value": pa.float64(),
    "week": pa.int64(),
    "transaction_timestamp": pa.timestamp("us"),
}
NOON = dt.datetime(2017, 1, 29, 12, 0)  # noqa: DTZ001 - a till's clock has no zone
WEEK = 5


def row(basket: int, product: int, quantity: int, sales_value: float, **changes: Any) -> dict[str, Any]:
    """A row of store 330 and household 900 in week 5."""
    usual = {"household_id": 900, "store_id": 330, "week": WEEK, "transaction_timestamp": NOON}
    told = {"basket_id": basket, "product_id": product, "quantity": quantity, "sales_value": sales_value}
    return usual | told | changes


def write(folder: Path, rows: list[dict[str, Any]], **types: pa.DataType) -> Path:
    """Write ``transactions.parquet``; ``types`` replace the usual ones of columns, None leaves a column out."""
    wanted = {name: kind for name, kind in (TYPES | types).items() if kind is not None}
    columns = {name: pa.array([each[name] for each in rows], kind) for name, kind in wanted.items()}
    path = folder / "transactions.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def write_assortment(folder: Path, cards: list[tuple[int, str | None, str | None, str | None, str | None]]) -> None:
    """Write ``products.parquet``: id, department, category, type, package size."""
    names = ("product_id", "department", "product_category", "product_type", "package_size")
    kinds = (pa.int64(), *[pa.string()] * 4)
    columns = {
        name: pa.array(list(values), kind)
        for name, kind, values in zip(names, kinds, zip(*cards, strict=True), strict=True)
    }
    pq.write_table(pa.table(columns), folder / "products.parquet")
