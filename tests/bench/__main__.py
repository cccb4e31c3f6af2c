"""``make bench`` and ``make bench-quick``: measure, check the books, write the table."""

import argparse
import sys
from collections.abc import Callable, Iterator

from tests.bench.report import Row, surroundings, table, write
from tests.bench.site import Site, running


def measure(site: Site, *, quick: bool, rounds: int, wanted: list[str]) -> Iterator[Row]:
    """Yield row after row; the books are checked after each."""
    # Django is set up by now, not when this module is read.
    from tests.bench import cutoff, intake, notices, papers, region, town, waves
    from tests.books import assert_books

    place = town.build()
    intake.prepare_limit(site, place)
    orders, many = (500, 100_000) if quick else (2_000, 1_000_000)
    intake.place(site, place, town.baskets(place, number=200, seed=99))  # warm
    few = [intake.place(site, place, town.baskets(place, number=orders, seed=90 + n)) for n in range(rounds)]
    land = region.settle(site, orders=many)
    rows: dict[str, Callable[[], Row]] = {
        "intake_spread": lambda: intake.spread(site, place, orders=orders, rounds=rounds),
        "intake_hot": lambda: intake.hot(site, place, orders=orders, rounds=rounds),
        "notice": lambda: notices.notices(site, place, number=orders, rounds=rounds),
        "freeze_1m": lambda: cutoff.freeze(site, land, rounds=max(1, rounds // 2)),
        "wave_1m": lambda: waves.build(site, land),
        "csv_100k": lambda: papers.csv_list(site, land, rounds=rounds),
        "xlsx_100k": lambda: papers.xlsx_list(site, land, rounds=rounds),
        "notes_pdf_10k": lambda: papers.notes_pdf(site, land),
        "growth": lambda: cutoff.growth(site, place, few, orders=orders, rounds=rounds),
    }
    for name, take in rows.items():
        if not wanted or name in wanted:
            yield take()
            assert_books()


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="the small one: 100,000 orders instead of 1,000,000")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", action="append", default=[], help="a row's name; writes no files")
    given = arguments.parse_args()
    with running(shared_buffers="512MB" if given.quick else "2GB") as site:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            (postgres,) = cursor.fetchone()
        facts = surroundings(postgres=postgres, quick=given.quick, rounds=given.rounds)
        rows = []
        for each in measure(site, quick=given.quick, rounds=given.rounds, wanted=given.only):
            rows.append(each)
            sys.stdout.write(f"{each}\n")
            sys.stdout.flush()
    if not given.only:
        write(rows, facts)
    sys.stdout.write(table(rows, facts) + "\n")


if __name__ == "__main__":
    main()
