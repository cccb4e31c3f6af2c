"""An application as it is handed in and as it is shown. The phone comes out masked."""

from rest_framework import serializers

from groupbuy.kernel import privacy
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models import Community, Warehouse
from groupbuy.models.places import POINT_KINDS
from groupbuy.services.accounts import PhoneWrong
from leaders.models import LeaderApplication
from leaders.services.applications import ApplicationForm


class ApplicationWantedSerializer(StrictSerializer):
    name = serializers.CharField(max_length=64)
    phone = serializers.CharField(max_length=20)
    kind = serializers.ChoiceField(choices=POINT_KINDS)
    community = serializers.SlugRelatedField(
        slug_field="code", queryset=Community.objects.all(), help_text="Code of the community (社区)."
    )
    point_name = serializers.CharField(max_length=64)
    address = serializers.CharField(max_length=200)
    opening_hours = serializers.CharField(max_length=64, default="", allow_blank=True)
    room_m2 = serializers.IntegerField(min_value=0, max_value=100_000, default=0)
    freezer = serializers.BooleanField(default=False)
    group_size = serializers.IntegerField(min_value=0, max_value=1_000_000)
    invite_code = serializers.CharField(max_length=16)

    def validate_phone(self, value: str) -> str:
        phone = privacy.clean_phone(value)
        if phone is None:
            raise serializers.ValidationError(str(PhoneWrong.message), code=PhoneWrong.code)
        return phone

    def form(self) -> ApplicationForm:
        values = dict(self.validated_data)
        return ApplicationForm(community_id=values.pop("community").pk, **values)


class ApplicationSerializer(serializers.ModelSerializer[LeaderApplication]):
    id = serializers.UUIDField(source="public_id")
    phone = serializers.CharField(source="masked_phone", help_text="Masked.")
    community = serializers.CharField(source="community.code")
    city = serializers.CharField(source="community.city")

    class Meta:
        model = LeaderApplication
        fields = (
            "id",
            "state",
            "name",
            "phone",
            "kind",
            "community",
            "city",
            "point_name",
            "address",
            "opening_hours",
            "room_m2",
            "freezer",
            "group_size",
            "invite_code",
            "reason",
            "submitted_at",
        )


class ApproveSerializer(StrictSerializer):
    warehouse = serializers.SlugRelatedField(
        slug_field="code",
        queryset=Warehouse.objects.all(),
        required=False,
        allow_null=True,
        help_text="Code of the warehouse that serves the new point; without it the one of the community's city.",
    )


class RejectSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=200)
