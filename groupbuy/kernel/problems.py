"""
One shape of errors: ``application/problem+json`` (RFC 9457) with ``errors[]`` of ``code``, ``detail``, ``attr``.

Apart from ``drf.py``, which the framework's own settings import while its views are still loading.
"""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler, exception_handler
from drf_standardized_errors.types import ErrorResponse, ExceptionHandlerContext
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.response import Response

from groupbuy.kernel.db import may_pass
from groupbuy.kernel.errors import DomainError


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
        if may_pass(exc):
            return _Busy()
        return super().convert_known_exceptions(exc)


class _Busy(APIException):
    """``wait`` becomes the header Retry-After, in seconds."""

    wait = 1
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "系统繁忙，请稍后重试。"
    default_code = "busy"


def problem_handler(exc: Exception, context: ExceptionHandlerContext) -> Response | None:
    """The project's ``EXCEPTION_HANDLER``."""
    return exception_handler(exc, context)
