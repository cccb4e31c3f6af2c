"""C2: keys missing, malformed or used for something else, at every door that writes; the list is made from the routes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from groupbuy.models import StateChange, User
from groupbuy.services.idempotency import Answer, run_once
from tests.api.test_access import ROLES, TABLE, Scene, routes, view_of
from tests.faults.ground import Ground, broken, key
from tests.faults.rows import Run
from tests.faults.seams import replaced

MALFORMED = ("short", "no spaces allowed", "x" * 65, "semi;colons")
GETS_IN = (200, 201, 202, 204, 409)
KEPT = {"kept": "the answer of the first time"}
# What they answer is never kept: personal data, and the provider's parameters, which are asked for anew.
ANSWER_AFRESH = ("api-me", "api-order-pay", "api-pay-link-pay")


@dataclass(frozen=True)
class Door:
    """A keyed route and method, with a request of somebody who may make it."""

    name: str
    method: str
    path: str
    body: Any
    actor: User
    token: str

    def ask(self, web: str, tried: str | None) -> tuple[int, Any]:
        """Return the status, and the error's code or the whole answer."""
        headers = {"Authorization": f"Bearer {self.token}"} | ({} if tried is None else {"Idempotency-Key": tried})
        answer = httpx.request(self.method, web + self.path, json=self.body, headers=headers, timeout=30)
        said = answer.json()
        return answer.status_code, said if answer.is_success else said["errors"][0]["code"]

    def spend(self, body: Any) -> str:
        """Use a key up, as an earlier request with ``body`` would have."""
        tried, request = key(), {"method": self.method, "path": self.path, "body": body}
        run_once(actor_id=self.actor.pk, key=tried, request=request, work=lambda: Answer(200, KEPT))
        return tried


def doors(ground: Ground) -> Iterator[Door]:
    """Every keyed door, by the table of who may do what: a route that is not in it fails a test of its own."""
    scene = Scene(ground.fresh())
    for pattern in routes():
        name = str(pattern.name)
        for method in getattr(view_of(pattern), "keyed", ()):
            role = next(role for role, status in zip(ROLES, TABLE[name][method], strict=True) if status in GETS_IN)
            token = scene.tokens[role]
            assert token
            path = f"/api/v1/{scene.path(name)}"
            yield Door(name, method, path, scene.body(name), getattr(ground.world, role), token)


def wrong_keys(run: Run) -> None:
    """Nothing is done for a wrong key; a used one gets its own answer, and only for its own request."""
    found = list(doors(run.ground))
    moves = StateChange.objects.count()
    for _ in run.count():
        for door in found:
            run.tally.guarded(answers_wrongly(run.ground.web, door))
    moved = StateChange.objects.count() - moves
    run.tally.guarded((f"{moved} moves were made" if moved else "") or broken())
    run.tally.control(blind_to_bodies(run.ground.world.shopper))


def answers_wrongly(web: str, door: Door) -> str:
    seen = [door.ask(web, None), *(door.ask(web, tried) for tried in MALFORMED)]
    seen.append(door.ask(web, door.spend({"another": "body"})))
    wanted: list[tuple[int, Any]] = [
        (400, "idempotency_key_required"),
        *[(400, "idempotency_key_malformed")] * len(MALFORMED),
    ]
    wanted.append((422, "idempotency_key_reused"))
    if door.name not in ANSWER_AFRESH:
        seen.append(door.ask(web, door.spend(door.body)))
        wanted.append((200, KEPT))
    return "" if seen == wanted else f"{door.method} {door.name}: {seen}"


def blind_to_bodies(shopper: User) -> str:
    """With one fingerprint for all, the second body gets the first one's answer."""
    tried = key()

    class Same:
        def __init__(self, *_: Any) -> None:
            pass

        def hexdigest(self) -> str:
            return "0" * 64

    with replaced(hashlib, "sha256", Same):
        answers = [
            run_once(actor_id=shopper.pk, key=tried, request=body, work=lambda: Answer(200, None))
            for body in ("one", "two")
        ]
    return "the second body was answered" if answers[1].replayed else ""
