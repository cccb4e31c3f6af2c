"""
How the API describes itself: every door's errors in the one shape, and the header that makes writes safe to repeat.
"""

from typing import Any, Literal

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.permissions import AllowAny

PROBLEM_TYPE = "application/problem+json"

IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    type=OpenApiTypes.STR,
    location=OpenApiParameter.HEADER,
    required=True,
    pattern="^[A-Za-z0-9_-]{8,64}$",
    description="Chosen by the client for one write, 8 to 64 letters, digits, `-` or `_`. A retry with the same key"
    " and body gets the first answer again; the key with another body is 422.",
)


class BearerTokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # registers itself
    target_class = "groupbuy.kernel.tokens.BearerToken"
    name = "bearerToken"


class ProblemItemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="For programs; never changes.")
    detail = serializers.CharField(help_text="For people.")
    attr = serializers.CharField(allow_null=True, help_text="The input field it is about.")


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457; further members help the client, such as `left` when something is sold out."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    errors = ProblemItemSerializer(many=True)  # type: ignore[assignment]  # the field is named by RFC 9457's habit


class ProblemSchema(AutoSchema):
    """Adds to each operation the problems that its door can answer with."""

    def get_override_parameters(self) -> list[Any]:
        keyed = self.method in getattr(self.view, "keyed", ())
        return [*super().get_override_parameters(), *([IDEMPOTENCY_KEY] if keyed else [])]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._problems():
            bodies.setdefault(status, self._problem())
        return bodies

    def _problem(self) -> dict[str, Any]:
        component = self.resolve_serializer(ProblemSerializer, "response")
        return {"content": {PROBLEM_TYPE: {"schema": component.ref}}, "description": ""}

    def _problems(self) -> list[str]:
        """400 bad input, 401 who are you, 403 not you, 404 not for you, 409 not now, 422 key reused, 429 slow down."""
        is_open = all(isinstance(permission, AllowAny) for permission in self.view.get_permissions())
        keyed = self.method in getattr(self.view, "keyed", ())
        conditions = {
            "400": True,
            "401": not is_open,
            "403": not is_open,
            "404": True,
            "409": keyed,
            "413": self.method != "GET",
            "415": self.method != "GET",
            "422": keyed,
            "429": getattr(self.view, "guarded", False),
            "503": True,
        }
        return [status for status, applies in conditions.items() if applies]
