"""Rows ``freeze_1m`` and ``growth``: orders by the hundred thousand, frozen by us and by plain SQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from groupbuy.models import Campaign
from groupbuy.services.cutoff import campaign_close
from tests.bench import intake, meter
from tests.bench.crew import Round, work
from tests.bench.region import Region
from tests.bench.report import Row, row
from tests.bench.site import Site
from tests.bench.town import Town, baskets

# The same columns and indexes, without triggers and foreign keys.
RAW_TABLES = """
    DROP TABLE IF EXISTS raw.frozen_order, raw.frozen_change, raw.frozen_outcome;
    CREATE TABLE raw.frozen_order (LIKE groupbuy_order INCLUDING ALL);
    CREATE TABLE raw.frozen_change (LIKE groupbuy_statechange INCLUDING ALL);
    CREATE TABLE raw.frozen_outcome (LIKE groupbuy_orderoutcome INCLUDING ALL);
    INSERT INTO raw.frozen_order SELECT * FROM groupbuy_order WHERE campaign_id = {campaign};
    ANALYZE raw.frozen_order;
"""
RAW_FREEZE = (
    "UPDATE raw.frozen_order SET state = 'accepted', version = version + 1 WHERE state = 'paid'",
    """INSERT INTO raw.frozen_change (machine, subject_id, old, new, reason, at)
    SELECT 'order', id, 'paid', 'accepted', 'cutoff', clock_timestamp() FROM raw.frozen_order""",
    """INSERT INTO raw.frozen_outcome (order_id, campaign_id, kind, at)
    SELECT id, campaign_id, 'accepted', clock_timestamp() FROM raw.frozen_order""",
)


def freeze(site: Site, region: Region, *, rounds: int) -> Row:
    """Freeze a campaign of the region's orders in a process of its own, and do the same writes as plain SQL, in turns."""
    ours, limits, peaks, orders = [], [], [], region.orders
    for _ in range(rounds):
        campaign = region.fill()
        limits.append(_freeze_raw(site, campaign, orders))
        campaign_close(campaign_id=campaign.pk, early=True)
        done = work("tests.bench.freeze", [[str(campaign.pk)]], servers=[site.postgres])
        peaks.append(done.outcomes["peak_rss_kb"] / 1024)
        ours.append(done)
        assert Campaign.objects.get(pk=campaign.pk).state == "frozen"
    return row(
        f"freeze_{size(orders)}",
        "s",
        ours=[each.seconds for each in ours],
        limit=[each.seconds for each in limits],
        cpu_ms=[each.cpu_ms / orders for each in ours],
        limit_cpu_ms=[each.cpu_ms / orders for each in limits],
        queries=ours[0].outcomes["queries"],
        peak_rss_mb=max(peaks),
    )


def size(orders: int) -> str:
    """1m, or 100k and the like: the end of a row's name."""
    return "1m" if orders == 1_000_000 else f"{orders // 1000}k"


def _freeze_raw(site: Site, campaign: Campaign, orders: int) -> Round:
    with psycopg.connect(site.owner_url) as connection:
        connection.execute(RAW_TABLES.format(campaign=campaign.pk).encode())
        connection.commit()
        with timed(site) as taken:
            for statement in RAW_FREEZE:
                done = connection.execute(statement.encode())
                assert done.rowcount == orders
            connection.commit()
        connection.execute("DROP TABLE raw.frozen_order, raw.frozen_change, raw.frozen_outcome")
    return Round(seconds=taken[0], cpu_ms=taken[1], outcomes={})


@contextmanager
def timed(site: Site) -> Iterator[list[float]]:
    """Put the seconds and the servers' CPU milliseconds of the block into the list."""
    taken: list[float] = []
    begun, cpu = time.monotonic(), meter.cpu_ms([site.postgres])
    yield taken
    taken += [time.monotonic() - begun, meter.cpu_ms([site.postgres]) - cpu]


def growth(site: Site, town: Town, few: list[Round], *, orders: int, rounds: int) -> Row:
    """
    Compare the CPU of an order in a full database with ``few``, rounds from before it was filled.

    ``ours`` and ``limit`` are CPU milliseconds an order, full and empty; flat is a ratio of 1.
    """
    intake.place(site, town, baskets(town, number=200, seed=49))  # warm again: plans and pages are new
    full = [intake.place(site, town, baskets(town, number=orders, seed=50 + n)) for n in range(rounds)]
    return row(
        "growth",
        "CPU ms/order, full : empty",
        ours=[each.cpu_ms_each for each in full],
        limit=[each.cpu_ms_each for each in few],
        cpu_ms=[each.cpu_ms_each for each in full],
        peak_rss_mb=meter.peak_rss_mb(site.web),
    )
