"""A Parquet file of baskets is read exactly, or refused in words."""

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from groupbuy.domain.baskets import BasketRow, ProductCard
from groupbuy.providers.basket_file import BasketFile, BasketFileBad, ReaderMissing
from tests.replay.baskets import row, write, write_assortment


def test_rows_of_one_week_come_in_one_order_with_their_unit_prices(tmp_path: Path) -> None:
    rows = [row(2, 71, 3, 10.0), row(1, 72, 1, 0.35), row(1, 71, 2, 0.01), row(3, 71, 1, 1.0, week=6)]

    file = BasketFile(write(tmp_path, rows))

    assert file.week(5) == [
        BasketRow(1, 330, 900, 71, "2017-01-29 12:00:00", 2, 1),
        BasketRow(1, 330, 900, 72, "2017-01-29 12:00:00", 1, 35),
        BasketRow(2, 330, 900, 71, "2017-01-29 12:00:00", 3, 333),
    ]
    assert file.week(7) == []


def test_the_order_of_the_rows_in_the_file_does_not_matter(tmp_path: Path) -> None:
    rows = [row(basket, product, 1, 1.5) for basket in (1, 2) for product in (71, 72)]

    assert BasketFile(write(tmp_path, rows)).week(5) == BasketFile(write(tmp_path, rows[::-1])).week(5)


@pytest.mark.parametrize(("quantity", "read"), [(0, 0), (1, 1), (99, 1), (100, 0), (-1, 0), (89_638, 0)])
def test_only_rows_of_1_to_99_pieces_are_read(quantity: int, read: int, tmp_path: Path) -> None:
    assert len(BasketFile(write(tmp_path, [row(1, 71, quantity, 1.0)])).week(5)) == read


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64(), pa.decimal128(9, 3)])
def test_a_value_is_the_decimal_that_was_written_whatever_its_type(kind: pa.DataType, tmp_path: Path) -> None:
    from decimal import Decimal

    value: Any = Decimal("1.005") if pa.types.is_decimal(kind) else 1.005

    (read,) = BasketFile(write(tmp_path, [row(1, 71, 1, value)], sales_value=kind)).week(5)

    assert read.price_fen == 101


BAD = {
    "no price": row(1, 71, 1, None),  # type: ignore[arg-type]
    "a negative price": row(1, 71, 1, -0.01),
    "not a number": row(1, 71, 1, float("nan")),
    "no end of money": row(1, 71, 1, float("inf")),
    "no store": row(1, 71, 1, 1.0, store_id=None),
    "a store too far": row(1, 71, 1, 1.0, store_id=10_000_000_000),
    "no time": row(1, 71, 1, 1.0, transaction_timestamp=None),
    "no basket": row(None, 71, 1, 1.0),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_week_with_a_row_that_means_nothing_is_refused(bad: dict[str, Any], tmp_path: Path) -> None:
    file = BasketFile(write(tmp_path, [row(1, 70, 1, 1.0), bad, row(1, 72, 1, 1.0, week=6)]))

    with pytest.raises(BasketFileBad, match="第 5 周有 1 行缺值或超出范围"):
        file.week(5)
    assert len(file.week(6)) == 1


@pytest.mark.parametrize("torn", [{"store_id": 331}, {"household_id": 901}])
def test_a_basket_of_two_stores_or_two_households_is_refused(torn: dict[str, int], tmp_path: Path) -> None:
    file = BasketFile(write(tmp_path, [row(17, 71, 1, 1.0), row(17, 72, 1, 1.0, **torn)]))

    with pytest.raises(BasketFileBad, match="购物篮 17 "):
        file.week(5)


def test_a_file_that_is_not_there_or_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("week,basket\n")

    for name in ("absent.parquet", "text.parquet"):
        with pytest.raises(BasketFileBad, match="文件不能读"):
            BasketFile(tmp_path / name)


def test_a_missing_column_and_one_of_another_type_are_named(tmp_path: Path) -> None:
    with pytest.raises(BasketFileBad, match="列 week 不存在"):
        BasketFile(write(tmp_path, [row(1, 71, 1, 1.0)], week=None))
    with pytest.raises(BasketFileBad, match="列 quantity DOUBLE"):
        BasketFile(write(tmp_path, [row(1, 71, 1, 1.0)], quantity=pa.float64()))


def test_without_duckdb_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, [row(1, 71, 1, 1.0)])
    monkeypatch.setitem(sys.modules, "duckdb", None)

    with pytest.raises(ReaderMissing, match="pip install duckdb"):
        BasketFile(path)


def test_the_assortment_beside_the_file_gives_names_and_zones(tmp_path: Path) -> None:
    path = write(tmp_path, [row(1, 71, 1, 1.0)])
    assert BasketFile(path).cards([71]) == []
    write_assortment(
        tmp_path,
        [
            (71, "GROCERY", "FRZN PIZZA", "PIZZA/TRADITIONAL", "22 OZ"),
            (72, "PRODUCE", "TOMATOES", None, None),
            (73, "GROCERY", "COOKIES/CONES", "TRAY PACK", "16 OZ"),
            (74, "MISCELLANEOUS", None, None, None),
            (75, "GROCERY", "FLUID MILK PRODUCTS", "FLUID MILK WHITE ONLY", "1 GA"),
        ],
    )

    assert BasketFile(path).cards([71, 72, 73, 74, 99]) == [
        ProductCard(71, "PIZZA/TRADITIONAL", "22 OZ", "frozen"),
        ProductCard(72, "TOMATOES", "", "chilled"),
        ProductCard(73, "TRAY PACK", "16 OZ", "ambient"),
        ProductCard(74, "MISCELLANEOUS", "", "ambient"),
    ]
    assert BasketFile(path).cards([75])[0].zone == "chilled"
