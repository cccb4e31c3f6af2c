"""What handhelds see and send: scans, lists with their progress, and batches of presses. Pieces are sale units."""

from typing import Any

from rest_framework import serializers

from fulfillment.selectors.scans import LONGEST
from fulfillment.services.floor_events import KINDS, Verdict
from fulfillment.services.presses import MOST_PIECES
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models.catalogue import ZONES

MOST_EVENTS = 100
VERDICTS = [(verdict.value, verdict.value) for verdict in Verdict]


class ProgressSerializer(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(help_text="Wanted by the current version of the papers.")
    picked = serializers.IntegerField()
    put = serializers.IntegerField()
    picked_percent = serializers.IntegerField(help_text="0 to 100, rounded down.")
    put_percent = serializers.IntegerField()


class WaveProgressSerializer(ProgressSerializer):
    zones = serializers.DictField(child=ProgressSerializer(), help_text="By zone: ambient, chilled, frozen.")


class PickStateSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(source="code")
    barcode = serializers.CharField()
    name = serializers.CharField()
    spec = serializers.CharField()
    unit = serializers.CharField()
    zone = serializers.ChoiceField(choices=ZONES)
    bin = serializers.CharField()
    case_size = serializers.IntegerField()
    weighed = serializers.BooleanField()
    quantity = serializers.IntegerField()
    short = serializers.IntegerField(help_text="Recorded as not there; 0 once the pick is closed.")
    picked = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Still to be picked.")
    left_cases = serializers.IntegerField()
    left_pieces = serializers.IntegerField()
    surplus = serializers.IntegerField(help_text="To be brought back after a re-issue.")
    put = serializers.IntegerField()
    put_left = serializers.IntegerField()


class PutStateSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    point = serializers.CharField()
    point_code = serializers.CharField()
    sku = serializers.CharField(source="code")
    name = serializers.CharField()
    spec = serializers.CharField()
    unit = serializers.CharField()
    weighed = serializers.BooleanField()
    quantity = serializers.IntegerField()
    short = serializers.IntegerField()
    put = serializers.IntegerField()
    left = serializers.IntegerField()
    surplus = serializers.IntegerField(help_text="To be taken back after a re-issue.")
    heap = serializers.IntegerField(
        allow_null=True, help_text="Place of the grid warehouse into whose heap the warehouse puts it; null: none."
    )


class PickPageSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True, help_text="Value of `after` for the next page.")
    results = PickStateSerializer(many=True)


class PutPageSerializer(serializers.Serializer[Any]):
    next = serializers.IntegerField(allow_null=True, help_text="Value of `after` for the next page.")
    results = PutStateSerializer(many=True)


class PlaceSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    point = serializers.CharField(source="name")
    point_code = serializers.CharField(source="code")


class ScannedSerializer(serializers.Serializer[Any]):
    """Either SKUs (several when they share a barcode), or a position with what it gets."""

    skus = PickStateSerializer(many=True)
    place = PlaceSerializer(allow_null=True)
    lines = PutStateSerializer(many=True)


class ScanQuerySerializer(StrictSerializer):
    code = serializers.CharField(
        max_length=LONGEST, help_text="Barcode or code of a SKU, code of a point, or a position: `12`, `P12`."
    )


class PickQuerySerializer(StrictSerializer):
    zone = serializers.ChoiceField(choices=ZONES, required=False)
    after = serializers.CharField(max_length=32, required=False, help_text="Code of the last SKU seen.")
    page_size = serializers.IntegerField(min_value=1, max_value=200, default=50)


class PutQuerySerializer(StrictSerializer):
    sku = serializers.CharField(max_length=32)
    after = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0, help_text="Last position seen.")
    only_open = serializers.BooleanField(default=False, help_text="Only positions that still lack it.")
    page_size = serializers.IntegerField(min_value=1, max_value=200, default=50)


class FloorEventSerializer(StrictSerializer):
    """
    `pick` and `put` count pieces, `pick_back` and `put_back` take them out again, `undo` takes an earlier event back.
    """

    uuid = serializers.UUIDField(help_text="Made by the device; the same again counts nothing.")
    kind = serializers.ChoiceField(choices=[(kind, kind) for kind in KINDS])
    sku = serializers.CharField(max_length=32, required=False, help_text="Code; for all but `undo`.")
    pieces = serializers.IntegerField(
        min_value=1, max_value=MOST_PIECES, required=False, help_text="For all but `undo`."
    )
    position = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="For `put` and `put_back`."
    )
    undoes = serializers.UUIDField(required=False, help_text="For `undo`: the event that is taken back.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = KINDS[attrs["kind"]]
        missing = [name for name in needed if name not in attrs]
        surplus = [name for name in attrs if name not in {"uuid", "kind", *needed}]
        if missing or surplus:
            wrong = dict.fromkeys(missing, "这个字段必填。") | dict.fromkeys(surplus, "这个操作没有这个字段。")
            raise serializers.ValidationError(wrong)
        return attrs


class EventsSerializer(StrictSerializer):
    events: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=FloorEventSerializer(), allow_empty=False, max_length=MOST_EVENTS
    )


class AnsweredSerializer(serializers.Serializer[Any]):
    uuid = serializers.UUIDField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    code = serializers.CharField(help_text="Of the refusal; empty unless `conflict`.")
    detail = serializers.CharField()
    left = serializers.IntegerField(
        allow_null=True, help_text="How many could still be counted, where that is the reason."
    )


class EventsAnsweredSerializer(serializers.Serializer[Any]):
    results = AnsweredSerializer(many=True)
    progress = ProgressSerializer()
