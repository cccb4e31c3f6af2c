"""The building of a wave, a campaign that joins it late, a further issue of its papers: each may die in the middle."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from fulfillment.models import DeliveryNote, PaperIssue, PickLine, Pickup, PurchaseLine, SortLine, Stop, Wave
from fulfillment.services.paper_issues import papers_reissue
from fulfillment.services.wave_joins import wave_join
from fulfillment.services.waves import wave_build
from fulfillment.tasks import build_due_waves
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Campaign
from tests.faults.cases import Case, Work, differs
from tests.faults.ground import Ground
from tests.services.steps import give_back
from tests.world import close_and_freeze


def frozen(ground: Ground, campaign: Campaign, *, tomatoes: int) -> Campaign:
    """Freeze a campaign with an order of so many tomatoes at each of the two points."""
    for far in (False, True):
        ground.paid(ground.order(campaign, far=far, tomatoes=tomatoes))
    close_and_freeze(campaign=campaign)
    return campaign


def built(ground: Ground) -> Wave:
    campaign = frozen(ground, ground.fresh().campaign, tomatoes=3)
    wave = wave_build(warehouse_id=campaign.warehouse_id, delivery_date=campaign.delivery_date)
    assert wave is not None
    return wave


def papers_fault(versions: dict[int, list[int]]) -> Callable[[], str]:
    """:param versions: what each version puts to the two points, in order of position."""

    def fault() -> str:
        found = {
            issue.version: list(
                SortLine.objects.filter(paper_version=issue.version).order_by("pk").values_list("quantity", flat=True)
            )
            for issue in PaperIssue.objects.order_by("version")
        }
        counted = (
            Wave.objects.count(),
            Stop.objects.count(),
            DeliveryNote.objects.count(),
            PickLine.objects.count(),
            Pickup.objects.count(),
            PurchaseLine.objects.count() > 0,
        )
        number = len(versions)
        return differs((found, counted), (versions, (1, 2, 2 * number, number, 2, True)))

    return fault


def build_case(ground: Ground) -> Case:
    """The sweep builds; whoever finds it dead runs it again."""
    frozen(ground, ground.fresh().campaign, tomatoes=3)
    return Case(build_due_waves, papers_fault({1: [3, 3]}), build_due_waves)


def join_case(ground: Ground) -> Case:
    wave = built(ground)
    late = frozen(ground, ground.campaign(), tomatoes=2)
    act = partial(wave_join, wave_id=wave.pk, campaign_ids=[late.pk], reason="晚截单")
    return Case(act, papers_fault({1: [3, 3], 2: [5, 5]}), unless_done(act))


def unless_done(act: Work) -> Work:
    """An operator who got no answer tries again, and is told if it was done."""

    def again() -> None:
        with suppress(StateConflict):
            act()

    return again


def issue_case(ground: Ground) -> Case:
    """A further issue is not keyed: whoever sees no second version asks for one."""
    wave = built(ground)
    for line in ground.world.tomato.lines.all():
        give_back(line)
    act = partial(papers_reissue, wave_id=wave.pk, reason="退款")

    def again() -> None:
        if wave.issues.count() == 1:
            act()

    return Case(act, papers_fault({1: [3, 3], 2: [2, 2]}), again)


WAVES: dict[str, Callable[[Ground], Case]] = {
    "wave build": build_case,
    "wave join": join_case,
    "paper issue": issue_case,
}
