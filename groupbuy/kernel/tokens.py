"""Bearer tokens, revocable at once."""

import binascii

from django.contrib.auth import get_user_model
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from groupbuy.kernel.db import prepared

_TOKEN = [field.column for field in AuthToken._meta.concrete_fields]
_TOKEN_NAMES = [field.attname for field in AuthToken._meta.concrete_fields]
_USER = [field.column for field in get_user_model()._meta.concrete_fields]
_USER_NAMES = [field.attname for field in get_user_model()._meta.concrete_fields]

# By the database's clock. Written out because every request asks it: Django would build and plan it anew.
_FIND = f"""
    SELECT {", ".join(f"t.{column} AS t_{column}" for column in _TOKEN)},
           {", ".join(f"u.{column} AS u_{column}" for column in _USER)}
    FROM {AuthToken._meta.db_table} t JOIN {get_user_model()._meta.db_table} u ON u.id = t.user_id
    WHERE t.digest = %s AND (t.expiry IS NULL OR t.expiry > groupbuy_now())
"""  # noqa: S608 - the columns of our own tables


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
        found = prepared(_FIND, [digest])
        if not found:
            raise AuthenticationFailed
        record = AuthToken.from_db("default", _TOKEN_NAMES, [found[0][f"t_{column}"] for column in _TOKEN])
        record.user = get_user_model().from_db("default", _USER_NAMES, [found[0][f"u_{column}"] for column in _USER])
        user, record = self.validate_user(record)
        return user, record
