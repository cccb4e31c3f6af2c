"""A second issue of a wave's papers: from today's truth, with its differences, while the first stays as it was."""

from io import BytesIO

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from fulfillment.domain.layouts import LAYOUTS
from fulfillment.domain.papers import Change
from fulfillment.exports import render
from fulfillment.models import DeliveryNote, PaperIssue, PickLine, SortLine, Stop, Wave
from fulfillment.selectors.paper_changes import changes
from fulfillment.selectors.papers import PaperMissing, paper
from fulfillment.services.paper_issues import papers_reissue
from fulfillment.services.waves import wave_void
from groupbuy.domain.words import PointKind
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Offer, PickupPoint, Sku, User
from tests.books import assert_books
from tests.clocks import stop_clock
from tests.services.steps import build, give_back
from tests.world import World, lead, person, place_and_pay, point, world

pytestmark = pytest.mark.django_db
KINDS = tuple(LAYOUTS)


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def wave(w: World) -> Wave:
    """4 tomatoes and 1 eggs to the near point, 2 tomatoes to the far one."""
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 4, w.eggs: 1})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})
    return build(w.campaign)


def give_back_tomatoes(w: World, pieces: int) -> None:
    give_back(w.tomato.lines.get(order__shopper=w.shopper), pieces)


def files(wave: Wave, version: int) -> dict[tuple[str, str], bytes]:
    made: dict[tuple[str, str], bytes] = {}
    for kind in KINDS:
        for suffix in ("csv", "xlsx", "pdf"):
            out = BytesIO()
            render(paper(wave=wave, kind=kind, paper_version=version), format=suffix, out=out)
            made[kind, suffix] = out.getvalue()
    return made


def sorted_lines(wave: Wave, version: int) -> list[tuple[str, str, int]]:
    lines = SortLine.objects.filter(wave=wave, paper_version=version)
    return sorted(lines.values_list("point__code", "sku__code", "quantity"))


def test_the_second_issue_leaves_out_what_went_back_and_the_first_still_has_it(w: World, wave: Wave) -> None:
    give_back_tomatoes(w, 3)

    version = papers_reissue(wave_id=wave.pk, reason="退款", actor_id=w.staff.pk)

    wave.refresh_from_db()
    assert (version, wave.paper_version) == (2, 2)
    assert sorted_lines(wave, 1) == [("HZ0001", "EGGS", 1), ("HZ0001", "TOMATO", 4), ("HZ0002", "TOMATO", 2)]
    assert sorted_lines(wave, 2) == [("HZ0001", "EGGS", 1), ("HZ0001", "TOMATO", 1), ("HZ0002", "TOMATO", 2)]
    picked = PickLine.objects.filter(wave=wave, sku=w.tomato.sku).order_by("paper_version")
    assert list(picked.values_list("quantity", flat=True)) == [6, 3]
    issues = PaperIssue.objects.filter(wave=wave).order_by("version")
    assert list(issues.values_list("version", "reason", "actor")) == [(1, "", None), (2, "退款", w.staff.pk)]
    assert_books()


def test_the_difference_is_told_by_point_and_sku(w: World, wave: Wave) -> None:
    give_back_tomatoes(w, 3)
    give_back(w.eggs.lines.get())
    papers_reissue(wave_id=wave.pk, reason="退款")
    wave.refresh_from_db()

    assert changes(wave, 1) == ()
    assert changes(wave, 2) == (
        Change("1 翠苑小店", "TOMATO", "番茄", 4, 1),
        Change("1 翠苑小店", "EGGS", "鲜鸡蛋", 1, 0),
    )
    assert paper(wave=wave, kind="pick").changes == changes(wave, 2)
    assert paper(wave=wave, kind="pick", paper_version=1).changes == ()


def test_an_issue_with_nothing_new_tells_no_difference(wave: Wave) -> None:
    papers_reissue(wave_id=wave.pk, reason="重打")
    wave.refresh_from_db()

    assert changes(wave, 2) == ()
    assert_books()


