"""The picture of routes and their strips: everything is on it, in its place, and nothing in it is markup."""

import re
import xml.etree.ElementTree as ET

from fulfillment.domain.roads import Spot
from fulfillment.exports.route_map import LATE, MOST_NAMES, Dot, Line, colour_of, route_map
from fulfillment.exports.route_strip import A_PAGE, Station, strips


def dot(east_m: int, north_m: int, number: int = 1, **changed: object) -> Dot:
    fields = {"name": "翠苑小店", "state": "planned", "late": False} | changed
    return Dot(Spot(east_m, north_m), number, **fields)  # type: ignore[arg-type]


def circles(picture: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in re.findall(r'<circle cx="(-?\d+)" cy="(-?\d+)" r="16"', picture)]


def test_north_is_up_east_is_right_and_both_have_one_scale() -> None:
    line = Line(colour_of(0), (dot(0, 1000), dot(1000, 0), dot(0, -1000), dot(-1000, 0)))

    (top, right, bottom, left) = circles(route_map([line], title="图"))

    assert top[1] < right[1] == left[1] < bottom[1]
    assert left[0] < top[0] == bottom[0] < right[0]
    assert abs((right[0] - left[0]) - (bottom[1] - top[1])) <= 1


def test_every_picture_is_well_formed_and_everything_lies_on_it() -> None:
    for spread in (0, 1, 300, 5000, 40_000):
        dots = tuple(dot(spread * (n % 3 - 1), spread * (n % 5), n) for n in range(1, 9))
        picture = route_map([Line("#000000", dots)], title="图")
        root = ET.fromstring(picture)  # noqa: S314 - our own
        _, _, width, height = map(int, root.attrib["viewBox"].split())
        assert all(0 < x < width and 0 < y < height for x, y in circles(picture))
        assert height <= 760


def test_a_name_cannot_become_markup() -> None:
    picture = route_map([Line("#000000", (dot(1, 1, name='<b>"'),))], title="<i>")

    assert "<b>" not in picture
    assert "<i>" not in picture
    assert "&lt;b&gt;&quot;" in picture


def test_the_state_of_a_stop_is_seen() -> None:
    picture = route_map(
        [Line("#123456", (dot(0, 500), dot(500, 0, 2, state="arrived"), dot(0, -500, 3, state="signed", late=True)))],
        title="图",
    )

    assert picture.count('fill="#123456" stroke="#123456"') == 2  # full where the driver was
    assert "✓" in picture
    assert picture.count(LATE) == 1


def test_stops_without_a_vehicle_are_not_joined() -> None:
    assert "<polyline" not in route_map([Line("#000000", (dot(0, 500), dot(500, 0)), driven=False)], title="图")


def test_with_many_stops_the_numbers_stay_and_the_names_go() -> None:
    line = Line("#000000", tuple(dot(n * 10, n * 7, n) for n in range(1, MOST_NAMES + 2)))

    picture = route_map([line], title="图")

    assert "翠苑小店" not in picture
    assert f">{MOST_NAMES + 1}<" in picture


def test_an_empty_wave_has_a_picture_of_its_warehouse() -> None:
    assert "仓" in route_map([], title="图")


def station(number: int) -> Station:
    return Station(str(number), "06:00", "↓ 1.0 公里", f"点{number}", "路 1 号", "3 箱")


def test_a_long_strip_goes_on_on_another_sheet_without_losing_a_stop() -> None:
    home = Station("", "05:00", "", "仓库", "", "")

    sheets = strips([home, *(station(number) for number in range(1, 20))])

    assert len(sheets) == 2
    names = [name for sheet in sheets for name in re.findall(r">(点\d+)<", sheet)]
    assert names == [f"点{number}" for number in range(1, 20)]
    assert names.index(f"点{A_PAGE}") == A_PAGE - 1
    for sheet in sheets:
        ET.fromstring(sheet)  # noqa: S314 - our own


def test_a_stations_words_cannot_become_markup() -> None:
    (sheet,) = strips([Station("1", "06:00", "", "<script>", '"&', "3 箱")])

    assert "<script>" not in sheet
    assert "&lt;script&gt;" in sheet
