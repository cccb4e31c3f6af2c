"""What several papers print alike."""

from typing import Final

from django.db.models import Case, IntegerField, Value, When

from groupbuy.domain.words import Zone

CARD: Final = """
    JOIN fulfillment_pickline card
        ON card.wave_id = line.wave_id AND card.paper_version = line.paper_version AND card.sku_id = line.sku_id
    JOIN groupbuy_sku sku ON sku.id = line.sku_id
"""
"""Joins what a version says about the SKU of ``line``."""

NOTE: Final = """
    JOIN fulfillment_deliverynote note
        ON note.wave_id = line.wave_id AND note.paper_version = line.paper_version AND note.point_id = line.point_id
"""
"""Joins what a version says about the stop of ``line``."""


def zone_order(field: str) -> Case:
    places = [When(**{field: zone, "then": Value(place)}) for place, zone in enumerate(Zone)]
    return Case(*places, output_field=IntegerField())


def zone_sql(column: str) -> str:
    """Return an expression that sorts zones in the order of ``Zone``."""
    return f"array_position(ARRAY[{', '.join(repr(str(zone)) for zone in Zone)}]::text[], {column}::text)"
