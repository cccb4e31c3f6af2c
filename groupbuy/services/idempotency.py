"""One key, one effect, one answer (I13). The key row lives and dies with the work's transaction."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy as _

from groupbuy.kernel.db import in_transaction, prepared, rows
from groupbuy.kernel.errors import DomainError, Invalid

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


class KeyMissing(Invalid):
    code = "idempotency_key_required"
    message = _("缺少 Idempotency-Key 请求头。")


class KeyMalformed(Invalid):
    code = "idempotency_key_malformed"
    message = _("Idempotency-Key 应为 8 到 64 位字母、数字、- 或 _。")


class KeyReused(DomainError):
    status = 422
    code = "idempotency_key_reused"
    message = _("这个 Idempotency-Key 已用于另一个请求。")


@dataclass(frozen=True)
class Answer:
    """A 2xx answer: ``data`` is JSON-ready."""

    status: int
    data: Any
    replayed: bool = False


def checked_key(raw: str | None) -> str:
    """
    Return the client's key.

    :raises KeyMissing: there is none.
    :raises KeyMalformed: it is not 8 to 64 letters, digits, ``-`` or ``_``.
    """
    if not raw:
        raise KeyMissing
    if not _KEY.fullmatch(raw):
        raise KeyMalformed
    return raw


def run_once(*, actor_id: int, key: str, request: Any, work: Callable[[], Answer]) -> Answer:
    """
    Do ``work`` once for (actor, key) and return its answer; a later call with the same ``request`` gets the same
    answer.

    :param request: JSON-ready; what was asked of whom (endpoint and body). Its hash tells a retry from a reuse.
    :raises KeyReused: the key was used for another request.

    Only an answer that ``work`` returns is stored: when it raises, the key is free again. A rival with the same key
    waits for the first one's commit and replays it.
    """
    fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True, cls=DjangoJSONEncoder).encode()).hexdigest()

    def claim_and_work() -> Answer:
        claimed = prepared(
            "INSERT INTO groupbuy_idempotencykey (actor_id, key, fingerprint, created_at)"
            " VALUES (%s, %s, %s, groupbuy_now()) ON CONFLICT (actor_id, key) DO NOTHING RETURNING true",
            [actor_id, key, fingerprint],
        )
        if not claimed:
            return _replay(actor_id, key, fingerprint)
        answer = work()
        prepared(
            "UPDATE groupbuy_idempotencykey SET status = %s, answer = %s::jsonb WHERE actor_id = %s AND key = %s",
            [answer.status, json.dumps(answer.data, cls=DjangoJSONEncoder), actor_id, key],
        )
        return answer

    return in_transaction(claim_and_work)


def _replay(actor_id: int, key: str, fingerprint: str) -> Answer:
    (stored,) = rows(
        "SELECT fingerprint, status, answer::text AS answer FROM groupbuy_idempotencykey"
        " WHERE actor_id = %s AND key = %s",
        [actor_id, key],
    )
    if stored["fingerprint"] != fingerprint:
        raise KeyReused
    return Answer(status=stored["status"], data=json.loads(stored["answer"]), replayed=True)
