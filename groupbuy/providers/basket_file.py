"""
Reads grocery baskets from a Parquet file; what they become here is ``groupbuy.services.replay``.

Two things are read besides the rows themselves: the sales value as the shortest decimal that is the stored number, so
that no binary fraction comes near the rounding, and the assortment in ``products.parquet`` beside the file, if any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from groupbuy.domain.baskets import PIECES_FROM, PIECES_TO, BasketRow, ProductCard, unit_price_fen
from groupbuy.domain.words import Zone
from groupbuy.kernel.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
NUMBERS = (*INTEGERS, "FLOAT", "DOUBLE", "DECIMAL")
COLUMNS = {
    **dict.fromkeys(("household_id", "store_id", "basket_id", "product_id", "quantity", "week"), INTEGERS),
    "sales_value": NUMBERS,
    "transaction_timestamp": ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
}
# Ids become codes of at most twelve signs with a prefix of two.
LARGEST_ID = 9_999_999_999
ASSORTMENT = "products.parquet"

_ROWS = """
    SELECT basket_id, store_id, household_id, product_id,
           strftime(transaction_timestamp::TIMESTAMP, '%Y-%m-%d %H:%M:%S'), quantity, sales_value::VARCHAR
    FROM read_parquet($file) WHERE week = $week AND quantity BETWEEN $least AND $most
    ORDER BY ALL
"""
_BAD = """
    SELECT count(*) FROM read_parquet($file) WHERE week = $week AND quantity BETWEEN $least AND $most
    AND NOT coalesce(isfinite(sales_value::DOUBLE) AND sales_value BETWEEN 0 AND 1e9 AND transaction_timestamp IS NOT NULL
        AND store_id BETWEEN 0 AND $largest AND household_id BETWEEN 0 AND $largest
        AND basket_id >= 0 AND product_id >= 0, false)
"""
_TORN = """
    SELECT basket_id FROM read_parquet($file) WHERE week = $week AND quantity BETWEEN $least AND $most
    GROUP BY basket_id HAVING count(DISTINCT store_id) > 1 OR count(DISTINCT household_id) > 1 LIMIT 1
"""
_CARDS = f"""
    SELECT DISTINCT ON (product_id) product_id,
           left(coalesce(product_type, product_category, department, ''), 100), left(coalesce(package_size, ''), 100),
           CASE WHEN concat_ws(' ', department, product_category) SIMILAR TO '.*(FRZN|FROZEN|ICE CREAM).*' THEN '{Zone.FROZEN}'
                WHEN concat_ws(' ', department, product_category)
                     SIMILAR TO '.*(PRODUCE|MEAT|DELI|SEAFOOD|MILK|CHEESE|EGGS|YOGURT|CHILLED|REFRGRATD).*'
                     THEN '{Zone.CHILLED}'
                ELSE '{Zone.AMBIENT}' END
    FROM read_parquet($file) SEMI JOIN unnest($products) AS wanted (product_id) USING (product_id)
    ORDER BY product_id
"""  # noqa: S608 - words of our own


class ReaderMissing(Unavailable):
    code = "reader_missing"
    message = _("读取 Parquet 文件需要 duckdb，这里没有安装：pip install duckdb。")


class BasketFileBad(Invalid):
    code = "basket_file_bad"
    message = _("文件不是能读的购物篮 Parquet 文件。")


class BasketFile:
    """
    A Parquet file with a row for each product in a basket.

    :raises ReaderMissing: duckdb is not installed.
    :raises BasketFileBad: it is no Parquet file, or a column is missing or of another type.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        found = dict(self._query("SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet($file))"))
        for name, types in COLUMNS.items():
            kind = found.get(name, "").partition("(")[0]
            if kind not in types:
                raise BasketFileBad(
                    _("列 %(name)s %(problem)s。") % {"name": name, "problem": kind or _("不存在")}, attr=name
                )

    def week(self, week: int) -> list[BasketRow]:
        """
        Return the rows of a week that have 1 to 99 pieces, always in the same order.

        :raises BasketFileBad: a value is missing or out of bounds, or a basket has two stores or two households.
        """
        bounds: dict[str, Any] = {"week": week, "least": PIECES_FROM, "most": PIECES_TO}
        ((bad,),) = self._query(_BAD, **bounds, largest=LARGEST_ID)
        if bad:
            raise BasketFileBad(_("第 %(week)s 周有 %(bad)s 行缺值或超出范围。") % {"week": week, "bad": bad})
        if torn := self._query(_TORN, **bounds):
            raise BasketFileBad(_("购物篮 %(basket)s 有不止一家门店或一个家庭。") % {"basket": torn[0][0]})
        return [
            BasketRow(basket, store, household, product, bought_at, pieces, unit_price_fen(sales_value, pieces))
            for basket, store, household, product, bought_at, pieces, sales_value in self._query(_ROWS, **bounds)
        ]

    def cards(self, products: Sequence[int]) -> list[ProductCard]:
        """Return what the assortment beside the file says about these products; nothing where there is none."""
        assortment = self.path.with_name(ASSORTMENT)
        if not products or not assortment.is_file():
            return []
        found = self._query(_CARDS, file=str(assortment), products=list(products))
        return [ProductCard(*row) for row in found]

    def _query(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        with _reader() as reader:
            return reader.execute(sql, {"file": str(self.path), **values}).fetchall()


@contextmanager
def _reader() -> Iterator[DuckDBPyConnection]:
    """Give a database in memory; it is half a second of imports, so only a replay pays for it."""
    try:
        import duckdb
    except ImportError as error:
        raise ReaderMissing from error
    try:
        with duckdb.connect() as reader:
            yield reader
    except duckdb.Error as error:
        raise BasketFileBad(_("文件不能读：%(why)s") % {"why": str(error).splitlines()[0]}) from error
