"""
The picture of a wave's routes: a plan without a map, drawn on the server.

Points lie where they lie, as seen from the warehouse; a route is a coloured line through its numbered stops and a
dashed one home. What is inside a stop's circle says where it stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from fulfillment.domain.roads import HOME, Spot
from fulfillment.domain.states import StopState

WIDTH: Final = 1000
TALLEST: Final = 760
LOWEST: Final = 320
MARGIN: Final = 70
MOST_NAMES: Final = 60
"""With more stops than this the names would lie on each other; the numbers stay."""

COLOURS: Final = (
    "#1a7a4c",
    "#c2410c",
    "#1d4ed8",
    "#9d174d",
    "#7c3aed",
    "#0e7490",
    "#a16207",
    "#b91c1c",
    "#4d7c0f",
    "#334155",
)
INK: Final = "#24332b"
PAPER: Final = "#ffffff"
LATE: Final = "#d92d20"


@dataclass(frozen=True, slots=True)
class Dot:
    """A stop on the picture; ``late``: it is behind its expected arrival."""

    spot: Spot
    number: int
    name: str
    state: str
    late: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A route on the picture. ``driven``: a vehicle is to drive it; stops without one are not joined."""

    colour: str
    dots: tuple[Dot, ...]
    driven: bool = True


@dataclass(frozen=True, slots=True)
class _Frame:
    """How metres become pixels: north is up, both directions have one scale."""

    west_m: int
    north_m: int
    metres_wide: int
    height: int

    def at(self, spot: Spot) -> tuple[int, int]:
        inner = WIDTH - 2 * MARGIN
        across = MARGIN + (spot.east_m - self.west_m) * inner // self.metres_wide
        down = MARGIN + (self.north_m - spot.north_m) * inner // self.metres_wide
        return across, down


def colour_of(place: int) -> str:
    """Return the colour of the route at ``place`` (from 0) on picture and legend alike."""
    return COLOURS[place % len(COLOURS)]


def route_map(lines: Sequence[Line], *, title: str) -> str:
    """Return the picture as SVG without a style or script of its own; its width is what the page gives it."""
    frame = _frame([dot.spot for line in lines for dot in line.dots])
    many = sum(len(line.dots) for line in lines) > MOST_NAMES
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {frame.height}" role="img"'
            f' aria-label="{escape(title)}" font-family="sans-serif">'
        ),
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{frame.height}" fill="#f8f4ec"/>',
        *(path for line in lines for path in _ways(frame, line)),
        *(mark for line in lines for dot in line.dots for mark in _dot(frame, line, dot, named=not many)),
        *_home(frame),
        *_scale(frame),
        "</svg>",
    ]
    return "".join(parts)


def _frame(spots: Sequence[Spot]) -> _Frame:
    """Take in everything, and no less than a kilometre; a town that is taller than wide is drawn narrower."""
    all_spots = [HOME, *spots]
    west, east = min(spot.east_m for spot in all_spots), max(spot.east_m for spot in all_spots)
    south, north = min(spot.north_m for spot in all_spots), max(spot.north_m for spot in all_spots)
    inner = WIDTH - 2 * MARGIN
    wide = max(1000, east - west, (north - south) * inner // (TALLEST - 2 * MARGIN))
    height = max(LOWEST, 2 * MARGIN + (north - south) * inner // wide)
    spare_m = wide - (east - west)
    spare_down_m = (height - 2 * MARGIN) * wide // inner - (north - south)
    return _Frame(west - spare_m // 2, north + spare_down_m // 2, wide, height)


def _ways(frame: _Frame, line: Line) -> Iterator[str]:
    if not line.driven or not line.dots:
        return
    points = " ".join("{},{}".format(*frame.at(spot)) for spot in (HOME, *(dot.spot for dot in line.dots)))
    shape = f'fill="none" stroke="{line.colour}" stroke-width="4" stroke-linejoin="round"'
    yield f'<polyline points="{points}" {shape}/>'
    (x1, y1), (x2, y2) = frame.at(line.dots[-1].spot), frame.at(HOME)
    yield (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{line.colour}" stroke-width="2"'
        ' stroke-dasharray="3 8" stroke-linecap="round"/>'
    )


def _dot(frame: _Frame, line: Line, dot: Dot, *, named: bool) -> Iterator[str]:
    """White: still to come. Full: the driver was there. With a ring: late."""
    x, y = frame.at(dot.spot)
    visited = dot.state in (StopState.ARRIVED, StopState.SIGNED)
    fill, ink = (line.colour, PAPER) if visited else (PAPER, line.colour)
    if dot.late:
        yield f'<circle cx="{x}" cy="{y}" r="22" fill="none" stroke="{LATE}" stroke-width="4"/>'
    dashes = "" if line.driven else ' stroke-dasharray="4 4"'
    yield f'<circle cx="{x}" cy="{y}" r="16" fill="{fill}" stroke="{line.colour}" stroke-width="4"{dashes}/>'
    text = "✓" if dot.state == StopState.SIGNED else str(dot.number)
    yield f'<text x="{x}" y="{y + 6}" text-anchor="middle" font-size="17" font-weight="700" fill="{ink}">{text}</text>'
    if named:
        yield (
            f'<text x="{x}" y="{y + 38}" text-anchor="middle" font-size="16" fill="{INK}" stroke="#f8f4ec"'
            f' stroke-width="4" paint-order="stroke">{escape(dot.name[:10])}</text>'
        )


def _home(frame: _Frame) -> Iterator[str]:
    x, y = frame.at(HOME)
    yield f'<rect x="{x - 18}" y="{y - 18}" width="36" height="36" rx="8" fill="{INK}"/>'
    yield f'<text x="{x}" y="{y + 7}" text-anchor="middle" font-size="20" font-weight="700" fill="{PAPER}">仓</text>'


def _scale(frame: _Frame) -> Iterator[str]:
    """A bar of a round length, about a fifth of the picture at most, and which way is north."""
    metres = next(
        (length for length in (20_000, 10_000, 5000, 2000, 1000, 500) if length * 4 <= frame.metres_wide), 200
    )
    long = metres * (WIDTH - 2 * MARGIN) // frame.metres_wide
    y = frame.height - 22
    text = f"{metres // 1000} 公里" if metres >= 1000 else f"{metres} 米"
    yield f'<path d="M20 {y - 7}v7h{long}v-7" fill="none" stroke="{INK}" stroke-width="3"/>'
    yield f'<text x="{20 + long + 10}" y="{y + 3}" font-size="17" fill="{INK}">{text}（直线）</text>'
    yield f'<path d="M{WIDTH - 34} 52v-30l-9 14m9 -14l9 14" fill="none" stroke="{INK}" stroke-width="3"/>'
    yield f'<text x="{WIDTH - 34}" y="72" text-anchor="middle" font-size="17" fill="{INK}">北</text>'
