"""
Bags (袋): what is packed together for one shopper. Cold and warm goods never share a bag, so that the frozen bag can wait
in the freezer of the pickup point.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

PIECES_PER_BAG: Final = 20
"""Sale units in one bag at most. No setting, lest a label that is printed again say something else."""

CODE_TAIL: Final = 3
"""Digits of a pickup code that papers show: enough to find a bag among a hundred, too few to collect it."""

NAMED_ON_A_LABEL: Final = 4
NAME_ON_A_LABEL: Final = 11
"""Goods that a label names, and characters of each name."""

RoomKey: TypeAlias = tuple[tuple[int, int, str], ...]


class Good(NamedTuple):
    """``quantity`` sale units, >= 1, of one SKU; ``zone`` as in ``groupbuy.domain.words.Zone``."""

    zone: str
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Bag:
    zone: str
    goods: tuple[Good, ...]

    @property
    def pieces(self) -> int:
        return sum(good.quantity for good in self.goods)


@dataclass(frozen=True, slots=True)
class Household:
    """
    What one shopper collects at a pickup point.

    :param person: opaque id of his pickup, which alone lets nobody collect.
    :param code_tail: the last digits of his pickup code.
    :param receiver, phone: masked already.
    :param goods: by zone and bin; every zone once in a row.
    """

    person: str
    code_tail: str
    receiver: str
    phone: str
    room: str
    goods: tuple[Good, ...]

    @property
    def pieces(self) -> int:
        return sum(good.quantity for good in self.goods)

    @property
    def bags(self) -> tuple[Bag, ...]:
        packed: list[Bag] = []
        for zone, goods in groupby(self.goods, key=lambda good: good.zone):
            packed.extend(Bag(zone, part) for part in _filled(goods))
        return tuple(packed)


def _filled(goods: Iterable[Good]) -> Iterable[tuple[Good, ...]]:
    """Fill one bag after the other in the order of the goods."""
    bag: list[Good] = []
    free = PIECES_PER_BAG
    for good in goods:
        left = good.quantity
        while left:
            taken = min(left, free)
            bag.append(good._replace(quantity=taken))
            left, free = left - taken, free - taken
            if not free:
                yield tuple(bag)
                bag, free = [], PIECES_PER_BAG
    if bag:
        yield tuple(bag)


def room_key(room: str) -> RoomKey:
    """Order of a walk through the buildings: 2-1-301 before 10-1-101; what has no room comes last."""
    parts = re.findall(r"[0-9]+|[^0-9]+", room)
    key = tuple((0, int(part[:18]), "") if part[:1].isdecimal() else (1, 0, part) for part in parts)
    return key or ((2, 0, ""),)


def by_room(households: Iterable[Household]) -> list[Household]:
    """Building and room, then code."""
    return sorted(households, key=lambda each: (room_key(each.room), each.code_tail, each.person))


def wording(goods: Sequence[Good]) -> str:
    """番茄 ×2；鸡蛋 ×1."""
    return "；".join(f"{good.name} ×{good.quantity}" for good in goods)


def short_wording(goods: Sequence[Good]) -> str:
    """As much of ``wording`` as a label holds, and how many more goods there are."""
    named = "；".join(f"{_short(good.name)} ×{good.quantity}" for good in goods[:NAMED_ON_A_LABEL])
    left_out = len(goods) - NAMED_ON_A_LABEL
    return f"{named} …+{left_out}" if left_out > 0 else named


def _short(name: str) -> str:
    return name if len(name) <= NAME_ON_A_LABEL else f"{name[: NAME_ON_A_LABEL - 1]}…"


def items(goods: Iterable[Good]) -> str:
    """For machines: ``TOMATO*2;EGGS*1``."""
    return ";".join(f"{good.sku}*{good.quantity}" for good in goods)
