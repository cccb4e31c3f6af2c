"""Rows of whom the goods at a pickup point are for."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from fulfillment.domain.bags import Good, Household, by_room, items, short_wording, wording
from fulfillment.domain.layouts import LabelPart, PaperKind
from fulfillment.domain.papers.sheet import GroupedRows, Paper, PaperHead, Row, Section


class ShopperRow(NamedTuple):
    """
    One SKU for one shopper at one pickup point: where bag lists and labels come from.

    :param crates, stop_id: of the whole point; ``stop_id`` is opaque and lasts over versions.
    :param person, code_tail, receiver, phone, room: see ``Household``.
    """

    position: int
    point_code: str
    point: str
    route: str
    stop: int
    crates: int
    stop_id: str
    person: str
    code_tail: str
    receiver: str
    phone: str
    room: str
    zone: str
    sku: str
    name: str
    quantity: int


_SHOPPER_WIDTH: Final = 7
_PERSON_WIDTH: Final = 5


def bag_paper(*, head: PaperHead, rows: Iterable[ShopperRow]) -> Paper:
    """
    One row for each shopper, in the order of a walk through the buildings.

    :param rows: ordered by position and person, then zone and bin; not a generator.
    :raises RowsOutOfOrder: while rendering, when a point comes back.
    """
    return Paper(PaperKind.BAG, head, GroupedRows(rows, _SHOPPER_WIDTH, _bag_section))


def label_paper(*, head: PaperHead, rows: Iterable[ShopperRow]) -> Paper:
    """
    For each point the labels of its crates, then those of its bags in the order of the bag list.

    :param rows: as for ``bag_paper``.
    """

    def finish(group: Row, rows: Iterator[Row]) -> Section:
        return _label_section(group, rows, head.version)

    return Paper(PaperKind.LABEL, head, GroupedRows(rows, _SHOPPER_WIDTH, finish))


def _households(rows: Iterator[Row]) -> list[Household]:
    people = groupby(rows, key=lambda row: row[:_PERSON_WIDTH])
    return by_room(_household(who, lines) for who, lines in people)


def _household(who: Row, lines: Iterable[Row]) -> Household:
    person, code_tail, receiver, phone, room = map(str, who)
    return Household(person, code_tail, receiver, phone, room, _goods(lines))


def _goods(rows: Iterable[Row]) -> tuple[Good, ...]:
    return tuple(Good(str(zone), str(sku), str(name), int(quantity)) for *_, zone, sku, name, quantity in rows)


def _bag_section(group: Row, rows: Iterator[Row]) -> Section:
    position, point_code, point, route, stop, crates, _ = group
    households = _households(rows)
    facts = (("route", str(route)), ("stop", str(stop)), ("crates_out", str(crates)))
    return Section((position, point_code, point, len(households)), tuple(map(_household_row, households)), facts)


def _household_row(one: Household) -> Row:
    return (
        one.room,
        one.code_tail,
        one.receiver,
        one.phone,
        wording(one.goods),
        items(one.goods),
        len(one.goods),
        one.pieces,
        len(one.bags),
    )


def _label_section(group: Row, rows: Iterator[Row], version: int) -> Section:
    position, point_code, point, route, stop, crates, stop_id = group
    labels: list[Row] = [
        (LabelPart.CRATE, f"crate:{stop_id}:{n}:v{version}", "", "", "", "", "", "", "", n, crates)
        for n in range(1, int(crates) + 1)
    ]
    for one in _households(rows):
        labels.extend(_bag_labels(one, version))
    return Section((position, point_code, point), labels, (("route", str(route)), ("stop", str(stop))))


def _bag_labels(one: Household, version: int) -> Iterator[Row]:
    bags = one.bags
    for n, bag in enumerate(bags, 1):
        yield (
            LabelPart.BAG,
            f"bag:{one.person}:{n}:v{version}",
            one.room,
            one.code_tail,
            one.receiver,
            bag.zone,
            short_wording(bag.goods),
            items(bag.goods),
            bag.pieces,
            n,
            len(bags),
        )
