"""Papers as files: rows in, bytes out. Nothing here asks the database."""

import re
from typing import BinaryIO, Literal, TypeAlias

from fulfillment.domain.papers import Paper

PaperFormat: TypeAlias = Literal["csv", "xlsx", "pdf"]

CONTENT_TYPES: dict[PaperFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def render(paper: Paper, *, format: PaperFormat, out: BinaryIO, lang: str = "zh") -> None:  # noqa: A002 - callers read better
    """
    Write one paper; the same paper gives the same bytes.

    :param out: stays open; CSV is written row by row, the others at the end.
    :param lang: ``zh`` or ``en``; CSV is for machines and has none.
    """
    # The writers weigh a second of imports: only the one that is asked for is loaded, and none at start-up.
    if format == "csv":
        from fulfillment.exports.csv import write_csv

        write_csv(paper, out)
    elif format == "xlsx":
        _write_spreadsheet(paper, out, lang)
    else:
        _write_print(paper, out, lang)


def _write_spreadsheet(paper: Paper, out: BinaryIO, lang: str) -> None:
    from fulfillment.exports.long_xlsx import LONG_LIST, write_long_xlsx
    from fulfillment.exports.xlsx import write_xlsx

    if paper.count() > LONG_LIST:
        write_long_xlsx(paper, out, lang=lang)
    else:
        write_xlsx(paper, out, lang=lang)


def _write_print(paper: Paper, out: BinaryIO, lang: str) -> None:
    from fulfillment.exports.long_pdf import LONG_PRINT, write_long_pdf
    from fulfillment.exports.pdf import write_pdf

    if paper.count() > LONG_PRINT:
        write_long_pdf(paper, out, lang=lang)
    else:
        write_pdf(paper, out, lang=lang)


def content_type(format: PaperFormat) -> str:  # noqa: A002 - callers read better
    return CONTENT_TYPES[format]


def file_name(paper: Paper, format: PaperFormat) -> str:  # noqa: A002 - callers read better
    """Plain ASCII, such as ``pick-2026-11-23-1-v2.pdf``: safe in a header and on any disk."""
    head = paper.head
    wave = re.sub(r"[^0-9A-Za-z_-]+", "-", head.wave).strip("-")
    whose = re.sub(r"[^0-9A-Za-z_-]+", "-", f"-{paper.only_for}") if paper.only_for else ""
    return f"{paper.kind}-{head.delivery_date.isoformat()}-{wave}{whose}-v{head.version}.{format}"
