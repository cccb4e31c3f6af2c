"""The states of fulfillment's machines and the moves between them."""

from enum import StrEnum

from groupbuy.kernel.machine import Machine


class WaveState(StrEnum):
    BUILT = "built"
    DISPATCHED = "dispatched"
    VOIDED = "voided"


class StopState(StrEnum):
    PLANNED = "planned"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    SIGNED = "signed"


def _set(*states: StrEnum) -> frozenset[str]:
    return frozenset(state.value for state in states)


WAVE = Machine(
    name="wave",
    table="fulfillment_wave",
    start=_set(WaveState.BUILT),
    moves={WaveState.BUILT: _set(WaveState.DISPATCHED, WaveState.VOIDED)},
)

STOP = Machine(
    name="stop",
    table="fulfillment_stop",
    start=_set(StopState.PLANNED),
    # A leader may sign although the driver never pressed "arrived".
    moves={
        StopState.PLANNED: _set(StopState.ON_THE_WAY),
        StopState.ON_THE_WAY: _set(StopState.ARRIVED, StopState.SIGNED),
        StopState.ARRIVED: _set(StopState.SIGNED),
    },
)

MACHINES = (WAVE, STOP)


class DiscrepancyKind(StrEnum):
    SHORT = "short"
    BROKEN = "broken"
