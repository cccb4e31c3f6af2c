"""What every API door stands on: strict input, safe cursors, the media type of errors (``kernel/problems.py``)."""

import json
import math
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, NoReturn, TypeVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from django.db.models import Model
from django.utils.functional import cached_property
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import ModelSerializer, Serializer

M = TypeVar("M", bound=Model)

MAX_BODY_BYTES = 256 * 1024
MAX_DEPTH = 20


class ProblemRenderer(JSONRenderer):
    """JSON whose media type says problem+json when the answer is an error."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code >= 400:
            response["Content-Type"] = "application/problem+json"
        return super().render(data, accepted_media_type, renderer_context)


def _refuse_constant(_: str) -> NoReturn:
    raise ParseError("JSON 里不能有 NaN 或 Infinity。")


def _finite(text: str) -> float:
    """Read a number with a fraction or exponent; 1e999 would become the infinity that ``parse_constant`` refuses."""
    value = float(text)
    if math.isinf(value):
        raise ParseError("JSON 里的数太大。")
    return value


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ParseError("JSON 对象里有重复的键。")
    return result


def _check_value(value: Any) -> None:
    """
    Refuse NUL and lone surrogates anywhere, and nesting deeper than MAX_DEPTH; iterative, so depth cannot hurt us.
    """
    stack = [(value, 1)]
    while stack:
        item, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise ParseError("JSON 嵌套过深。")
        if isinstance(item, str):
            if "\x00" in item or any("\ud800" <= char <= "\udfff" for char in item):
                raise ParseError("文本里有不允许的字符。")
        elif isinstance(item, Mapping):
            stack += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list):
            stack += [(part, depth + 1) for part in item]


class StrictJSONParser(JSONParser):
    """JSON of at most 256 kB and 20 levels, without NaN, infinity, NUL, lone surrogates or duplicate keys."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(MAX_BODY_BYTES + 1)
        if len(raw) > MAX_BODY_BYTES:
            raise _TooLarge
        try:
            value = json.loads(
                raw.decode("utf-8"),
                parse_constant=_refuse_constant,
                parse_float=_finite,
                object_pairs_hook=_unique_pairs,
            )
        except (ValueError, RecursionError):
            raise ParseError("请求体不是合法的 JSON。") from None
        _check_value(value)
        return value


class _TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "请求体超过 256 kB。"
    default_code = "too_large"


class StrictSerializer(Serializer[Any]):
    """A serializer that refuses fields it does not know."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(key) for key in data if key not in self.fields]
            if unknown:
                raise ValidationError(dict.fromkeys(unknown, "未知字段。"), code="unknown_field")
        return super().to_internal_value(data)


class PlainModelSerializer(ModelSerializer[M]):
    """
    A serializer of rows whose every field is an attribute that is there, or of a related row that is there.

    It shows them as its parent does, without the parent's search for callables, defaults and missing rows, which takes
    three times as long; of an order it shows seventy fields.
    """

    def to_representation(self, instance: M) -> dict[str, Any]:
        return {
            name: None if (value := read(instance)) is None else show(value) for name, read, show in self._attributes
        }

    @cached_property
    def _attributes(self) -> list[tuple[str, Callable[[M], Any], Callable[[Any], Any]]]:
        return [(str(f.field_name), attrgetter(str(f.source)), f.to_representation) for f in self._readable_fields]


class NewestFirst(CursorPagination):
    """Newest rows first, 50 a page (at most 200); a forged cursor is a 404 like DRF's own."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (DjangoValidationError, ValueError, DataError, OverflowError):
            raise NotFound(self.invalid_cursor_message) from None
