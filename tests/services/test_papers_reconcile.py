"""All papers of every version of a wave hold the same pieces, whatever happened before, between and after."""

import uuid
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from fulfillment.models import PaperIssue, SortLine, Wave
from fulfillment.services.paper_issues import papers_reissue
from fulfillment.services.shortages import pick_close, shortage_record
from fulfillment.services.waves import wave_build
from fulfillment.services.weights import weight_record
from groupbuy.models import OrderLine
from tests.books import assert_books
from tests.services.market import Market, market
from tests.services.paper_files import Totals, by_point, by_sku, pieces_by_point, table, totals
from tests.services.steps import give_back, rolled_back
from tests.world import close_and_freeze, place_and_pay

pytestmark = pytest.mark.django_db

POINTS = ("HZ0001", "HZ0002", "HZ0003", "HZ0004")
SKUS = ("TOMATO", "RICE", "EGGS", "PORK", "DUMPLINGS")

orders = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(POINTS),
        st.dictionaries(st.sampled_from(SKUS), st.integers(1, 45), min_size=1),
        st.sampled_from(("3-2-501", "10-1-101", "2号楼 301", "")),
    ),
    min_size=2,
    max_size=7,
)
steps = st.lists(
    st.tuples(
        st.sampled_from(("refund", "refund", "short", "weigh", "reissue")), st.integers(0, 99), st.integers(1, 30)
    ),
    max_size=9,
)


@dataclass
class Story:
    """A wave being worked on, and what was due by point and SKU at each issue, read from the order lines there and then."""

    market: Market
    wave: Wave
    due: dict[int, Totals] = field(default_factory=dict)

    def note(self) -> None:
        """Remember what is due, if papers were issued since."""
        version = PaperIssue.objects.filter(wave=self.wave).count()
        if version not in self.due:
            self.due[version] = due()

    def step(self, what: str, which: int, many: int) -> None:
        if what == "refund":
            refund(which, many)
        elif what == "reissue":
            papers_reissue(wave_id=self.wave.pk, reason="补打")
        elif what == "short":
            self._short(which, many)
        else:
            self._weigh(which, many)
        self.note()

    def _short(self, which: int, many: int) -> None:
        """Pieces of a SKU that are due now and are missing, at a point or at the pick."""
        lines = [(key, pieces) for key, pieces in sorted(due().items()) if pieces]
        recorded = self.wave.shortages.count()
        if not lines or recorded:  # once: a second one might ask for more than the version has left
            return
        (point, sku), pieces = lines[which % len(lines)]
        line = SortLine.objects.filter(wave=self.wave, point__code=point, sku__code=sku).latest("paper_version")
        shortage_record(
            wave_id=self.wave.pk,
            sku_id=line.sku_id,
            pieces=min(many, pieces, line.quantity),
            actor_id=self.market.w.picker.pk,
            uuid=uuid.uuid4(),
            point_id=line.point_id if which % 2 else None,
        )

    def _weigh(self, which: int, many: int) -> None:
        pork = [(point, pieces) for (point, sku), pieces in sorted(due().items()) if sku == "PORK" and pieces]
        if not pork or self.wave.weights.exists():
            return
        point, pieces = pork[which % len(pork)]
        weight_record(
            wave_id=self.wave.pk,
            sku_id=self.market.offers["PORK"].sku_id,
            point_id=self.market.points[point].pk,
            real_base=max(1, pieces * 500 - many),
            actor_id=self.market.w.picker.pk,
            uuid=uuid.uuid4(),
        )


def due() -> Totals:
    found: Totals = Counter()
    lines = OrderLine.objects.filter(order__state="accepted").select_related("order__point", "sku")
    for line in lines:
        found[line.order.point.code, line.sku.code] += line.quantity - line.short - line.refunded
    return +found


def refund(which: int, many: int) -> None:
    """Give back some of what is due on one line, if there is one."""
    lines = [line for line in OrderLine.objects.filter(order__state="accepted").order_by("pk") if line.due]
    if lines:
        line = lines[which % len(lines)]
        give_back(line, min(many, line.due))


@examples(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bought=orders, before=st.lists(st.integers(0, 99), max_size=3), after=steps, close=st.booleans())
@example(
    bought=[(0, "HZ0001", {"TOMATO": 7, "PORK": 3}, "3-2-501"), (1, "HZ0003", {"TOMATO": 45, "DUMPLINGS": 2}, "")],
    before=[0],
    after=[("refund", 4, 2), ("reissue", 0, 1), ("weigh", 0, 30), ("short", 3, 2), ("refund", 8, 30)],
    close=True,
)
def test_papers_of_every_version_hold_what_was_due_when_they_were_issued(
    ground: Market,
    bought: list[tuple[int, str, dict[str, int], str]],
    before: list[int],
    after: list[tuple[str, int, int]],
    close: bool,
) -> None:
    with rolled_back():
        story = told(ground, bought, before)
        for what, which, many in after:
            story.step(what, which, many)
        if close:
            pick_close(wave_id=story.wave.pk)
            story.note()
        refund(7, 3)  # after the last issue: on no paper

        story.wave.refresh_from_db()
        assert len(story.due) == story.wave.paper_version
        for version, wanted in story.due.items():
            reconciles(story.wave, version, wanted)
        assert_books()


@pytest.fixture
def ground() -> Market:
    return market()


def told(ground: Market, bought: list[tuple[int, str, dict[str, int], str]], before: list[int]) -> Story:
    """Let people buy, give some of it back, build the wave; one order more, of a piece of each, is never touched first."""
    wanted = [(2, "HZ0004", dict.fromkeys(SKUS, 1), "1-1-101"), *bought]
    for shopper, point, quantities, room in wanted:
        place_and_pay(
            shopper=ground.shoppers[shopper],
            group=ground.groups[point],
            quantities={ground.offers[code]: quantity for code, quantity in quantities.items()},
            room=room,
        )
    close_and_freeze(campaign=ground.campaign)
    for which in before:
        refund(which + 5, 2)
    wave = wave_build(warehouse_id=ground.w.warehouse.pk, delivery_date=ground.campaign.delivery_date)
    assert wave is not None
    story = Story(ground, wave)
    story.note()
    return story


def reconciles(wave: Wave, version: int, wanted: Totals) -> None:
    for kind in ("sort", "point", "note", "bag", "label"):
        assert totals(wave, kind, version) == wanted, (version, kind)
    for kind in ("pick", "loading"):
        assert by_sku(totals(wave, kind, version)) == by_sku(wanted), (version, kind)
    for kind in ("bag", "label", "loading"):
        assert pieces_by_point(wave, kind, version) == by_point(wanted), (version, kind)
    weighed = Counter({key: pieces for key, pieces in wanted.items() if key[1] == "PORK"})
    assert totals(wave, "check", version) == weighed
    picked = table(wave, "pick", version)
    assert all(int(row["quantity"]) == int(row["cases"]) * int(row["case_size"]) + int(row["pieces"]) for row in picked)
    assert len({(row["point_code"], row["position"]) for row in table(wave, "sort", version)}) == len(by_point(wanted))
