"""
WeChat Pay's notices of payments and refunds. No log-in: the signature over the raw body is the proof. Answers are in
WeChat's own form.
"""

import logging

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.kernel.doors import Door
from groupbuy.kernel.errors import DomainError
from groupbuy.providers.payment import NoMerchant, NoticeForged, NoticeUnsupported
from groupbuy.services.payments import payment_notice

log = logging.getLogger(__name__)

MAX_NOTICE_BYTES = 64 * 1024


class FailSerializer(serializers.Serializer[dict[str, str]]):
    code = serializers.CharField(default="FAIL")
    message = serializers.CharField()


class WechatNoticeDoor(Door):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    renderer_classes = (JSONRenderer,)

    @extend_schema(
        operation_id="payments_wechat_notice",
        request={"application/json": {"type": "object", "description": "As WeChat Pay APIv3 sends it, signed."}},
        responses={
            204: None,
            400: FailSerializer,
            401: FailSerializer,
            404: FailSerializer,
            413: FailSerializer,
            503: FailSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Take in one notice. A code other than 2xx makes WeChat send it again."""
        if int(request.headers.get("Content-Length") or 0) > MAX_NOTICE_BYTES:
            return _fail(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "notice too large")
        plain: HttpRequest = request._request  # noqa: SLF001 - the bytes as they came; DRF would parse them
        try:
            payment_notice(provider="wechat", headers=plain.headers, body=plain.body)
        except NoticeForged as error:
            log.warning("notice refused", extra={"why": str(error), "sender": request.META.get("REMOTE_ADDR")})
            return _fail(status.HTTP_401_UNAUTHORIZED, "signature wrong")
        except NoMerchant:
            return _fail(status.HTTP_503_SERVICE_UNAVAILABLE, "no merchant is set up")
        except NoticeUnsupported:
            return Response(status=status.HTTP_204_NO_CONTENT)
        except DomainError as error:
            return _fail(error.status, error.detail)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _fail(code: int, message: str) -> Response:
    return Response({"code": "FAIL", "message": message}, status=code)
