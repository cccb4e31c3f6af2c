"""What an offer costs when: its campaign price, and the steps that replace it from an instant on (阶梯时段价)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class PriceStep:
    """From ``starts_at`` on a sale unit costs ``price_fen``, until a later step starts."""

    starts_at: dt.datetime
    price_fen: int


def price_at(base_fen: int, steps: Sequence[PriceStep], now: dt.datetime) -> int:
    """Return the price of the latest step that has started by ``now``, else ``base_fen``; ``steps`` in any order."""
    begun = [step for step in steps if step.starts_at <= now]
    return max(begun).price_fen if begun else base_fen


def next_step(steps: Sequence[PriceStep], now: dt.datetime) -> PriceStep | None:
    """Return the first step that is still to start."""
    return min((step for step in steps if step.starts_at > now), default=None)
