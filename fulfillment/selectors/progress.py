"""
How far a wave is: pieces picked and put, for the wave, its zones, SKUs and positions. Pieces are sale units.

Everything is counted against the current paper version, in a fixed number of statements and by the sums that the
counters keep, so that a board that looks every few seconds does not read two million lines. After a re-issue with
less demand more may lie somewhere than is wanted: the surplus (拿回).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fulfillment.models import Wave
from groupbuy.domain.words import Zone
from groupbuy.kernel.db import rows


@dataclass(frozen=True)
class Progress:
    """``quantity`` wanted, of which ``picked`` and ``put`` are done; neither counts what is too much."""

    quantity: int
    picked: int
    put: int

    @property
    def picked_percent(self) -> int:
        """0 to 100, rounded down: 100 means all."""
        return 100 * self.picked // self.quantity if self.quantity else 100

    @property
    def put_percent(self) -> int:
        return 100 * self.put // self.quantity if self.quantity else 100


_NONE = Progress(quantity=0, picked=0, put=0)

_DONE = """
    sum(line.quantity)::bigint AS quantity,
    sum(least(line.quantity, coalesce(done.pieces, 0)))::bigint AS picked,
    sum(least(line.quantity, coalesce(done.put, 0)))::bigint AS put
    FROM fulfillment_wave wave
    JOIN fulfillment_pickline line ON line.wave_id = wave.id AND line.paper_version = wave.paper_version
    LEFT JOIN fulfillment_pickprogress done ON done.wave_id = line.wave_id AND done.sku_id = line.sku_id
"""


def of_waves(wave_ids: Sequence[int]) -> dict[int, Progress]:
    """Return the progress of several waves by id; one statement whatever their number."""
    found = rows(f"SELECT wave.id, {_DONE} WHERE wave.id = ANY(%s) GROUP BY wave.id", [list(wave_ids)])
    return dict.fromkeys(wave_ids, _NONE) | {row["id"]: _progress(row) for row in found}


def of_wave(wave: Wave) -> Progress:
    return of_waves([wave.pk])[wave.pk]


def of_zones(wave: Wave) -> dict[str, Progress]:
    """Return the progress of each zone that has goods, in the order of the pick list."""
    found = rows(f"SELECT line.zone, {_DONE} WHERE wave.id = %s GROUP BY line.zone", [wave.pk])
    by_zone = {row["zone"]: _progress(row) for row in found}
    return {zone.value: by_zone[zone] for zone in Zone if zone in by_zone}


def _progress(row: dict[str, Any]) -> Progress:
    return Progress(quantity=row["quantity"], picked=row["picked"], put=row["put"])


@dataclass(frozen=True)
class PickState:
    """One SKU of the pick list with what is done of it; ``case_size`` sale units are a case."""

    sku_id: int
    code: str
    barcode: str
    name: str
    spec: str
    unit: str
    zone: str
    bin: str
    case_size: int
    weighed: bool
    quantity: int
    picked: int
    put: int
    short: int
    """Recorded as not there while the pick is open; afterwards the demand itself is less."""

    @property
    def left(self) -> int:
        return max(self.quantity - self.short - self.picked, 0)

    @property
    def left_cases(self) -> int:
        return self.left // self.case_size

    @property
    def left_pieces(self) -> int:
        return self.left % self.case_size

    @property
    def surplus(self) -> int:
        """Picked, but not wanted any more."""
        return max(self.picked - self.quantity, 0)

    @property
    def put_left(self) -> int:
        return max(self.quantity - self.short - self.put, 0)

    @property
    def done(self) -> bool:
        return self.left == 0 and self.surplus == 0


def pick_states(wave: Wave, *, zone: str = "", sku_ids: Sequence[int] | None = None) -> list[PickState]:
    """
    Return the pick list by zone, bin and code: as many rows as the wave has SKUs, or those of ``sku_ids``.

    A SKU that a re-issue took off the list stays, with a ``quantity`` of 0, while something of it lies somewhere.
    """
    found = rows(
        """
        SELECT line.sku_id, sku.code, line.barcode, line.name, line.spec, line.sale_unit AS unit, line.zone, line.bin,
               line.case_size, sku.weighed, coalesce(done.pieces, 0) AS picked, coalesce(done.put, 0) AS put,
               CASE WHEN line.paper_version = %(version)s THEN line.quantity ELSE 0 END AS quantity,
               coalesce(missing.pieces, 0)::int AS short
        FROM (SELECT DISTINCT ON (sku_id) * FROM fulfillment_pickline
              WHERE wave_id = %(wave)s AND paper_version <= %(version)s
                AND (%(all)s OR sku_id = ANY(%(skus)s))
              ORDER BY sku_id, paper_version DESC) AS line
        LEFT JOIN (SELECT sku_id, sum(pieces) AS pieces FROM fulfillment_shortage
                   WHERE wave_id = %(wave)s AND undone_at IS NULL AND allocated IS NULL GROUP BY sku_id) AS missing
            ON missing.sku_id = line.sku_id
        JOIN groupbuy_sku sku ON sku.id = line.sku_id
        LEFT JOIN fulfillment_pickprogress done ON done.wave_id = line.wave_id AND done.sku_id = line.sku_id
        WHERE (%(zone)s = '' OR line.zone = %(zone)s)
          AND (NOT %(all)s OR line.paper_version = %(version)s OR done.pieces > 0 OR done.put > 0)
        ORDER BY array_position(%(zones)s, line.zone::text), line.bin, sku.code
        """,
        {
            "wave": wave.pk,
            "version": wave.paper_version,
            "zone": zone,
            "all": sku_ids is None,
            "skus": list(sku_ids or ()),
            "zones": [each.value for each in Zone],
        },
    )
    return [PickState(**row) for row in found]


def picked_too_many(wave: Wave) -> list[PickState]:
    """Return what is to be brought back to its bin; nothing while there has been one issue only."""
    if wave.paper_version == 1:
        return []
    return [state for state in pick_states(wave) if state.surplus]
