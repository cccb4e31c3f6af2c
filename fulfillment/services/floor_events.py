"""A batch of presses as a handheld sends it: each is answered by itself, and one that is refused stops none."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction

from fulfillment.models import PickEvent, PutEvent, Wave
from fulfillment.selectors import scans
from fulfillment.services import picking
from fulfillment.services.presses import NothingToUndo, NotInWave
from groupbuy.kernel.errors import DomainError

# What each kind of event has to say besides its number.
KINDS: dict[str, tuple[str, ...]] = {
    "pick": ("sku", "pieces"),
    "pick_back": ("sku", "pieces"),
    "put": ("sku", "pieces", "position"),
    "put_back": ("sku", "pieces", "position"),
    "undo": ("undoes",),
}


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class FloorEvent:
    """``sku`` is a code and ``position`` a number, as they stand on the papers."""

    uuid: UUID
    kind: str
    sku: str = ""
    pieces: int = 0
    position: int = 0
    undoes: UUID | None = None


@dataclass(frozen=True)
class Answered:
    """``code`` and ``detail`` say why it is a conflict; ``left`` how many could still be counted."""

    uuid: UUID
    verdict: Verdict
    code: str = ""
    detail: str = ""
    left: int | None = None


@transaction.atomic
def floor_events_take(*, wave: Wave, events: Sequence[FloorEvent], actor_id: int) -> list[Answered]:
    """
    Count a batch in its order; return one answer for each event. An event known already is a duplicate, if it says the
    same; whatever is refused is a conflict and changes nothing.
    """
    numbers = [event.uuid for event in events]
    known = set(PickEvent.objects.filter(uuid__in=numbers).values_list("uuid", flat=True))
    known |= set(PutEvent.objects.filter(batch__in=numbers).values_list("batch", flat=True))
    answers = []
    for event in events:
        answers.append(_answer(wave, event, actor_id, is_known=event.uuid in known))
        known.add(event.uuid)
    return answers


def _answer(wave: Wave, event: FloorEvent, actor_id: int, *, is_known: bool) -> Answered:
    try:
        with transaction.atomic():
            _take(wave, event, actor_id)
    except DomainError as error:
        return Answered(event.uuid, Verdict.CONFLICT, error.code, error.detail, error.facts.get("left"))
    return Answered(event.uuid, Verdict.DUPLICATE if is_known else Verdict.ACCEPTED)


def _take(wave: Wave, event: FloorEvent, actor_id: int) -> None:
    if event.kind == "undo":
        _undo(wave, event, actor_id)
        return
    what: dict[str, Any] = {
        "wave_id": wave.pk,
        "sku_id": _sku_id(wave, event.sku),
        "pieces": event.pieces,
        "actor_id": actor_id,
        "uuid": event.uuid,
    }
    if event.kind == "pick":
        picking.pick_confirm(**what)
    elif event.kind == "pick_back":
        picking.pick_return(**what)
    elif event.kind == "put":
        picking.put_confirm(**what, point_id=_point_id(wave, event.position))
    else:
        picking.put_return(**what, point_id=_point_id(wave, event.position))


def _undo(wave: Wave, event: FloorEvent, actor_id: int) -> None:
    """Undo a pick or a put of this wave, whichever has the number."""
    assert event.undoes is not None, "the door asks for it"
    if PickEvent.objects.filter(uuid=event.undoes, wave=wave).exists():
        picking.pick_undo(event=event.undoes, actor_id=actor_id, uuid=event.uuid)
    elif PutEvent.objects.filter(batch=event.undoes, wave=wave).exists():
        picking.put_undo(batch=event.undoes, actor_id=actor_id, uuid=event.uuid)
    else:
        raise NothingToUndo


def _sku_id(wave: Wave, code: str) -> int:
    found = scans.skus_of(wave, code)
    if not found:
        raise NotInWave(attr="sku")
    return found[0]


def _point_id(wave: Wave, position: int) -> int:
    place = scans.position(wave, position)
    if place is None:
        raise NotInWave(attr="position")
    return place.point_id
