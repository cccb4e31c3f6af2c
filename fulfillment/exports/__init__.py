"""Papers as files: rows in, bytes out. What writes a format asks no database; the making of long papers keeps their jobs."""

import re
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from fulfillment.domain.papers import Paper
from fulfillment.exports.watching import Told, nobody, watched

PaperFormat: TypeAlias = Literal["csv", "xlsx", "pdf"]

CONTENT_TYPES: dict[PaperFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


MOST_AT_ONCE: dict[PaperFormat, int] = {"csv": 100_000, "xlsx": 20_000, "pdf": 3_000}
"""Rows that a request may wait for, about a second or two; more are for a worker."""


def is_long(paper: Paper, format: PaperFormat) -> bool:  # noqa: A002 - callers read better
    return paper.has_more_than(MOST_AT_ONCE[format])


def render(
    paper: Paper,
    *,
    format: PaperFormat,  # noqa: A002 - callers read better
    out: BinaryIO,
    lang: str = "zh",
    folder: Path | None = None,
    told: Told = nobody,
) -> None:
    """
    Write one paper; the same paper gives the same bytes.

    :param out: stays open; CSV is written row by row, the others at the end.
    :param lang: ``zh`` or ``en``; CSV is for machines and has none.
    :param folder: keeps the finished parts of a long PDF, for another try.
    :param told: hears how many more rows are done; what it raises ends the work.
    """
    # The writers weigh a second of imports: only the one that is asked for is loaded, and none at start-up.
    if format == "csv":
        from fulfillment.exports.csv import write_csv

        write_csv(watched(paper, told), out)
    elif format == "xlsx":
        _write_spreadsheet(watched(paper, told), out, lang)
    elif is_long(paper, format):
        from fulfillment.exports.long_pdf import write_long_pdf

        write_long_pdf(paper, out, lang=lang, folder=folder, told=told)
    else:
        from fulfillment.exports.pdf import write_pdf

        write_pdf(paper, out, lang=lang)


def _write_spreadsheet(paper: Paper, out: BinaryIO, lang: str) -> None:
    from fulfillment.exports.long_xlsx import write_long_xlsx
    from fulfillment.exports.xlsx import write_xlsx

    if is_long(paper, "xlsx"):
        write_long_xlsx(paper, out, lang=lang)
    else:
        write_xlsx(paper, out, lang=lang)


def content_type(format: PaperFormat) -> str:  # noqa: A002 - callers read better
    return CONTENT_TYPES[format]


def file_name(paper: Paper, format: PaperFormat) -> str:  # noqa: A002 - callers read better
    """Plain ASCII, such as ``pick-2026-11-23-1-v2.pdf``: safe in a header and on any disk."""
    head = paper.head
    wave = re.sub(r"[^0-9A-Za-z_-]+", "-", head.wave).strip("-")
    whose = re.sub(r"[^0-9A-Za-z_-]+", "-", f"-{paper.only_for}") if paper.only_for else ""
    return f"{paper.kind}-{head.delivery_date.isoformat()}-{wave}{whose}-v{head.version}.{format}"
