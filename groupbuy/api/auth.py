"""
Logging in and out. These doors take no ``Idempotency-Key``: who logs in is nobody yet, and what is answered is secret
and must not be stored. Doing any of them twice does no harm.
"""

from typing import cast

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.api.fields import PhoneField
from groupbuy.api.me import MeSerializer
from groupbuy.kernel import guesses
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models import User
from groupbuy.services import sessions
from groupbuy.services.accounts import password_set, phone_login

WRONG_TRIES = 10
WRONG_TRIES_SECONDS = 600
# Codes asked for by one phone: each costs a text message.
CODES = 10
CODES_SECONDS = 600


class CodeWantedSerializer(StrictSerializer):
    phone = PhoneField()


class CodeSentSerializer(serializers.Serializer[dict[str, object]]):
    detail = serializers.CharField()
    development = serializers.BooleanField(help_text="The fixed development code is in use; nothing was sent.")


class CodeLoginSerializer(StrictSerializer):
    phone = PhoneField()
    code = serializers.CharField(max_length=12)
    name = serializers.CharField(max_length=64, default="", allow_blank=True, help_text="For a new account.")


class PasswordLoginSerializer(StrictSerializer):
    username = serializers.CharField(max_length=64, help_text="Log-in name or phone.")
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class PasswordSerializer(StrictSerializer):
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class SessionSerializer(serializers.Serializer[sessions.Session]):
    token = serializers.CharField(help_text="Send it as `Authorization: Bearer <token>`.")
    expires_at = serializers.DateTimeField()
    me = MeSerializer(source="user")


class CodeDoor(Door):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    guarded = True

    @extend_schema(operation_id="auth_code", request=CodeWantedSerializer, responses={202: CodeSentSerializer})
    def post(self, request: Request) -> Response:
        form = CodeWantedSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        phone = form.validated_data["phone"]
        guesses.count("code_sent", phone, limit=CODES, seconds=CODES_SECONDS)
        sessions.code_send(phone=phone)
        development = bool(settings.DEV_PROVIDERS)
        detail = "开发环境：请使用固定验证码。" if development else "验证码已发送。"
        return Response({"detail": detail, "development": development}, status=status.HTTP_202_ACCEPTED)


class TokenDoor(Door):
    guarded = True

    def get_permissions(self) -> list[AllowAny]:
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()  # type: ignore[return-value]

    @extend_schema(
        operation_id="auth_token",
        request=CodeLoginSerializer,
        responses={201: SessionSerializer},
    )
    def post(self, request: Request) -> Response:
        form = CodeLoginSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        phone, code, name = (form.validated_data[field] for field in ("phone", "code", "name"))
        guesses.count("login_code", phone, limit=WRONG_TRIES, seconds=WRONG_TRIES_SECONDS)
        user = phone_login(phone=phone, code=code, display_name=name)
        guesses.forgive("login_code", phone)
        return _session(user)

    @extend_schema(operation_id="auth_token_revoke", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        sessions.token_revoke(token=request.auth)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordTokenDoor(Door):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    guarded = True

    @extend_schema(
        operation_id="auth_token_password", request=PasswordLoginSerializer, responses={201: SessionSerializer}
    )
    def post(self, request: Request) -> Response:
        form = PasswordLoginSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        username, password = form.validated_data["username"], form.validated_data["password"]
        guesses.count("password", username, limit=WRONG_TRIES, seconds=WRONG_TRIES_SECONDS)
        user = sessions.password_login(username=username, password=password)
        guesses.forgive("password", username)
        return _session(user)


class PasswordDoor(Door):
    @extend_schema(operation_id="auth_password", request=PasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        form = PasswordSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user, password = cast("User", request.user), form.validated_data["password"]
        validate_password(password, user)
        password_set(user=user, password=password)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _session(user: User) -> Response:
    session = sessions.token_issue(user=user)
    return Response(SessionSerializer(session).data, status=status.HTTP_201_CREATED)
