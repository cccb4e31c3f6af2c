"""A client per person: each calls the API as himself, with a fresh ``Idempotency-Key`` for every write."""

import json
from itertools import count
from typing import Any

from rest_framework.test import APIClient

from groupbuy.models import User


class Caller:
    """One person's client. Paths are relative to ``/api/v1/``; ``status`` and ``body`` of the last answer are kept."""

    _keys = count(1)

    def __init__(self, user: User | None) -> None:
        self.client = APIClient(raise_request_exception=False)
        if user is not None:
            self.client.force_authenticate(user)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self.send("post", path, body, key=key)

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key or f"key-{next(self._keys):08d}"}
        return getattr(self.client, method)(f"/api/v1/{path}", body, format="json", headers=headers)

    def raw(self, path: str, body: bytes, **headers: str) -> Any:
        """Post bytes that no JSON library would write."""
        keyed = {"Idempotency-Key": f"key-{next(self._keys):08d}", **headers}
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json", headers=keyed)


def problem(answer: Any) -> tuple[int, str, str | None]:
    """Return status, code and field of an error, which must have the one shape."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = json.loads(answer.content)
    assert body["type"] == "about:blank"
    assert body["status"] == answer.status_code
    first = body["errors"][0]
    assert set(first) == {"code", "detail", "attr"}
    assert body["title"] == first["detail"]
    return answer.status_code, first["code"], first["attr"]