def test_the_first_version_gives_the_same_bytes_whatever_changed_since(w: World, wave: Wave) -> None:
    before = files(wave, 1)

    give_back_tomatoes(w, 4)
    Sku.objects.update(name="改名", bin="Z99")
    PickupPoint.objects.update(name="改名", address="别处")
    User.objects.update(display_name="改名")
    wave.routes.update(name="改名")
    Stop.objects.filter(wave=wave).update(
        position=F("position") + 7, sequence=F("sequence") + 7, crates=5, expected_at=None
    )
    papers_reissue(wave_id=wave.pk, reason="退款")
    wave.refresh_from_db()

    assert files(wave, 1) == before


def test_positions_that_moved_are_told_first(w: World, wave: Wave) -> None:
    for old, new in ((2, 3), (1, 2), (3, 1)):
        Stop.objects.filter(wave=wave, position=old).update(position=new)
    papers_reissue(wave_id=wave.pk, reason="重排线路")
    wave.refresh_from_db()

    assert changes(wave, 2) == (
        Change("1 古荡驿站", "", "格口号", 2, 1),
        Change("2 翠苑小店", "", "格口号", 1, 2),
    )
    assert_books()


def test_a_stop_that_lost_all_its_goods_keeps_its_position_but_has_no_note_to_sign(w: World, wave: Wave) -> None:
    give_back(w.tomato.lines.get(order__shopper=w.neighbour), 2)
    papers_reissue(wave_id=wave.pk, reason="退款")
    wave.refresh_from_db()

    issued = DeliveryNote.objects.filter(wave=wave, paper_version=2).order_by("position")
    assert list(issued.values_list("position", "point_name", "crates")) == [(1, "翠苑小店", 1), (2, "古荡驿站", 0)]
    assert [section.group[3] for section in paper(wave=wave, kind="note").sections] == ["翠苑小店"]
    assert_books()


def test_a_note_keeps_who_leads_the_point_and_how_he_is_reached(w: World, wave: Wave) -> None:
    note = DeliveryNote.objects.get(wave=wave, point=w.near)

    assert (note.leader, note.phone) == ("陈团长", "138****0011")
    assert (note.route_number, note.route_name, note.sequence) == (1, "一号线", 1)
    assert (note.point_code, note.address) == ("HZ0001", "文一路 1 号")


def test_issues_of_one_instant_still_follow_each_other(wave: Wave) -> None:
    first = wave.issues.get().issued_at
    stop_clock(at=first)

    papers_reissue(wave_id=wave.pk, reason="重打")
    papers_reissue(wave_id=wave.pk, reason="再打")

    instants = list(wave.issues.order_by("version").values_list("issued_at", flat=True))
    assert [(instant - first).microseconds for instant in instants] == [0, 1, 2]
    assert_books()


def test_a_voided_wave_gets_no_new_papers(wave: Wave) -> None:
    wave_void(wave_id=wave.pk, reason="送错仓")

    with pytest.raises(StateConflict):
        papers_reissue(wave_id=wave.pk, reason="退款")
    assert PaperIssue.objects.filter(wave=wave).count() == 1


def test_a_version_that_was_never_issued_is_missing(wave: Wave) -> None:
    with pytest.raises(PaperMissing):
        paper(wave=wave, kind="pick", paper_version=2)


@pytest.mark.parametrize("people", [1, 12])
def test_an_issue_takes_the_same_number_of_statements_whatever_the_wave_holds(w: World, people: int) -> None:
    Offer.objects.update(stock=None, per_shopper=None)
    for number in range(people):
        at = point(warehouse=w.warehouse, code=f"P{number}", name="店", kind=PointKind.SHOP, position=10 + number)
        leader = person(name="团长", phone=f"139000000{number:02d}")
        lead(point=at, user=leader, now=w.campaign.opens_at)
        group = w.campaign.groups.create(point=at, leader=leader)
        place_and_pay(shopper=w.shopper, group=group, quantities={w.tomato: 2, w.eggs: 1})
    wave = build(w.campaign)

    with CaptureQueriesContext(connection) as seen:
        papers_reissue(wave_id=wave.pk, reason="重打")

    assert len([query for query in seen if "SAVEPOINT" not in query["sql"]]) == 13
