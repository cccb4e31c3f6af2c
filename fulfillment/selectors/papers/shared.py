"""What several papers print alike."""

from django.db.models import Case, IntegerField, Value, When

from fulfillment.models import PickLine, Wave
from groupbuy.domain.words import Zone


def zone_order(field: str) -> Case:
    places = [When(**{field: zone, "then": Value(place)}) for place, zone in enumerate(Zone)]
    return Case(*places, output_field=IntegerField())


def zone_sql(column: str) -> str:
    """Return an expression that sorts zones in the order of ``Zone``."""
    return f"array_position(ARRAY[{', '.join(repr(str(zone)) for zone in Zone)}]::text[], {column}::text)"


def cards(wave: Wave, version: int) -> dict[int, PickLine]:
    """What this version says about each SKU; the sort lines and notes print the same words."""
    lines = PickLine.objects.filter(wave=wave, paper_version=version).select_related("sku")
    return {line.sku_id: line for line in lines}
