"""Long papers as PDF: batches by processes of their own, put together, and resumed after a kill."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest

from fulfillment.domain.papers import Change, Paper, Section, note_paper
from fulfillment.exports.batches import batches, whole
from fulfillment.exports.long_pdf import write_long_pdf
from fulfillment.exports.typesetter import Order
from fulfillment.exports.typesetters import Typesetters, TypesettingFailed, typesetters
from tests.exports.papers import HEAD, note_for, pick, rendered, sort


def notes(number: int, *, lines: int = 3) -> Paper:
    return note_paper(head=HEAD, notes=[note_for(n, point=f"自提点{n}", lines=lines) for n in range(1, number + 1)])


def sort_list(*volumes: tuple[str, int]) -> Paper:
    """So many rows of two pieces in each volume, each volume of one SKU."""
    sections = [
        Section(
            ("A1", f"SKU-{n}", "大米", "5kg", 2 * length),
            [(p, f"HZ{p}", "翠苑", 2, 2 * p) for p in range(1, length + 1)],
            volume=volume,
        )
        for n, (volume, length) in enumerate(volumes)
    ]
    return Paper(sort().kind, HEAD, sections, changes=(Change("翠苑", "SKU-0", "大米", 3, 2),))


def long(paper: Paper, *, folder: Path | None = None) -> bytes:
    out = BytesIO()
    write_long_pdf(paper, out, lang="zh", folder=folder)
    return out.getvalue()


def pages(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [re.sub(r"\s+", " ", document[n].get_textpage().get_text_range()) for n in range(len(document))]


def test_notes_are_the_pages_of_one_piece_each_numbered_for_itself() -> None:
    texts = pages(long(notes(60)))

    assert texts == pages(rendered(notes(60), "pdf"))
    assert len(texts) == 60
    assert all("第 1 / 1 页" in text for text in texts)
    assert "自提点60" in texts[-1]


def test_the_same_paper_gives_the_same_bytes() -> None:
    assert long(notes(51)) == long(notes(51))


def test_a_paper_numbered_page_by_page_is_so_many_volumes_and_its_sum_stands_once() -> None:
    texts = pages(long(sort_list(("ambient", 1_300), ("chilled", 20))))

    assert "第 1 / 3 册 第 1 / " in texts[0]
    assert "第 3 / 3 册 第 1 / 1 页" in texts[-1]
    assert [text for text in texts if "合计 1320 行 数量 2640" in text] == [texts[-1]]
    assert [text for text in texts if "与上一版的差异" in text] == [texts[0]]
    assert len([text for text in texts if "第 2 / 3 册" in text]) == 1


def test_batches_hold_every_row_once_and_sum_up_a_section_where_it_ends() -> None:
    cut = list(batches(sort_list(("ambient", 25), ("ambient", 3), ("chilled", 4)), most_rows=10))

    assert [[len(piece.rows) for piece in batch.pieces] for batch in cut] == [[10], [10], [5, 3], [4]]
    assert [[piece.sums for piece in batch.pieces] for batch in cut] == [[()], [()], [(50,), (6,)], [(8,)]]
    assert [(batch.number, batch.of, batch.lines, batch.total) for batch in cut] == [
        *((1, 4, 10, (20,)), (2, 4, 20, (40,))),
        *((3, 4, 28, (56,)), (4, 4, 32, (64,))),
    ]


def test_sections_with_their_own_pages_stay_whole() -> None:
    cut = list(batches(notes(7, lines=4), most_rows=10, most_sections=3))

    assert [[len(piece.rows) for piece in batch.pieces] for batch in cut] == [[4, 4], [4, 4], [4, 4], [4]]
    assert [len(batch.pieces) for batch in batches(notes(7), most_sections=3)] == [3, 3, 1]
    assert len(whole(notes(7)).pieces) == 7


def test_a_paper_without_rows_is_one_batch() -> None:
    assert [batch.number for batch in batches(pick(rows=()))] == [1]


class Stopped(Exception):
    pass


def test_finished_batches_are_kept_and_the_rest_is_done_later(tmp_path: Path) -> None:
    told: list[int] = []

    def stop_after_the_first(rows: int) -> None:
        told.append(rows)
        raise Stopped

    with pytest.raises(Stopped):
        write_long_pdf(notes(120), BytesIO(), lang="zh", folder=tmp_path, told=stop_after_the_first)
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.pdf")}
    assert told == [150]
    assert "000001.pdf" in kept

    assert pages(long(notes(120), folder=tmp_path)) == pages(rendered(notes(120), "pdf"))
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in kept} == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000001.pdf", "000002.pdf", "000003.pdf"]


def order_into(folder: Path, n: int = 1) -> Order:
    paper = notes(1)
    return Order(Paper(paper.kind, HEAD, ()), whole(paper), "zh", folder / f"{n}.pdf")


def test_a_typesetter_that_is_killed_fails_its_batch_and_is_replaced(tmp_path: Path) -> None:
    order = order_into(tmp_path)

    with typesetters(1) as (processes, _):
        processes.typeset(order)
        processes._started[0].kill()
        with pytest.raises(TypesettingFailed):
            processes.typeset(order)
        processes.typeset(order)

        assert len(processes._started) == 2
    assert [child.returncode for child in processes._started] == [-signal.SIGKILL, 0]
    assert len(pages((tmp_path / "1.pdf").read_bytes())) == 1


def test_the_failure_of_a_typesetter_that_is_gone_is_what_is_told_and_all_are_ended(tmp_path: Path) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def lose_the_first() -> None:
        with typesetters(2) as (processes, _):
            for _n in range(2):
                processes.typeset(order_into(tmp_path))
            started.extend(processes._started)
            started[0].kill()
            started[0].wait()
            processes.typeset(order_into(tmp_path))

    with pytest.raises(TypesettingFailed):
        lose_the_first()

    assert [child.returncode for child in started] == [-signal.SIGKILL] * 2


def test_what_still_waits_when_the_work_is_stopped_starts_no_typesetter_any_more(tmp_path: Path) -> None:
    used: list[Typesetters] = []

    def stop() -> None:
        with typesetters(2) as (processes, threads):
            used.append(processes)
            for n in range(6):
                threads.submit(processes.typeset, order_into(tmp_path, n))
            raise Stopped

    with pytest.raises(Stopped):
        stop()

    assert [child for child in used[0]._started if child.returncode is None] == []


def test_once_ended_no_typesetter_is_started(tmp_path: Path) -> None:
    processes = Typesetters(1)
    processes.end(at_once=True)

    with pytest.raises(TypesettingFailed):
        processes.typeset(order_into(tmp_path))
    assert processes._started == []


ORPHANS = """
import sys, time
from pathlib import Path
from fulfillment.exports.typesetter import Order
from fulfillment.exports.typesetters import typesetters
from fulfillment.exports.batches import whole
from tests.exports.test_long_pdf import notes

with typesetters(2) as (processes, threads):
    for n in (1, 2):
        threads.submit(processes.typeset, Order(notes(1), whole(notes(1)), "zh", Path(sys.argv[1]) / f"{n}.pdf")).result()
    children = [str(processes._start().pid), *(str(child.pid) for child in processes._started)]
    print(*children, flush=True)
    time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_no_typesetter_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHANS, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout is not None
    children = {int(pid) for pid in parent.stdout.readline().split()}
    assert children
    assert all(map(alive, children))

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait(10)
    parent.stdout.close()

    deadline = time.monotonic() + 10
    while any(map(alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in children if alive(pid)]


class ManyNotes:
    """Notes that exist one at a time."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __iter__(self) -> Iterator[Section]:
        for n in range(self.number):
            yield from notes(1).sections if n % 2 else notes(1, lines=2).sections


def test_sections_are_read_as_they_are_needed() -> None:
    first = next(batches(Paper(notes(1).kind, HEAD, ManyNotes(10**9))))

    assert first.rows == 125
