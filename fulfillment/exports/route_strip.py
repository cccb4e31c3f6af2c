"""
The strip of a route (线路条): its stops as on a line of the underground, to be read from top to bottom while driving.

No map: time and way on the left, the number on the line, name, address, crates and a box for the pen on the right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 1000
STEP: Final = 96
TOP: Final = 44
LINE_X: Final = 170
A_PAGE: Final = 12
"""Stops that one sheet of A4 takes under its heading, at a size that is read at arm's length."""

INK: Final = "#000000"


@dataclass(frozen=True, slots=True)
class Station:
    """
    One stop of a strip; the warehouse is one too, without a number.

    :param time: as it is printed; empty when nothing is expected.
    :param way: from the one before, as it is printed.
    """

    number: str
    time: str
    way: str
    name: str
    address: str
    crates: str
    note: str = ""


def strips(stations: Sequence[Station]) -> list[str]:
    """Return a strip as pictures of one sheet each."""
    sheets = [stations[start : start + A_PAGE] for start in range(0, len(stations), A_PAGE)]
    return [_strip(sheet, goes_on=number < len(sheets)) for number, sheet in enumerate(sheets, 1)]


def _strip(stations: Sequence[Station], *, goes_on: bool) -> str:
    height = TOP + STEP * len(stations)
    end = height if goes_on else TOP + STEP * (len(stations) - 1) + 22
    marks = [mark for place, station in enumerate(stations) for mark in _station(place, station)]
    return "".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="线路条"'
                ' font-family="sans-serif">'
            ),
            (
                f'<line x1="{LINE_X}" y1="{TOP if stations[0].way == "" else 0}" x2="{LINE_X}" y2="{end}"'
                f' stroke="{INK}" stroke-width="6"/>'
            ),
            *marks,
            "</svg>",
        ]
    )


def _station(place: int, station: Station) -> Iterator[str]:
    y = TOP + STEP * place + 22
    if station.way:
        yield _text(LINE_X - 44, y - 38, station.way, 20, anchor="end")
    yield _text(LINE_X - 44, y + 11, station.time, 34, anchor="end", bold=True)
    if station.number:
        yield f'<circle cx="{LINE_X}" cy="{y}" r="27" fill="#ffffff" stroke="{INK}" stroke-width="5"/>'
        yield _text(LINE_X, y + 10, station.number, 29, anchor="middle", bold=True)
    else:
        yield f'<rect x="{LINE_X - 24}" y="{y - 24}" width="48" height="48" rx="8" fill="{INK}"/>'
        yield _text(LINE_X, y + 9, "仓", 26, anchor="middle", bold=True, colour="#ffffff")
    yield _text(LINE_X + 48, y + 2, station.name[:16], 30, bold=True)
    yield _text(LINE_X + 48, y + 29, f"{station.address[:26]}{'　' + station.note if station.note else ''}", 19)
    yield _text(WIDTH - 70, y + 10, station.crates, 32, anchor="end", bold=True)
    if station.number:
        yield f'<rect x="{WIDTH - 48}" y="{y - 16}" width="32" height="32" fill="none" stroke="{INK}" stroke-width="3"/>'


def _text(x: int, y: int, text: str, size: int, *, anchor: str = "start", bold: bool = False, colour: str = INK) -> str:
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}"{weight} fill="{colour}">{escape(text)}</text>'
    )
