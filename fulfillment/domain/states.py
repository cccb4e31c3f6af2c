"""The states of fulfillment's machines and the moves between them."""

from enum import StrEnum

from groupbuy.kernel.machine import Machine


class WaveState(StrEnum):
    BUILT = "built"
    DISPATCHED = "dispatched"
    VOIDED = "voided"


class PurchaseState(StrEnum):
    ISSUED = "issued"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class StopState(StrEnum):
    PLANNED = "planned"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    SIGNED = "signed"


class RoutePlanState(StrEnum):
    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PaperJobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


def _set(*states: StrEnum) -> frozenset[str]:
    return frozenset(state.value for state in states)


WAVE = Machine(
    name="wave",
    table="fulfillment_wave",
    start=_set(WaveState.BUILT),
    moves={WaveState.BUILT: _set(WaveState.DISPATCHED, WaveState.VOIDED)},
)

PURCHASE = Machine(
    name="purchase",
    table="fulfillment_purchaseorder",
    start=_set(PurchaseState.ISSUED),
    moves={PurchaseState.ISSUED: _set(PurchaseState.RECEIVED, PurchaseState.CANCELLED)},
)

STOP = Machine(
    name="stop",
    table="fulfillment_stop",
    start=_set(StopState.PLANNED),
    # A leader may sign although the driver never pressed "arrived"; a driver takes back "arrived" that was a slip.
    moves={
        StopState.PLANNED: _set(StopState.ON_THE_WAY),
        StopState.ON_THE_WAY: _set(StopState.ARRIVED, StopState.SIGNED),
        StopState.ARRIVED: _set(StopState.SIGNED, StopState.ON_THE_WAY),
    },
)

ROUTE_PLAN = Machine(
    name="routeplan",
    table="fulfillment_routeplan",
    start=_set(RoutePlanState.ASKED),
    moves={
        RoutePlanState.ASKED: _set(RoutePlanState.RUNNING, RoutePlanState.FAILED),
        RoutePlanState.RUNNING: _set(RoutePlanState.DONE, RoutePlanState.FAILED),
    },
)

PAPER_JOB = Machine(
    name="paperjob",
    table="fulfillment_paperjob",
    start=_set(PaperJobState.QUEUED),
    # A worker that has to stop puts its job back; whoever failed may be asked again.
    moves={
        PaperJobState.QUEUED: _set(PaperJobState.RUNNING, PaperJobState.CANCELLED),
        PaperJobState.RUNNING: _set(
            PaperJobState.DONE, PaperJobState.FAILED, PaperJobState.CANCELLED, PaperJobState.QUEUED
        ),
        PaperJobState.FAILED: _set(PaperJobState.QUEUED),
        PaperJobState.DONE: _set(PaperJobState.EXPIRED),
    },
)

MACHINES = (WAVE, PURCHASE, STOP, ROUTE_PLAN, PAPER_JOB)


class DiscrepancyKind(StrEnum):
    SHORT = "short"
    BROKEN = "broken"


class ProblemKind(StrEnum):
    """What keeps a driver from handing over at a stop."""

    CLOSED = "closed"
    ADDRESS = "address"
    LATE = "late"
    REFUSED = "refused"
    DAMAGED = "damaged"
    OTHER = "other"


class LeftOut(StrEnum):
    """Why a plan brings goods to a stop by no vehicle."""

    NO_PLACE = "no_place"
    TOO_BIG = "too_big"
    TOO_HEAVY = "too_heavy"
    TOO_FAR = "too_far"
    NO_ROOM = "no_room"


class ShortageCause(StrEnum):
    MISSING = "missing"
    DAMAGED = "damaged"
