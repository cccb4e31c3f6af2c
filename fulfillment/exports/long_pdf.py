"""PDF of thousands of pages: in batches by processes of their own, kept as they are done, put together at the end."""

import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from fulfillment.domain.papers import Paper
from fulfillment.exports.batches import batches
from fulfillment.exports.typesetter import Order
from fulfillment.exports.typesetters import AT_ONCE, typesetters
from fulfillment.exports.watching import Told, nobody

TRAILER: Final = 4_096
"""Bytes at the end of a PDF in which its identity stands."""

_RANDOM = re.compile(rb"(/ID\s*\[[^\[\]]*<)[0-9A-F]{32}(?=>\s*\])")


def write_long_pdf(paper: Paper, out: BinaryIO, *, lang: str, folder: Path | None = None, told: Told = nobody) -> None:
    """
    Write the same bytes for the same paper; memory does not grow with it until its pages are put together.

    :param folder: where finished batches are kept, so that the work goes on with the next one if it is done again; by
        default they are forgotten.
    :param told: hears how many more rows are typeset; what it raises ends the work.
    :raises TypesettingFailed: finished batches are kept.
    """
    if folder is None:
        with TemporaryDirectory(prefix="paper-") as own:
            write_long_pdf(paper, out, lang=lang, folder=Path(own), told=told)
        return
    parts = list(_typeset(paper, lang, folder, told))
    _put_together(parts, out)


def _typeset(paper: Paper, lang: str, folder: Path, told: Told) -> Iterator[Path]:
    bare = replace(paper, sections=(), flat=None)
    waiting: deque[tuple[Future[None] | None, int, Path]] = deque()
    with typesetters() as (processes, threads):
        for batch in batches(paper):
            target = folder / f"{batch.number:06}.pdf"
            order = Order(bare, batch, lang, target)
            work = None if target.exists() else threads.submit(processes.typeset, order)
            waiting.append((work, batch.rows, target))
            if len(waiting) > AT_ONCE:
                yield _finished(*waiting.popleft(), told)
        while waiting:
            yield _finished(*waiting.popleft(), told)


def _finished(work: "Future[None] | None", rows: int, target: Path, told: Told) -> Path:
    if work is not None:
        work.result()
    told(rows)
    return target


def _put_together(parts: list[Path], out: BinaryIO) -> None:
    from pypdfium2 import PdfDocument

    with PdfDocument(parts[0]) as book:  # whose title and date are those of the whole
        for part in parts[1:]:
            with PdfDocument(part) as pages:
                book.import_pages(pages)
        steady = _Steady(out)
        book.save(steady)
        steady.finish()


class _Steady:
    """Passes a PDF on, but for the random number by which it would differ each time it is saved."""

    def __init__(self, out: BinaryIO) -> None:
        self.out, self.held = out, bytearray()

    def write(self, data: bytes) -> int:
        self.held += data
        if len(self.held) > 2 * TRAILER:
            self.out.write(self.held[:-TRAILER])
            del self.held[:-TRAILER]
        return len(data)

    def finish(self) -> None:
        self.out.write(_RANDOM.sub(rb"\g<1>" + b"0" * 32, self.held))
