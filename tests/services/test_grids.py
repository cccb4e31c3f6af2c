"""Grid warehouses: one heap each on the warehouse's floor, then a place for every point behind them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.models import Stop, Vehicle, Wave
from fulfillment.services.route_plans import CannotPlan, route_plan_ask
from fulfillment.services.routes import stop_move
from fulfillment.services.wave_joins import wave_join
from groupbuy.domain.words import PointKind
from groupbuy.kernel import clock
from groupbuy.models import Campaign, GridWarehouse, Offer, OrderLine, PickupPoint, Warehouse
from groupbuy.services.campaigns import OfferWanted
from tests.books import assert_books
from tests.services.paper_files import table
from tests.services.steps import build, give_back, rolled_back
from tests.world import World, close_and_freeze, lead, open_campaign, person, place_and_pay, point, world

pytestmark = pytest.mark.django_db

Wanted = Mapping[PickupPoint, Mapping[str, int]]


@pytest.fixture
def w() -> World:
    made = world()
    Offer.objects.update(stock=None, per_shopper=None)
    return made


def grid(w: World, code: str) -> GridWarehouse:
    return GridWarehouse.objects.create(
        code=code, name=f"{code} 网格仓", warehouse=w.warehouse, address=f"{code} 路 1 号"
    )


def behind(w: World, grid: GridWarehouse | None, number: int) -> PickupPoint:
    """A point with a leader, behind a grid if one is given."""
    at = point(
        warehouse=w.warehouse, code=f"P{number:02d}", name=f"{number} 号店", kind=PointKind.SHOP, position=10 + number
    )
    at.grid = grid
    at.save()
    lead(point=at, user=person(name=f"{number} 团长", phone=f"139000000{number:02d}"), now=clock.now())
    return at


def frozen(w: World, wanted: Wanted) -> Campaign:
    """Freeze a campaign of tomatoes and eggs with these sale units at each point, by SKU code."""
    opened = open_campaign(
        warehouse=w.warehouse,
        points=list(wanted),
        offers=[OfferWanted(sku=w.tomato.sku), OfferWanted(sku=w.eggs.sku)],
        title="团",
    )
    offers = {offer.sku.code: offer for offer in opened.offers.select_related("sku")}
    for at, pieces in wanted.items():
        quantities = {offers[code]: number for code, number in pieces.items() if number}
        if quantities:
            place_and_pay(shopper=w.shopper, group=opened.groups.get(point=at), quantities=quantities)
    close_and_freeze(campaign=opened)
    return opened


def built(w: World, wanted: Wanted) -> Wave:
    frozen(w, wanted)
    return build(w.campaign)


def places(wave: Wave) -> list[tuple[str, int, str, int | None]]:
    stops = Stop.objects.filter(wave=wave).order_by("position")
    return list(stops.values_list("point__code", "position", "route__name", "grid_position"))


def columns(rows: list[dict[str, str]], *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


@pytest.fixture
def wave(w: World) -> Wave:
    """The near point directly; two points behind grid B, one behind grid A."""
    b, a = grid(w, "B"), grid(w, "A")
    wanted = {w.near: {"TOMATO": 1}, behind(w, b, 1): {"TOMATO": 2, "EGGS": 5}, behind(w, b, 2): {"TOMATO": 3}}
    return built(w, {**wanted, behind(w, a, 3): {"TOMATO": 4}})


def test_points_then_grids_then_the_points_behind_them_are_numbered_and_no_number_twice(wave: Wave) -> None:
    assert places(wave) == [
        ("HZ0001", 1, "一号线", None),
        ("P03", 4, "A 网格仓 一号线", 2),
        ("P01", 5, "B 网格仓 一号线", 3),
        ("P02", 6, "B 网格仓 一号线", 3),
    ]
    assert_books()


def test_the_warehouse_puts_one_heap_to_each_grid(wave: Wave) -> None:
    assert columns(table(wave, "sort"), "sku", "position", "point_code", "point", "quantity", "running_total") == [
        ("TOMATO", "1", "HZ0001", "翠苑小店", "1", "1"),
        ("TOMATO", "2", "A", "A 网格仓", "4", "5"),
        ("TOMATO", "3", "B", "B 网格仓", "5", "10"),
        ("EGGS", "3", "B", "B 网格仓", "5", "5"),
    ]


def test_the_grid_puts_its_heap_to_its_points(wave: Wave) -> None:
    names = ("grid_position", "grid_code", "sku", "sku_total", "position", "point_code", "quantity", "running_total")
    assert columns(table(wave, "grid"), *names) == [
        ("2", "A", "TOMATO", "4", "4", "P03", "4", "4"),
        ("3", "B", "TOMATO", "5", "5", "P01", "2", "2"),
        ("3", "B", "TOMATO", "5", "6", "P02", "3", "5"),
        ("3", "B", "EGGS", "5", "5", "P01", "5", "5"),
    ]


def test_every_point_behind_a_grid_still_has_a_note_of_its_own(wave: Wave) -> None:
    assert columns(table(wave, "note"), "position", "point_code", "sku", "quantity") == [
        ("1", "HZ0001", "TOMATO", "1"),
        ("4", "P03", "TOMATO", "4"),
        ("5", "P01", "TOMATO", "2"),
        ("5", "P01", "EGGS", "5"),
        ("6", "P02", "TOMATO", "3"),
    ]


def test_a_wave_without_grids_has_the_numbers_it_always_had_and_an_empty_grid_paper(w: World) -> None:
    wave = built(w, {w.near: {"TOMATO": 1}, w.far: {"TOMATO": 2}})

    assert places(wave) == [("HZ0001", 1, "一号线", None), ("HZ0002", 2, "一号线", None)]
    assert table(wave, "grid") == []


def test_who_joins_late_stands_behind_all_and_finds_his_grid_where_it_is(w: World, wave: Wave) -> None:
    b, c = GridWarehouse.objects.get(code="B"), grid(w, "C")
    late = frozen(w, {w.far: {"EGGS": 1}, behind(w, c, 7): {"EGGS": 2}, behind(w, b, 8): {"EGGS": 3}})

    wave_join(wave_id=wave.pk, campaign_ids=[late.pk], reason="晚截单")

    wave.refresh_from_db()
    assert places(wave)[4:] == [
        ("HZ0002", 7, "一号线", None),
        ("P08", 9, "B 网格仓 一号线", 3),
        ("P07", 10, "C 网格仓 一号线", 8),
    ]
    assert columns(table(wave, "sort"), "sku", "position", "quantity")[3:] == [
        ("EGGS", "3", "8"),
        ("EGGS", "7", "1"),
        ("EGGS", "8", "2"),
    ]
    assert_books()


def test_what_a_version_says_of_grids_never_changes(w: World, wave: Wave) -> None:
    before = [table(wave, kind) for kind in ("sort", "grid", "note")]

    GridWarehouse.objects.update(name="改名")
    PickupPoint.objects.update(grid=None)
    give_back(w.shopper.orders.get(point=w.near).lines.get())

    assert [table(wave, kind) for kind in ("sort", "grid", "note")] == before


def test_a_grid_of_another_warehouse_is_as_none(w: World) -> None:
    other = Warehouse.objects.create(code="WH2", name="别的仓", city="杭州市", address="别处")
    foreign = GridWarehouse.objects.create(code="F", name="外仓", warehouse=other, address="别处")

    wave = built(w, {behind(w, foreign, 1): {"TOMATO": 1}})

    assert places(wave) == [("P01", 1, "一号线", None)]


def test_with_grids_a_stop_may_move_but_no_number_does_and_the_solver_keeps_out(w: World, wave: Wave) -> None:
    Warehouse.objects.update(lng="120.100000", lat="30.280000")
    Vehicle.objects.create(
        warehouse=w.warehouse,
        name="一车",
        plate="浙A00001",
        crates=99,
        capacity_kg=900,
        shift_from="05:00",
        shift_to="18:00",
    )
    before = places(wave)
    moved = Stop.objects.get(wave=wave, point__code="P02")

    stop_move(stop_id=moved.pk, route_id=moved.route_id, sequence=1)

    assert places(wave) == before
    moved.refresh_from_db()
    assert moved.sequence == 1
    with pytest.raises(CannotPlan, match="网格仓"):
        route_plan_ask(wave_id=wave.pk, seed=1)
    assert_books()


PIECES = st.fixed_dictionaries({"TOMATO": st.integers(0, 9), "EGGS": st.integers(0, 9)})


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    points=st.lists(st.tuples(st.sampled_from(["", "A", "B", "C"]), PIECES), min_size=1, max_size=7), gone=st.booleans()
)
def test_the_papers_of_both_floors_add_up(w: World, points: list[tuple[str, dict[str, int]]], gone: bool) -> None:
    points = [(code, pieces if any(pieces.values()) else {"TOMATO": 1, "EGGS": 0}) for code, pieces in points]
    with rolled_back():
        grids = {code: grid(w, code) for code in "ABC"}
        wanted = {behind(w, grids.get(code), number): pieces for number, (code, pieces) in enumerate(points)}
        wave = built(w, wanted)
        if gone:
            give_back(OrderLine.objects.order_by("pk")[0])
            wave.refresh_from_db()

        notes, heaps, inside = (table(wave, kind) for kind in ("note", "sort", "grid"))

        owed = Counter({code: sum(pieces[code] for _, pieces in points) for code in ("TOMATO", "EGGS")})
        assert sums(notes, "sku") == sums(heaps, "sku") == sums(table(wave, "pick"), "sku") == +owed
        of_grids = [row for row in heaps if row["point_code"] in grids]
        assert sums(of_grids, "point_code", "sku") == sums(inside, "grid_code", "sku")
        direct = [row for row in heaps if row["point_code"] not in grids]
        assert sums(direct + inside, "point_code", "sku") == sums(notes, "point_code", "sku")
        assert_books()


def sums(rows: list[dict[str, str]], *by: str) -> Counter[str]:
    total: dict[str, int] = defaultdict(int)
    for row in rows:
        total[" ".join(row[name] for name in by)] += int(row["quantity"])
    return Counter(total)
