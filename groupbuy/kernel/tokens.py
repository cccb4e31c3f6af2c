"""Bearer tokens, revocable at once."""

import binascii

from django.db.models import DateTimeField, Func, Q
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

# By the database's clock, in the statement that looks for the token.
_ALIVE = Q(expiry=None) | Q(expiry__gt=Func(function="groupbuy_now", output_field=DateTimeField()))


class BearerToken(TokenAuthentication):  # type: ignore[misc]  # the library has no types
    """
    knox's, found in one statement by the digest, which is the primary key; an expired token is a wrong one.

    Bytes that are no text are a wrong token like any other, not a server error.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[object, object]:
        try:
            digest = hash_token(token.decode("ascii"))
        except (UnicodeDecodeError, TypeError, binascii.Error):
            raise AuthenticationFailed from None
        record = next(iter(AuthToken.objects.select_related("user").filter(_ALIVE, digest=digest)), None)
        if record is None:
            raise AuthenticationFailed
        user, record = self.validate_user(record)
        return user, record
