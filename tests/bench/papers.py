"""Rows ``csv_100k``, ``xlsx_100k`` and ``notes_pdf_10k``: long papers, from the database to the file."""

from groupbuy.models import PickupPoint
from tests.bench.crew import Round, work
from tests.bench.cutoff import size
from tests.bench.region import SKUS, Region
from tests.bench.report import Row, row
from tests.bench.site import Site

LIST_ROWS = 100_000
NOTES, LINES_A_NOTE = 10_000, 25


def csv_list(site: Site, region: Region, *, rounds: int) -> Row:
    """Write the sort list by us, against COPY of the same rows by the same query, in turns."""
    ours = [_sort_list(site, region, "csv") for _ in range(rounds)]
    return _row("csv", ours, limit=[each.outcomes["limit_ms"] / 1000 for each in ours])


def xlsx_list(site: Site, region: Region, *, rounds: int) -> Row:
    return _row("xlsx", [_sort_list(site, region, "xlsx") for _ in range(rounds)])


def notes_pdf(site: Site, region: Region) -> Row:
    """``ours`` in pages a second; memory is that of all processes together."""
    points = min(NOTES, _points(region))
    made = work("tests.bench.paper", [_arguments(region, points, LINES_A_NOTE, "note", "pdf")], servers=[site.postgres])
    pages = made.outcomes["pages"]
    return row(
        f"notes_pdf_{size(points)}",
        "pages/s",
        ours=[pages / made.seconds],
        cpu_ms=[made.cpu_ms / pages],
        peak_rss_mb=made.outcomes["peak_rss_kb"] / 1024,
    )


def _row(name: str, ours: list[Round], limit: list[float] | None = None) -> Row:
    return row(
        f"{name}_{size(LIST_ROWS)}",
        "s",
        ours=[each.seconds for each in ours],
        limit=limit or [],
        cpu_ms=[each.cpu_ms / LIST_ROWS for each in ours],
        peak_rss_mb=max(each.outcomes["peak_rss_kb"] for each in ours) / 1024,
    )


def _sort_list(site: Site, region: Region, paper_format: str) -> Round:
    points = max(LIST_ROWS // SKUS, min(_points(region), LIST_ROWS // 10))
    arguments = _arguments(region, points, LIST_ROWS // points, "sort", paper_format)
    return work("tests.bench.paper", [arguments], servers=[site.postgres])


def _arguments(region: Region, points: int, each: int, kind: str, paper_format: str) -> list[str]:
    return [str(region.warehouse.pk), str(points), str(each), kind, paper_format]


def _points(region: Region) -> int:
    return PickupPoint.objects.filter(warehouse=region.warehouse).count()
