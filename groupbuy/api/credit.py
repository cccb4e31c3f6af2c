"""A person's store credit and what it came from."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import NewestFirst
from groupbuy.models import LedgerLeg, User
from groupbuy.selectors import credit


class CreditEntrySerializer(serializers.ModelSerializer[LedgerLeg]):
    """``amount_fen`` is what the balance grew by; ``reason`` says why credit was given."""

    kind = serializers.CharField(source="entry.kind")
    amount_fen = serializers.SerializerMethodField()
    order = serializers.CharField(source="order.number", allow_null=True, default=None)
    reason = serializers.CharField()
    at = serializers.DateTimeField(source="entry.at")

    class Meta:
        model = LedgerLeg
        fields = ("kind", "amount_fen", "order", "reason", "at")

    def get_amount_fen(self, leg: LedgerLeg) -> int:
        return -leg.amount_fen


class CreditPageSerializer(serializers.Serializer[Any]):
    balance_fen = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CreditEntrySerializer(many=True)


class WithBalance(NewestFirst):
    """The page is an object of its own shape, not the plain list's."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema


class CreditDoor(Door):
    queryset = LedgerLeg.objects.none()
    serializer_class = CreditEntrySerializer
    pagination_class = WithBalance

    def gate(self) -> QuerySet[LedgerLeg]:
        return credit.history(cast("User", self.request.user))

    @extend_schema(operation_id="me_credit", responses=CreditPageSerializer, filters=True)
    def get(self, request: Request) -> Response:
        answer = self.page(request)
        answer.data = {"balance_fen": credit.balance(cast("User", request.user)), **answer.data}
        return answer
