"""
What a scanner has read: the barcode or code of a SKU, the code of a pickup point, or the number of a position.

A scanner types what it reads and presses Enter; a person types the same. A position is said by its number alone or
with a letter before it (``P12``, ``#12``), so that no barcode is taken for one.
"""

import re
from dataclasses import dataclass

from fulfillment.models import Wave
from groupbuy.kernel.db import rows

LONGEST = 64
_POSITION = re.compile(r"[Pp#]?0*([1-9][0-9]{0,4})", re.ASCII)


@dataclass(frozen=True)
class Place:
    """A position of the wave and the point that it is for."""

    position: int
    point_id: int
    code: str
    name: str


@dataclass(frozen=True)
class Scan:
    """
    What a code stands for in a wave: SKUs, or a place, or nothing.

    :param sku_ids: several when they share a barcode; the one whose own code it is comes first.
    """

    code: str
    sku_ids: tuple[int, ...] = ()
    place: Place | None = None

    @property
    def unknown(self) -> bool:
        return bool(self.code) and not self.sku_ids and self.place is None


def scan(wave: Wave, raw: str) -> Scan:
    """Look a code up: as a SKU's first, then as a point's, then as a position's number."""
    code = "".join(char for char in raw if char.isprintable()).strip()[:LONGEST]
    if not code:
        return Scan(code="")
    if sku_ids := skus_of(wave, code):
        return Scan(code=code, sku_ids=sku_ids)
    number = _POSITION.fullmatch(code)
    return Scan(code=code, place=_place(wave, code=code, number=int(number[1]) if number else None))


def skus_of(wave: Wave, code: str) -> tuple[int, ...]:
    """
    Return the SKUs that carry this barcode or code, at most 20, those of the current version first.

    Of any version: what a re-issue took off the list is to be brought back, and a press sent again must be found.
    """
    found = rows(
        """
        SELECT line.sku_id FROM fulfillment_pickline line JOIN groupbuy_sku sku ON sku.id = line.sku_id
        WHERE line.wave_id = %(wave)s
          AND (upper(sku.code) = upper(%(code)s) OR (line.barcode <> '' AND line.barcode = %(code)s))
        GROUP BY line.sku_id, sku.code
        ORDER BY upper(sku.code) = upper(%(code)s) DESC, max(line.paper_version) = %(version)s DESC, min(line.bin),
                 sku.code
        LIMIT 20
        """,
        {"wave": wave.pk, "version": wave.paper_version, "code": code},
    )
    return tuple(row["sku_id"] for row in found)


def position(wave: Wave, number: int) -> Place | None:
    return _place(wave, code="", number=number)


def _place(wave: Wave, *, code: str, number: int | None) -> Place | None:
    found = rows(
        """
        SELECT place.position, place.point_id, point.code, point.name
        FROM fulfillment_stop place JOIN groupbuy_pickuppoint point ON point.id = place.point_id
        WHERE place.wave_id = %(wave)s AND (upper(point.code) = upper(%(code)s) OR place.position = %(number)s)
        ORDER BY upper(point.code) = upper(%(code)s) DESC LIMIT 1
        """,
        {"wave": wave.pk, "code": code, "number": number},
    )
    return Place(**found[0]) if found else None
