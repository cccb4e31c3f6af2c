"""Bearer tokens, revocable at once."""

from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class BearerToken(TokenAuthentication):  # type: ignore[misc]  # the library has no types
    """knox's, but bytes that are no text are a wrong token like any other, not a server error."""

    def authenticate_credentials(self, token: bytes) -> tuple[object, object]:
        if not token.isascii():
            raise AuthenticationFailed
        user, record = super().authenticate_credentials(token)
        return user, record
