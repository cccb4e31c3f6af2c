"""A person's inbox."""

from typing import cast

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.api.once import once
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models import Message, User
from groupbuy.services.idempotency import Answer
from groupbuy.services.inbox import messages_read


class MessageSerializer(serializers.ModelSerializer[Message]):
    class Meta:
        model = Message
        fields = ("title", "body", "created_at", "read_at")


class MessageFilter(filters.FilterSet):
    unread = filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")


class ReadSerializer(StrictSerializer):
    until = serializers.DateTimeField(help_text="`created_at` of the newest message that was seen.")


class ReadAnswerSerializer(serializers.Serializer[dict[str, int]]):
    read = serializers.IntegerField(help_text="How many were unread.")


class MessagesDoor(Door):
    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    filterset_class = MessageFilter

    def gate(self) -> QuerySet[Message]:
        return Message.objects.filter(person=self.request.user.pk)

    @extend_schema(operation_id="messages", responses=MessageSerializer(many=True))
    def get(self, request: Request) -> Response:
        return self.page(request)


class MessagesReadDoor(Door):
    keyed = ("POST",)

    @extend_schema(operation_id="messages_read", request=ReadSerializer, responses=ReadAnswerSerializer)
    def post(self, request: Request) -> Response:
        form = ReadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        person, until = cast("User", request.user), form.validated_data["until"]
        return once(request, lambda: Answer(200, {"read": messages_read(person=person, until=until)}))
