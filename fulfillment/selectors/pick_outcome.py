"""
What closing the pick of a wave does to its order lines: the same for a look beforehand and for the closing itself.

Two statements for the records, one for the lines of their SKUs, one for the campaigns' policies, whatever the number.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fulfillment.domain.allocation import LineDue, Missing, Share, decide
from fulfillment.domain.weighing import Weighed, weigh
from fulfillment.models import Shortage, WaveCampaign, WeightEntry
from groupbuy.domain.given_back import GivenBack, LineMoney, Loss, given_back
from groupbuy.domain.words import ShortagePolicy
from groupbuy.kernel.db import rows


@dataclass(frozen=True)
class PickLineState:
    """An order line of a recorded SKU as it stands. ``base_per_sale``: base units in a sale unit."""

    due: LineDue
    money: LineMoney
    order_id: int
    sku_id: int
    base_per_sale: int


@dataclass(frozen=True)
class Outcome:
    """
    What was decided. ``shortage_ids``: all that count, of which some may have no share.

    ``losses`` holds each line once, with all that it goes without.
    """

    shortage_ids: list[int] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    weighed: list[Weighed] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    lines: dict[int, PickLineState] = field(default_factory=dict)

    def given_back(self) -> list[GivenBack]:
        """Return what the losses give back, in the order of the lines' ids."""
        return [given_back(loss, self.lines[loss.line_id].money) for loss in self.losses]


def pick_outcome(wave_id: int, *, lock: bool = False) -> Outcome:
    """
    Return what the live shortages and weights of a wave mean for its order lines now.

    :param lock: hold these lines until the transaction ends, in the order of their ids as everybody does; the caller
        holds the wave.
    """
    shortages = list(Shortage.objects.filter(wave=wave_id, undone_at=None).order_by("pk"))
    weights = list(WeightEntry.objects.filter(wave=wave_id, undone_at=None).order_by("pk"))
    if not shortages and not weights:
        return Outcome()
    sku_ids = {entry.sku_id for entry in shortages} | {entry.sku_id for entry in weights}
    lines = _lines(wave_id, sorted(sku_ids), lock=lock)
    shares = _shares(shortages, lines.values(), _policies(wave_id))
    weighed = _weighed(weights, lines, shares)
    losses = _losses(shares, weighed)
    return Outcome([entry.pk for entry in shortages], shares, weighed, losses, lines)


def _policies(wave_id: int) -> dict[int, ShortagePolicy]:
    found = WaveCampaign.objects.filter(wave=wave_id, active=True)
    return {pk: ShortagePolicy(policy) for pk, policy in found.values_list("campaign", "campaign__shortage_policy")}


_LINES = """
    SELECT line.id, line.order_id, line.campaign_id, line.point_id, line.sku_id, o.community_id, line.base_per_sale,
           coalesce(o.paid_at, o.placed_at) AS paid_at, line.quantity, line.short + line.refunded AS gone,
           line.collected, line.net_fen, line.refunded_fen
    FROM fulfillment_wavecampaign place
    JOIN groupbuy_offer offer ON offer.campaign_id = place.campaign_id AND offer.sku_id = ANY(%s)
    JOIN groupbuy_orderline line ON line.offer_id = offer.id
    JOIN groupbuy_order o ON o.id = line.order_id
    WHERE place.wave_id = %s AND place.active AND o.state = 'accepted' AND line.quantity > line.short + line.refunded
    ORDER BY line.id
"""
_LOCKED = f"{_LINES} FOR NO KEY UPDATE OF line"


def _lines(wave_id: int, sku_ids: Sequence[int], *, lock: bool) -> dict[int, PickLineState]:
    found = rows(_LOCKED if lock else _LINES, [list(sku_ids), wave_id])
    return {row["id"]: _state(row) for row in found}


def _state(row: dict[str, Any]) -> PickLineState:
    money = LineMoney(row["quantity"], row["gone"], row["collected"], row["net_fen"], row["refunded_fen"])
    due = LineDue(row["id"], money.left, row["paid_at"], row["campaign_id"], row["community_id"], row["point_id"])
    return PickLineState(due, money, row["order_id"], row["sku_id"], row["base_per_sale"])


def _shares(
    shortages: Iterable[Shortage], lines: Iterable[PickLineState], policies: dict[int, ShortagePolicy]
) -> list[Share]:
    """Allocate the shortages SKU by SKU."""
    of_sku: dict[int, list[LineDue]] = defaultdict(list)
    for line in lines:
        of_sku[line.sku_id].append(line.due)
    recorded: dict[int, list[Missing]] = defaultdict(list)
    for entry in shortages:
        recorded[entry.sku_id].append(Missing(entry.pk, entry.pieces, entry.expected, entry.point_id))
    return [share for sku_id, entries in recorded.items() for share in decide(entries, of_sku[sku_id], policies)]


def _weighed(weights: Iterable[WeightEntry], lines: dict[int, PickLineState], shares: Iterable[Share]) -> list[Weighed]:
    """Spread what was weighed over the pieces that are left of its lines once the short ones are out."""
    left = {line_id: line.due.pieces for line_id, line in lines.items()}
    for share in shares:
        left[share.line_id] -= share.pieces
    at_place: dict[tuple[int, int], list[LineDue]] = defaultdict(list)
    for line_id, line in lines.items():
        at_place[line.sku_id, line.due.point_id].append(replace(line.due, pieces=left[line_id]))
    base = {line_id: line.base_per_sale for line_id, line in lines.items()}
    found = []
    for entry in weights:
        here = at_place[entry.sku_id, entry.point_id]
        its = [line for line in here if entry.line_id in (None, line.line_id)]
        found += weigh(entry.pk, entry.real_base, its, base)
    return found


def _losses(shares: Iterable[Share], weighed: Iterable[Weighed]) -> list[Loss]:
    pieces: dict[int, int] = defaultdict(int)
    for share in shares:
        pieces[share.line_id] += share.pieces
    scales = {each.line_id: each for each in weighed}
    losses = []
    for line_id in sorted({*pieces, *scales}):
        scale = scales.get(line_id)
        nominal, real = (scale.nominal, scale.real) if scale else (0, 0)
        losses.append(Loss(line_id, pieces[line_id], nominal, real))
    return losses
