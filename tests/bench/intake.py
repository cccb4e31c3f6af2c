"""Rows ``intake_spread`` and ``intake_hot``: orders over HTTP against the raw limit, in turns."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from groupbuy.models import Offer
from tests.bench import meter
from tests.bench.crew import Round, work
from tests.bench.report import Row, row
from tests.bench.site import Site
from tests.bench.town import Town, baskets, order_request

CALLERS = 8
LATE = 40  # buyers of the hot offer who come when it is gone


def prepare_limit(site: Site, town: Town) -> None:
    """Make the limit's bare tables, with the offers of the town."""
    from tests.bench.limit import TABLES

    with psycopg.connect(site.owner_url, autocommit=True) as connection:
        connection.execute(TABLES)
        with connection.cursor().copy("COPY raw.offer (id, stock) FROM STDIN") as copy:
            for offer in town.offers:
                copy.write_row((offer.pk, 10**9))


def spread(site: Site, town: Town, *, orders: int, rounds: int) -> Row:
    """Measure ``rounds`` pairs of rounds; the limit does five times as many orders, to last about as long."""
    ours, limits = [], []
    for number in range(rounds):
        ours.append(place(site, town, baskets(town, number=orders, seed=number)))
        limits.append(place_raw(site, baskets(town, number=5 * orders, seed=number)))
    assert [each.outcomes for each in ours] == [{"201": orders}] * rounds
    return _row(site, town, "intake_spread", ours, limits)


def hot(site: Site, town: Town, *, orders: int, rounds: int) -> Row:
    """
    Measure orders that all want one offer of which there are exactly ``orders`` pieces in a round.

    What was sold must be the stock, on both sides, to the piece. The hot offer is the one locked last.
    """
    ours, limits = [], []
    offer = town.offers[-1]
    for number in range(rounds):
        _restock(site, offer, orders, 5 * orders)
        wanted = baskets(town, number=orders + LATE, seed=number, hot=offer)
        ours.append(place(site, town, wanted))
        limits.append(place_raw(site, baskets(town, number=5 * orders + LATE, seed=number, hot=offer)))
        offer.refresh_from_db()
        assert offer.sold == offer.stock, f"{offer.sold} sold of {offer.stock}"
    assert [each.outcomes for each in ours] == [{"201": orders, "409": LATE}] * rounds
    assert [each.outcomes for each in limits] == [{"201": 5 * orders, "409": LATE}] * rounds
    return _row(site, town, "intake_hot", ours, limits)


def _restock(site: Site, offer: Offer, pieces: int, pieces_raw: int) -> None:
    """Let exactly so many pieces be left on each side."""
    offer.refresh_from_db()
    Offer.objects.filter(pk=offer.pk).update(stock=offer.sold + pieces)
    with psycopg.connect(site.owner_url, autocommit=True) as connection:
        connection.execute("UPDATE raw.offer SET stock = sold + %s WHERE id = %s", [pieces_raw, offer.pk])


def place(site: Site, town: Town, wanted: Sequence[list[Offer]]) -> Round:
    """Order over HTTP, every basket once, CALLERS at a time."""
    requests = [order_request(town, number, basket) for number, basket in enumerate(wanted)]
    return call(site, requests)


def call(site: Site, requests: Sequence[str]) -> Round:
    """Send the requests, dealt out to CALLERS connections."""
    files = _deal(site.folder, requests)
    return work("tests.bench.client", [[str(site.port), file] for file in files], servers=[site.web, site.postgres])


def place_raw(site: Site, wanted: Sequence[list[Offer]]) -> Round:
    """Do the same with the limit's script; offers in the order of their ids, so the hot one comes last."""
    orders = [(number, uuid.uuid4().hex, sorted(offer.pk for offer in basket)) for number, basket in enumerate(wanted)]
    files = _deal(site.folder, orders)
    return work("tests.bench.limit", [[site.owner_url, file] for file in files], servers=[site.postgres])


def _deal(folder: Path, pieces: Sequence[Any]) -> list[str]:
    files = [folder / f"caller{number}.json" for number in range(CALLERS)]
    for number, file in enumerate(files):
        file.write_text(json.dumps(pieces[number::CALLERS]))
    return [str(file) for file in files]


def _row(site: Site, town: Town, name: str, ours: Sequence[Round], limits: Sequence[Round]) -> Row:
    return row(
        name,
        "orders/s",
        ours=[each.per_second for each in ours],
        limit=[each.per_second for each in limits],
        cpu_ms=[each.cpu_ms_each for each in ours],
        limit_cpu_ms=[each.cpu_ms_each for each in limits],
        queries=statements(town),
        peak_rss_mb=meter.peak_rss_mb(site.web),
    )


def statements(town: Town) -> int:
    """Count what one order sends to the database, BEGIN and COMMIT included, in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    head, _, body = order_request(town, 0, town.offers[:3]).partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    with CaptureQueriesContext(connection) as seen:
        answer = Client(headers=headers).post("/api/v1/orders/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return len(seen)
