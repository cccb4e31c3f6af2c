"""The files of fixtures/demo, read as they are; what the columns mean: fixtures/README.md."""

import csv
import json
from typing import Any, TypedDict

from django.conf import settings

Row = dict[str, str]


class OfferRow(TypedDict):
    sku: str
    price_fen: int
    stock: int | None
    per_shopper: int | None


class CampaignRow(TypedDict):
    """``phase``: closing, pickup or finished."""

    code: str
    city: str
    warehouse: str
    phase: str
    title: str
    delivery_offset_days: int
    offers: list[OfferRow]


def table(name: str) -> list[Row]:
    with (settings.BASE_DIR / "fixtures" / "demo" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def campaigns() -> list[CampaignRow]:
    loaded: Any = json.loads((settings.BASE_DIR / "fixtures" / "demo" / "campaigns.json").read_text(encoding="utf-8"))
    rows: list[CampaignRow] = loaded
    return rows
