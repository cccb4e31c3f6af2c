"""What a browser may load and run: nothing from elsewhere, and on our own pages nothing inline."""

import re

from django.test import Client

from tests.web.reading import words
from tests.world import World

STRICT = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


def directives(answer: object) -> dict[str, str]:
    header = answer.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    return dict(rule.split(" ", 1) for rule in header.split("; "))


def test_every_page_is_held_to_the_strict_policy(world: World, leader: Client, shopper: Client) -> None:
    shop = f"/g/{world.near.share_codes.get().code}/"

    for client, path in ((shopper, "/"), (shopper, shop), (shopper, "/my/pickups/"), (leader, "/leader/")):
        assert client.get(path).headers["Content-Security-Policy"] == STRICT
    assert shopper.get("/nothing/").headers["Content-Security-Policy"] == STRICT
    assert shopper.get("/api/v1/orders/").headers["Content-Security-Policy"] == STRICT


def test_the_back_office_and_the_document_page_may_have_what_their_makers_put_inline(visitor: Client) -> None:
    office, document = directives(visitor.get("/admin/login/")), directives(visitor.get("/api/v1/docs/"))

    assert (office["script-src"], office["style-src"]) == (
        "'self' 'unsafe-inline' 'unsafe-eval'",
        "'self' 'unsafe-inline'",
    )
    assert ("script-src" in document, document["style-src"]) == (False, "'self' 'unsafe-inline'")
    for rules in (office, document):
        assert rules["default-src"] == "'self'"
        assert not re.search(r"https?:|\*", " ".join(rules.values()))


def test_where_there_is_a_development_cashier_a_form_may_lead_there(world: World, settings: object) -> None:
    settings.DEV_CASHIER_URL = "http://127.0.0.1:4711/cashier/"  # type: ignore[attr-defined]

    assert directives(Client().get("/"))["form-action"] == "'self' http://127.0.0.1:4711"


def test_a_page_is_compressed_for_whoever_can_read_it(visitor: Client) -> None:
    plain, small = visitor.get("/"), visitor.get("/", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert len(small.content) < len(plain.content) / 2
    assert "社区团购" in words(plain)
