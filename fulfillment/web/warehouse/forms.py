"""What the console's small forms send: a SKU, a position, pieces, and the number of the press."""

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import QueryDict

from fulfillment.models import Wave
from fulfillment.selectors import scans
from fulfillment.services.picking import NotInWave
from fulfillment.services.presses import MOST_PIECES
from groupbuy.kernel.errors import Invalid


class PressForm(forms.Form):
    """``event`` is made with the page, so that sending the form twice counts once."""

    event = forms.UUIDField()
    sku = forms.CharField(max_length=32)
    pieces = forms.IntegerField(
        min_value=1,
        max_value=MOST_PIECES,
        required=False,
        error_messages={
            "invalid": "数量请输入整数。",
            "min_value": "数量至少是 1。",
            "max_value": "数量太大，是不是把条码扫进了数量框？",
        },
    )
    position = forms.IntegerField(min_value=1, max_value=99_999, required=False)


@dataclass(frozen=True)
class Press:
    """One press of a button: ``pieces`` of a SKU, at a position if one is named. ``uuid`` numbers the press."""

    uuid: UUID
    code: str
    sku_id: int
    pieces: int | None
    point_id: int | None


def pressed(wave: Wave, data: QueryDict) -> Press:
    """
    Return what a form of the console says.

    :raises Invalid: with the sentence for the person.
    :raises NotInWave: the wave has no such SKU or position.
    """
    form = PressForm(data)
    if not form.is_valid():
        raise Invalid(str(next(iter(form.errors.values()))[0]))
    said = form.cleaned_data
    sku_ids = scans.skus_of(wave, said["sku"])
    place = scans.position(wave, said["position"]) if said["position"] else None
    if not sku_ids or (said["position"] and place is None):
        raise NotInWave
    return Press(
        uuid=said["event"],
        code=said["sku"],
        sku_id=sku_ids[0],
        pieces=said["pieces"],
        point_id=place.point_id if place else None,
    )


def wanted_pieces(press: Press) -> int:
    """:raises Invalid: the number was left empty."""
    if press.pieces is None:
        raise Invalid("请输入数量。", attr="pieces")
    return press.pieces


class UndoForm(forms.Form):
    step = forms.UUIDField()
    event = forms.UUIDField()
