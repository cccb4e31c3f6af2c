"""What every paper is made of: a head, sections of rows, differences from the version before."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import NamedTuple, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from fulfillment.domain.layouts import LAYOUTS, Layout, PaperKind

SHANGHAI = ZoneInfo("Asia/Shanghai")

Value: TypeAlias = str | int
Row: TypeAlias = tuple[Value, ...]


def amount(value: Value) -> int:
    """What a value adds to a sum: blanks, in columns of another part or not filled in yet, add nothing."""
    return value if isinstance(value, int) else 0


def local_time(instant: datetime | None) -> str:
    """An aware instant as it is printed beside a stop; empty for none."""
    return instant.astimezone(SHANGHAI).strftime("%m-%d %H:%M") if instant else ""


@dataclass(frozen=True, slots=True)
class Section:
    """
    Rows that belong together.

    :param group: values of ``Layout.group``.
    :param rows: values of ``Layout.columns`` but the boxes for the pen; gone through once per rendering.
    :param facts: pairs of a key of ``FACT_TITLES`` and what to print.
    :param qr: text of a QR code in the heading; empty for none.
    :param part: whose columns the rows fill (``Column.part``).
    :param volume: the temperature zone or route by which a paper too long for one file is split; follows the order.
    """

    group: Row
    rows: Iterable[Row]
    facts: tuple[tuple[str, str], ...] = ()
    qr: str = ""
    part: str = ""
    volume: str = ""


class Change(NamedTuple):
    """One difference from the version before (改单): quantities in sale units, 0 for a row that was or is not there."""

    point: str
    sku: str
    name: str
    was: int
    now: int


@dataclass(frozen=True, slots=True)
class PaperHead:
    """
    What every page of a paper shows.

    :param issued_at: aware UTC instant of issue, printed in Asia/Shanghai; the only time on a paper, so that the same
        version gives the same bytes whenever it is printed.
    :param reason: why the papers were issued again; empty for a first issue.
    """

    wave: str
    version: int
    warehouse: str
    delivery_date: date
    issued_at: datetime
    reason: str = ""


class FlatText(Protocol):
    """Where a long paper's flat rows can be had as text, many times faster than one by one."""

    def count(self) -> int:
        """Return how many rows there are."""
        ...

    def blocks(self) -> Iterator[bytes]:
        r"""
        Return all rows, the boxes for the pen left out, as CSV in UTF-8: lines end with ``\n``, blocks with a line.

        Fields are quoted where CSV needs it, and not guarded against formulas.
        """
        ...


class FlatRows(FlatText, Protocol):
    """The same rows one by one, and as often as asked."""

    def __iter__(self) -> Iterator[Row]: ...


@dataclass(frozen=True, slots=True)
class Paper:
    """
    One paper, ready to be rendered any number of times.

    :param sections: can be gone through more than once.
    :param changes: differences from the version before; empty for a first issue.
    :param flat: the same rows as text, where there is a faster way to them.
    :param length: how many rows there are, if somebody has counted them.
    :param only_for: code of the supplier or point for which alone it is; empty for a paper of the whole wave.
    """

    kind: PaperKind
    head: PaperHead
    sections: Iterable[Section]
    changes: tuple[Change, ...] = ()
    flat: FlatText | None = None
    only_for: str = ""
    length: int | None = None

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.kind]

    def count(self) -> int:
        """Rows of all sections; where ``flat`` is not known, by going through them."""
        if self.length is not None:
            return self.length
        return self.flat.count() if self.flat else sum(1 for _ in self._rows())

    def has_more_than(self, rows: int) -> bool:
        """Return as soon as it is known; a paper of a million rows is not gone through to learn that it is long."""
        if self.length is None and self.flat is None:
            return any(True for _ in islice(self._rows(), rows, None))
        return self.count() > rows

    def _rows(self) -> Iterator[Row]:
        return (row for section in self.sections for row in section.rows)


class RowsOutOfOrder(ValueError):
    """Rows of one section do not follow each other, so its sum would be printed twice, each time too low."""


@dataclass(frozen=True, slots=True)
class GroupedRows:
    """
    Sections made while reading ordered flat rows, as often as asked.

    :raises TypeError: for a generator, from which a second rendering would be an empty paper.
    """

    rows: Iterable[Row]
    width: int
    finish: Callable[[Row, Iterator[Row]], Section]

    def __post_init__(self) -> None:
        if isinstance(self.rows, Iterator):
            raise TypeError("rows that can be read only once")

    def __iter__(self) -> Iterator[Section]:
        seen: set[Row] = set()
        for group, rows in groupby(self.rows, key=lambda row: row[: self.width]):
            if group in seen:
                raise RowsOutOfOrder(group)
            seen.add(group)
            yield self.finish(group, (row[self.width :] for row in rows))


def flat_paper(*, kind: PaperKind, head: PaperHead, rows: FlatRows) -> Paper:
    """
    A paper whose rows come whole, however many there are.

    :param rows: each the values of ``Layout.group``, the volume, the values of ``Layout.columns`` but the boxes for
        the pen; ordered.
    :raises RowsOutOfOrder: while rendering, when a section comes back.
    """
    return Paper(kind, head, GroupedRows(rows, len(LAYOUTS[kind].group) + 1, _in_volume), flat=rows)


def _in_volume(group: Row, rows: Iterator[Row]) -> Section:
    return Section(group[:-1], rows, volume=str(group[-1]))
