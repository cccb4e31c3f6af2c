"""What a version of a wave's papers changes (改单): put on its first page, so that nobody works by the old one."""

from fulfillment.domain.layouts.shape import POSITION
from fulfillment.domain.papers import Change
from fulfillment.models import Wave
from groupbuy.domain.words import Zone
from groupbuy.kernel.db import rows


def changes(wave: Wave, version: int) -> tuple[Change, ...]:
    """
    Return the differences from the version before: positions that moved, then quantities by position and bin.

    ``point`` begins with the position of this version. A position that moved has no ``sku``; its ``was`` and ``now``
    are position numbers. The first version has no differences. Two statements.
    """
    if version == 1:
        return ()
    params = {"wave": wave.pk, "version": version, "zones": [zone.value for zone in Zone]}
    moved = (Change(row["point"], "", POSITION.title.zh, row["was"], row["now"]) for row in rows(_MOVED, params))
    counted = (Change(**row) for row in rows(_COUNTED, params))
    return (*moved, *counted)


_MOVED = """
    SELECT note.position || ' ' || note.point_name AS point, before.position AS was, note.position AS now
    FROM fulfillment_deliverynote note
    JOIN fulfillment_deliverynote before ON before.wave_id = note.wave_id AND before.point_id = note.point_id
        AND before.paper_version = %(version)s - 1
    WHERE note.wave_id = %(wave)s AND note.paper_version = %(version)s AND note.position <> before.position
    ORDER BY note.position
"""

# Stops only come, so that every point of the version before has a note in this one too.
_COUNTED = """
    WITH line AS (
        SELECT point_id, sku_id, sum(quantity) FILTER (WHERE paper_version < %(version)s) AS was,
               sum(quantity) FILTER (WHERE paper_version = %(version)s) AS now
        FROM fulfillment_sortline
        WHERE wave_id = %(wave)s AND paper_version BETWEEN %(version)s - 1 AND %(version)s GROUP BY point_id, sku_id
    ), card AS (
        SELECT DISTINCT ON (sku_id) sku_id, zone, bin, name FROM fulfillment_pickline
        WHERE wave_id = %(wave)s AND paper_version BETWEEN %(version)s - 1 AND %(version)s
        ORDER BY sku_id, paper_version DESC
    )
    SELECT note.position || ' ' || note.point_name AS point, sku.code AS sku, card.name,
           coalesce(line.was, 0)::int AS was, coalesce(line.now, 0)::int AS now
    FROM line
    JOIN card ON card.sku_id = line.sku_id
    JOIN groupbuy_sku sku ON sku.id = line.sku_id
    JOIN fulfillment_deliverynote note ON note.wave_id = %(wave)s AND note.paper_version = %(version)s
        AND note.point_id = line.point_id
    WHERE line.was IS DISTINCT FROM line.now
    ORDER BY note.position, array_position(%(zones)s, card.zone::text), card.bin, sku.code
"""
