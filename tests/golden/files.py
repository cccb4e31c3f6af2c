"""Papers in the forms in which they are kept: the CSV as it is, the cells of the XLSX, the text of the PDF."""

import csv
import re
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
from openpyxl.cell.cell import Cell

from fulfillment.domain.layouts import LAYOUTS
from fulfillment.exports import PaperFormat, render
from fulfillment.models import Wave
from fulfillment.selectors.papers import paper

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "golden"
VERSIONS = (1, 2)
NAMES = tuple(
    f"v{version}/{kind}{suffix}"
    for version in VERSIONS
    for kind in LAYOUTS
    for suffix in (".csv", ".cells.csv", ".pdf.txt")
)


def made(wave: Wave) -> dict[str, str]:
    """Every kept file by its name, made anew."""
    found: dict[str, str] = {}
    for version in VERSIONS:
        for kind in LAYOUTS:
            name = f"v{version}/{kind}"
            found[f"{name}.csv"] = file(wave, kind, version, "csv").decode("utf-8")
            found[f"{name}.cells.csv"] = cells(file(wave, kind, version, "xlsx"))
            found[f"{name}.pdf.txt"] = text(file(wave, kind, version, "pdf"))
    return found


def file(wave: Wave, kind: str, version: int, form: PaperFormat) -> bytes:
    out = BytesIO()
    render(paper(wave=wave, kind=kind, paper_version=version), format=form, out=out)
    return out.getvalue()


def kept(name: str) -> str:
    return (FOLDER / name).read_bytes().decode("utf-8")


def cells(book: bytes) -> str:
    """One line for each cell that is not empty: sheet, place, type (n or s), number format, value."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("sheet", "cell", "type", "format", "value"))
    for sheet in openpyxl.load_workbook(BytesIO(book)).worksheets:
        for row in sheet.iter_rows():
            writer.writerows(_line(sheet.title, cell) for cell in row if cell.value is not None)
    return out.getvalue()


def _line(sheet: str, cell: Any) -> tuple[str, str, str, str, str]:
    assert isinstance(cell, Cell)
    return sheet, cell.coordinate, cell.data_type, cell.number_format, str(cell.value)


def text(document: bytes) -> str:
    """A line for each page, blanks made one: where the words stand is for the eye."""
    with pypdfium2.PdfDocument(document) as pages:
        texts = [page.get_textpage().get_text_range() for page in pages]
    return "".join(re.sub(r"\s+", " ", each.replace("\u200b", "")).strip() + "\n" for each in texts)
