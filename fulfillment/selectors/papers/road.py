"""Rows of delivery notes."""

from collections import defaultdict

from django.conf import settings

from fulfillment.domain.papers import Note, NoteRow, Paper, PaperHead, note_paper
from fulfillment.models import DeliveryNote, PickLine, SortLine, Wave
from fulfillment.selectors.papers.shared import cards
from groupbuy.domain.words import Zone


def notes(wave: Wave, head: PaperHead) -> Paper:
    found = cards(wave, head.version)
    lines: dict[int, list[tuple[PickLine, int]]] = defaultdict(list)
    for line in SortLine.objects.filter(wave=wave, paper_version=head.version):
        lines[line.point_id].append((found[line.sku_id], line.quantity))
    # A stop to which nothing is brought any more has a position, but no paper to sign.
    places = DeliveryNote.objects.filter(wave=wave, paper_version=head.version).select_related("stop")
    issued = [note for note in places.order_by("position") if lines[note.point_id]]
    return note_paper(head=head, notes=[_note(note, lines[note.point_id]) for note in issued])


def _note(note: DeliveryNote, lines: list[tuple[PickLine, int]]) -> Note:
    lines.sort(key=lambda entry: (list(Zone).index(Zone(entry[0].zone)), entry[0].bin, entry[0].sku.code))
    return Note(
        number=note.number,
        position=note.position,
        point_code=note.point_code,
        point=note.point_name,
        address=note.address,
        leader=note.leader,
        phone=note.phone,
        stop=note.sequence,
        expected_at=note.expected_at,
        crates_out=note.crates,
        crates_back=None,
        sign_url=f"{settings.PUBLIC_URL}/leader/deliveries/{note.stop.public_id}/",
        rows=tuple(
            NoteRow(sku=card.sku.code, name=card.name, spec=card.spec, unit=card.sale_unit, quantity=quantity)
            for card, quantity in lines
        ),
    )
