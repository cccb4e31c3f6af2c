"""What closing the pick would mean, in the words of the floor: how many go without, of what, and how much goes back."""

from dataclasses import dataclass

from fulfillment.models import Wave
from fulfillment.selectors.pick_outcome import pick_outcome
from fulfillment.selectors.progress import pick_states


@dataclass(frozen=True)
class ShortSku:
    """``pieces`` sale units recorded as not there."""

    name: str
    unit: str
    pieces: int


@dataclass(frozen=True)
class PickPreview:
    """``fen`` go back to ``orders`` orders, for what is short and for what is light together."""

    skus: tuple[ShortSku, ...]
    orders: int
    fen: int
    unpicked: int


def pick_preview(wave: Wave) -> PickPreview:
    """
    Return what closing the pick now would decide.

    ``unpicked``: sale units neither picked nor recorded as short; they count as there.
    """
    states = pick_states(wave)
    outcome = pick_outcome(wave.pk)
    return PickPreview(
        skus=tuple(ShortSku(state.name, state.unit, state.short) for state in states if state.short),
        orders=len({outcome.lines[loss.line_id].order_id for loss in outcome.losses}),
        fen=sum(back.fen for back in outcome.given_back()),
        unpicked=sum(state.left for state in states),
    )
