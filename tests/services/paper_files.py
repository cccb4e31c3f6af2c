"""Papers read back from their CSV files, as a stranger would add them up."""

import csv
from collections import Counter
from io import BytesIO, StringIO

from fulfillment.exports import render
from fulfillment.models import Wave
from fulfillment.selectors.papers import paper

Totals = Counter[tuple[str, str]]
"""Sale units by code of the pickup point and code of the SKU; either is empty where a paper does not tell."""


def table(wave: Wave, kind: str, version: int | None = None) -> list[dict[str, str]]:
    out = BytesIO()
    render(paper(wave=wave, kind=kind, paper_version=version), format="csv", out=out)
    return list(csv.DictReader(StringIO(out.getvalue().decode("utf-8-sig"), newline="")))


def totals(wave: Wave, kind: str, version: int) -> Totals:
    """By point and SKU, from the column ``quantity``, or from what each bag and household is said to hold."""
    found: Totals = Counter()
    for row in table(wave, kind, version):
        if "items" in row:
            for item in filter(None, row["items"].split(";")):
                code, _, pieces = item.rpartition("*")
                found[row["point_code"], code] += int(pieces)
        elif row["sku"]:
            found["" if kind == "loading" else row.get("point_code", ""), row["sku"]] += int(row["quantity"])
    return found


def pieces_by_point(wave: Wave, kind: str, version: int) -> Counter[str]:
    """From the column ``pieces`` of households, labels and stops to load."""
    found: Counter[str] = Counter()
    for row in table(wave, kind, version):
        if row["pieces"]:
            found[row["point_code"]] += int(row["pieces"])
    return found


def by_sku(found: Totals) -> Counter[str]:
    return _along(found, 1)


def by_point(found: Totals) -> Counter[str]:
    return _along(found, 0)


def _along(found: Totals, part: int) -> Counter[str]:
    summed: Counter[str] = Counter()
    for key, pieces in found.items():
        summed[key[part]] += pieces
    return summed
