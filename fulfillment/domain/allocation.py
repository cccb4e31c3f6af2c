"""
Who goes without when pieces of a SKU are short (缺货分配): arithmetic over the order lines that are due pieces.

A wave may hold several campaigns with policies of their own. What is short is spread over the campaigns first, in
proportion to the pieces due, then within each by its policy:

- *first paid*: whoever paid first is served first, so the last to pay lose;
- *proportional*: every line loses in proportion to its due pieces;
- *by community*: every community loses in proportion to its due pieces, within it the last to pay lose.

"In proportion" is by largest remainder. Of two equal remainders the one whose first payment came later loses first;
equal instants are told apart by the line's id. Pieces are sale units everywhere.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from groupbuy.domain.words import ShortagePolicy
from groupbuy.kernel.money import split


@dataclass(frozen=True)
class LineDue:
    """
    An order line and the ``pieces`` (>= 0) that it is still due: ordered less short less refunded.

    ``paid_at``: when its order was paid; of a free one, when it was placed.
    """

    line_id: int
    pieces: int
    paid_at: dt.datetime
    campaign_id: int
    community_id: int
    point_id: int

    @property
    def turn(self) -> tuple[dt.datetime, int]:
        """Its place among those who are served in turn."""
        return self.paid_at, self.line_id


@dataclass(frozen=True)
class Missing:
    """
    A shortage as it was recorded: ``pieces`` (>= 1) of the ``expected`` ones were not there.

    ``point_id``: only that point's lines go without; None: the whole wave's.
    """

    id: int
    pieces: int
    expected: int
    point_id: int | None = None


@dataclass(frozen=True)
class Share:
    """``pieces`` (>= 1) of a shortage that one line goes without."""

    shortage_id: int
    line_id: int
    pieces: int


def allocate(missing: int, lines: Sequence[LineDue], policies: Mapping[int, ShortagePolicy]) -> dict[int, int]:
    """
    Return line id -> pieces (>= 1) that it goes without; they add up to ``missing``, the order of ``lines`` is no matter.

    :param missing: 0 to the sum of the due pieces.
    :param policies: of each campaign, by its id.
    """
    assert 0 <= missing <= sum(line.pieces for line in lines)
    lost: dict[int, int] = {}
    for part, its_lines in _spread(missing, _grouped(lines, lambda line: line.campaign_id)):
        lost |= _RULES[policies[its_lines[0].campaign_id]](part, its_lines)
    return {line_id: pieces for line_id, pieces in lost.items() if pieces}


def decide(
    recorded: Sequence[Missing], lines: Sequence[LineDue], policies: Mapping[int, ShortagePolicy]
) -> list[Share]:
    """
    Allocate all shortages of one SKU over its lines: those of single points first, then those of the whole wave.

    Pieces refunded after a shortage was recorded are not needed any more, so that fewer of those due are short: the
    count was what was found, not who wants it. Each place is allocated in one go, however often it was recorded.
    """
    shares: list[Share] = []
    spared = 0
    at_points: dict[int, list[Missing]] = defaultdict(list)
    for entry in sorted(recorded, key=lambda entry: entry.id):
        if entry.point_id is not None:
            at_points[entry.point_id].append(entry)
    for point_id, entries in sorted(at_points.items()):
        here = [line for line in lines if line.point_id == point_id]
        pieces = still_short(entries, _due(here))
        spared += _recorded(entries) - pieces
        shares += _shared_out(entries, allocate(pieces, here, policies))
    wide = sorted((entry for entry in recorded if entry.point_id is None), key=lambda entry: entry.id)
    if wide:
        left = _less(lines, shares)
        pieces = min(still_short(wide, _due(lines) + spared), _due(left))
        shares += _shared_out(wide, allocate(pieces, left, policies))
    return shares


def still_short(entries: Sequence[Missing], due: int) -> int:
    """Return how many of the ``due`` pieces are short: due less what the last count has left of the expected ones."""
    needed_no_more = max(0, entries[-1].expected - due)
    return min(max(0, _recorded(entries) - needed_no_more), due)


def _first_paid(missing: int, lines: Sequence[LineDue]) -> dict[int, int]:
    lost = {}
    for line in sorted(lines, key=lambda line: line.turn, reverse=True):
        lost[line.line_id] = min(line.pieces, missing)
        missing -= lost[line.line_id]
    return lost


def _proportional(missing: int, lines: Sequence[LineDue]) -> dict[int, int]:
    return {line.line_id: part for part, (line,) in _spread(missing, [[line] for line in lines])}


def _by_community(missing: int, lines: Sequence[LineDue]) -> dict[int, int]:
    lost: dict[int, int] = {}
    for part, neighbours in _spread(missing, _grouped(lines, lambda line: line.community_id)):
        lost |= _first_paid(part, neighbours)
    return lost


_RULES: Mapping[ShortagePolicy, Callable[[int, Sequence[LineDue]], dict[int, int]]] = {
    ShortagePolicy.FIRST_PAID: _first_paid,
    ShortagePolicy.PROPORTIONAL: _proportional,
    ShortagePolicy.BY_COMMUNITY: _by_community,
}


def _grouped(lines: Sequence[LineDue], key: Callable[[LineDue], Hashable]) -> list[list[LineDue]]:
    groups: dict[Hashable, list[LineDue]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    return list(groups.values())


def _spread(missing: int, groups: Iterable[Sequence[LineDue]]) -> list[tuple[int, Sequence[LineDue]]]:
    """Give each group its part of what is missing, by largest remainder of its due pieces."""
    last_first = sorted(groups, key=lambda group: min(line.turn for line in group), reverse=True)
    parts = split(missing, [_due(group) for group in last_first]) if last_first else []
    return list(zip(parts, last_first, strict=True))


def _shared_out(entries: Sequence[Missing], lost: Mapping[int, int]) -> list[Share]:
    """Say which entry each lost piece belongs to: entries are used up in their order, lines in the order of their ids."""
    shares = []
    waiting = [(entry.id, entry.pieces) for entry in reversed(entries)]
    for line_id, pieces in sorted(lost.items()):
        while pieces:
            shortage_id, left = waiting.pop()
            part = min(pieces, left)
            shares.append(Share(shortage_id, line_id, part))
            pieces -= part
            if left > part:
                waiting.append((shortage_id, left - part))
    return shares


def _less(lines: Sequence[LineDue], shares: Sequence[Share]) -> list[LineDue]:
    gone: dict[int, int] = defaultdict(int)
    for share in shares:
        gone[share.line_id] += share.pieces
    return [replace(line, pieces=line.pieces - gone[line.line_id]) if line.line_id in gone else line for line in lines]


def _due(lines: Iterable[LineDue]) -> int:
    return sum(line.pieces for line in lines)


def _recorded(entries: Iterable[Missing]) -> int:
    return sum(entry.pieces for entry in entries)
