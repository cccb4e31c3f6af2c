"""Rows of a long paper straight from one statement: a few at a time, or as text that the server makes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fulfillment.domain.papers import Row
from groupbuy.kernel.streams import copied, streamed


@dataclass(frozen=True, slots=True)
class FlatQuery:  # a ``FlatText``
    """
    The flat rows of a paper; every time they are gone through, the database is asked again by a cursor of its own.
    Only tables of the wave itself, joined by hash.

    :param group: SQL of the values of ``Layout.group``, a list as after SELECT.
    :param columns: SQL of the values of ``Layout.columns`` but the boxes for the pen. No value is NULL.
    :param body: what follows the list, from FROM to WHERE.
    :param order: what follows ORDER BY; exact, so that the same paper has the same rows in the same order.
    :param extra: SQL of what the sections also need; it stands between the two, and not in the text.
    """

    group: str
    columns: str
    body: str
    order: str
    params: Sequence[Any] = ()
    extra: str = ""

    def __iter__(self) -> Iterator[Row]:
        """Each row: group, extra, columns."""
        chosen = ", ".join(part for part in (self.group, self.extra, self.columns) if part)
        return streamed(f"SELECT {chosen} {self.body} ORDER BY {self.order}", self.params, hashed=True)

    def blocks(self) -> Iterator[bytes]:
        return copied(f"SELECT {self.group}, {self.columns} {self.body} ORDER BY {self.order}", self.params)

    def count(self) -> int:
        ((number,),) = streamed(f"SELECT count(*) {self.body}", self.params, hashed=True)
        return int(number)
