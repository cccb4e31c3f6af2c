"""
What every API door stands on: one shape of errors, strict input, safe cursors, opaque rows.

Errors are ``application/problem+json`` (RFC 9457) with ``errors[]`` of ``code``, ``detail``, ``attr``.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, OperationalError
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler, exception_handler
from drf_standardized_errors.types import ErrorResponse
from groupbuy.kernel.db import sqlstate
from groupbuy.kernel.errors import DomainError

MAX_BODY_BYTES = 256 * 1024
MAX_DEPTH = 20


class ProblemRenderer(JSONRenderer):
    """JSON whose media type says problem+json when the answer is an error."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code >= 400:
            response["Content-Type"] = "application/problem+json"
        return cast(bytes, super().render(data, accepted_media_type, renderer_context))


class _DomainProblem(APIException):
    """A DomainError on its way through DRF."""

    def __init__(self, error: DomainError) -> None:
        self.status_code = error.status
        self.error = error
        super().__init__(error.detail, error.code)


class ProblemFormatter(ExceptionFormatter):
    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        exc = self.exc
        errors = [{"code": e.code, "detail": e.detail, "attr": e.attr} for e in error_response.errors]
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": errors[0]["detail"] if errors else "",
            "status": exc.status_code,
            "errors": errors,
        }
        if isinstance(exc, _DomainProblem):
            errors[0]["attr"] = exc.error.attr
            body |= exc.error.facts
        return body


class ProblemHandler(ExceptionHandler):
    """Turn what a service, Django or the database raised on bad input into an API exception; the rest stays a 500."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            return _DomainProblem(exc)
        if isinstance(exc, DjangoValidationError):
            return ValidationError(exc.messages)
        if isinstance(exc, DataError | UnicodeEncodeError):
            return ParseError()
        if isinstance(exc, ValueError) and "NUL" in str(exc):
            return ParseError()
        if isinstance(exc, OperationalError) and sqlstate(exc) in {"55P03", "57014", "40P01"}:
            return _Busy()
        return cast(Exception, super().convert_known_exceptions(exc))


class _Busy(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "系统繁忙，请稍后重试。"
    default_code = "busy"


def problem_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """The project's ``EXCEPTION_HANDLER``."""
    return cast("Response | None", exception_handler(exc, context))


def _refuse_constant(_: str) -> NoReturn:
    raise ParseError("JSON 里不能有 NaN 或 Infinity。")


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ParseError("JSON 对象里有重复的键。")
    return result


def _check_value(value: Any) -> None:
    """Refuse NUL and lone surrogates anywhere, and nesting deeper than MAX_DEPTH; iterative, so depth cannot hurt us."""
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
    """JSON of at most 256 kB and 20 levels, without NaN, NUL, lone surrogates or duplicate keys."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(MAX_BODY_BYTES + 1)
        if len(raw) > MAX_BODY_BYTES:
            raise _TooLarge
        try:
            value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique_pairs)
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
                raise ValidationError({key: "未知字段。" for key in unknown}, code="unknown_field")
        return super().to_internal_value(data)


class NewestFirst(CursorPagination):
    """Newest rows first, 50 a page (at most 200); a forged cursor is a 404 like DRF's own."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"

    def decode_cursor(self, request: Any) -> Any:
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not cursor.position.isascii():
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (DjangoValidationError, ValueError, DataError, OverflowError):
            raise NotFound(self.invalid_cursor_message) from None


__all__ = [
    "NewestFirst",
    "ProblemFormatter",
    "ProblemHandler",
    "ProblemRenderer",
    "StrictJSONParser",
    "StrictSerializer",
    "problem_handler",
]
