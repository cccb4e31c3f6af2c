"""Changing an offer in which people order, for staff with the right."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from groupbuy.api.once import once
from groupbuy.domain.prices import PriceStep
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models import Offer, User
from groupbuy.services.idempotency import Answer
from groupbuy.services.offer_changes import OfferTerms, offer_change, terms_of

_MOST_FEN = 2**53
_MOST_PIECES = 2**31 - 1


class ChangesOffers(IsAuthenticated):
    def has_permission(self, request: Request, view: APIView) -> bool:
        changes = request.user.is_staff and request.user.has_perm("groupbuy.change_offer")
        return super().has_permission(request, view) and changes


class PriceStepSerializer(StrictSerializer):
    at = serializers.DateTimeField(source="starts_at")
    fen = serializers.IntegerField(source="price_fen", min_value=0, max_value=_MOST_FEN)


class _Count(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=_MOST_PIECES, allow_null=True, **options)


class OfferTermsSerializer(StrictSerializer):
    price_fen = serializers.IntegerField(min_value=0, max_value=_MOST_FEN)
    price_steps = PriceStepSerializer(many=True)
    stock = _Count(help_text="Sale units; null is unlimited. Not below what is sold.")
    per_shopper = _Count(help_text="Null is unlimited. Not below what a shopper has.")
    per_community = _Count(help_text="Null is unlimited. Not below what a community has.")


class OfferTermsChangeSerializer(OfferTermsSerializer):
    reason = serializers.CharField(max_length=200)


class OfferTermsDoor(Door):
    keyed = ("PUT",)
    permission_classes = (ChangesOffers,)
    queryset = Offer.objects.none()

    def gate(self) -> QuerySet[Offer]:
        return Offer.objects.prefetch_related("price_steps")

    @extend_schema(operation_id="offer_terms", responses=OfferTermsSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(OfferTermsSerializer(cast("Any", terms_of(self.get_object()))).data)

    @extend_schema(
        operation_id="offer_terms_change", request=OfferTermsChangeSerializer, responses=OfferTermsSerializer
    )
    def put(self, request: Request, public_id: str) -> Response:
        """Give an offer of an open campaign these terms. Placed orders keep theirs."""
        offer: Offer = self.get_object()
        form = OfferTermsChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = dict(form.validated_data)
        reason = wanted.pop("reason")
        steps = [PriceStep(**step) for step in wanted.pop("price_steps")]
        actor = cast("User", request.user)

        def work() -> Answer:
            terms = OfferTerms(**wanted, price_steps=steps)
            offer_change(offer_id=offer.pk, terms=terms, reason=reason, actor_id=actor.pk)
            return Answer(200, OfferTermsSerializer(cast("Any", terms_of(self.gate().get(pk=offer.pk)))).data)

        return once(request, work)
