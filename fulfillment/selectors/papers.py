"""The rows of every paper, from the snapshot tables of a wave; the formats are in ``exports``."""

from collections import defaultdict
from collections.abc import Callable

from django.conf import settings
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.layouts import PaperKind
from fulfillment.domain.papers import (
    Note,
    NoteRow,
    Paper,
    PaperHead,
    PickRow,
    SortRow,
    note_paper,
    pick_paper,
    sort_paper,
)
from fulfillment.models import DeliveryNote, PickLine, SortLine, Stop, Wave
from groupbuy.domain.words import Zone
from groupbuy.kernel.errors import Missing


class PaperMissing(Missing):
    code = "paper_missing"
    message = _("这个波次没有这个版本的单据。")


def paper(*, wave: Wave, kind: str, paper_version: int | None = None) -> Paper:
    """
    Return one paper of a wave in one version (the current one by default).

    :raises PaperMissing: an unknown kind, or the wave has no such version.
    """
    version = wave.paper_version if paper_version is None else paper_version
    if kind not in _BUILDERS or not 1 <= version <= wave.paper_version:
        raise PaperMissing
    return _BUILDERS[PaperKind(kind)](wave, _head(wave, version))


def wave_label(wave: Wave) -> str:
    """WH-SH-1123-1: warehouse, month and day of delivery, number."""
    return f"{wave.warehouse.code}-{wave.delivery_date:%m%d}-{wave.number}"


def _head(wave: Wave, version: int) -> PaperHead:
    return PaperHead(
        wave=wave_label(wave),
        version=version,
        warehouse=wave.warehouse.name,
        delivery_date=wave.delivery_date,
        issued_at=wave.built_at,
    )


def _zone_order(field: str) -> Case:
    places = [When(**{field: zone, "then": Value(place)}) for place, zone in enumerate(Zone)]
    return Case(*places, output_field=IntegerField())


def _pick(wave: Wave, head: PaperHead) -> Paper:
    lines = (
        PickLine.objects.filter(wave=wave, paper_version=head.version)
        .select_related("sku")
        .order_by(_zone_order("zone"), "bin", "sku__code")
    )
    return pick_paper(
        head=head,
        rows=[
            PickRow(
                zone=line.zone,
                bin=line.bin,
                barcode=line.barcode,
                sku=line.sku.code,
                name=line.name,
                spec=line.spec,
                quantity=line.quantity,
                unit=line.sale_unit,
                case_size=line.case_size,
                cases=line.cases,
                pieces=line.pieces,
            )
            for line in lines
        ],
    )


def _cards(wave: Wave, version: int) -> dict[int, PickLine]:
    """What this version says about each SKU; the sort lines and notes print the same words."""
    lines = PickLine.objects.filter(wave=wave, paper_version=version).select_related("sku")
    return {line.sku_id: line for line in lines}


def _stops(wave: Wave) -> QuerySet[Stop]:
    return Stop.objects.filter(wave=wave).select_related("point").order_by("position")


def _sort(wave: Wave, head: PaperHead) -> Paper:
    cards = _cards(wave, head.version)
    stops = {stop.point_id: stop for stop in _stops(wave)}
    put = [
        (cards[line.sku_id], stops[line.point_id], line.quantity)
        for line in SortLine.objects.filter(wave=wave, paper_version=head.version)
    ]
    put.sort(
        key=lambda entry: (list(Zone).index(Zone(entry[0].zone)), entry[0].bin, entry[0].sku.code, entry[1].position)
    )
    return sort_paper(
        head=head,
        rows=[
            SortRow(
                bin=card.bin,
                sku=card.sku.code,
                name=card.name,
                spec=card.spec,
                position=stop.position,
                point_code=stop.point.code,
                point=stop.point.name,
                quantity=quantity,
            )
            for card, stop, quantity in put
        ],
    )


def _notes(wave: Wave, head: PaperHead) -> Paper:
    cards = _cards(wave, head.version)
    lines: dict[int, list[tuple[PickLine, int]]] = defaultdict(list)
    for line in SortLine.objects.filter(wave=wave, paper_version=head.version):
        lines[line.point_id].append((cards[line.sku_id], line.quantity))
    notes = (
        DeliveryNote.objects.filter(wave=wave, paper_version=head.version)
        .select_related("stop__point")
        .prefetch_related("stop__point__staff__user")
        .order_by("stop__position")
    )
    return note_paper(head=head, notes=[_note(note, lines[note.point_id]) for note in notes])


def _note(note: DeliveryNote, lines: list[tuple[PickLine, int]]) -> Note:
    stop = note.stop
    point = stop.point
    leader = next((post.user for post in point.staff.all() if post.active), None)
    lines.sort(key=lambda entry: (list(Zone).index(Zone(entry[0].zone)), entry[0].bin, entry[0].sku.code))
    return Note(
        number=note.number,
        position=stop.position,
        point_code=point.code,
        point=point.name,
        address=point.address,
        leader=str(leader or ""),
        phone=leader.masked_phone if leader else "",
        stop=stop.sequence,
        expected_at=stop.expected_at,
        crates_out=stop.crates,
        crates_back=None,
        sign_url=f"{settings.PUBLIC_URL}/leader/deliveries/{stop.public_id}/",
        rows=tuple(
            NoteRow(sku=card.sku.code, name=card.name, spec=card.spec, unit=card.sale_unit, quantity=quantity)
            for card, quantity in lines
        ),
    )


_BUILDERS: dict[PaperKind, Callable[[Wave, PaperHead], Paper]] = {
    PaperKind.PICK: _pick,
    PaperKind.SORT: _sort,
    PaperKind.NOTE: _notes,
}
