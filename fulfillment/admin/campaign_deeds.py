"""On a campaign's page: take it out of a wave that has not left, so that it can still be changed."""

from typing import Any

from fulfillment.admin.waves import ReasonForm
from fulfillment.models import Wave
from fulfillment.selectors.backoffice import wave_to_void, with_totals
from fulfillment.services.waves import wave_void
from groupbuy.kernel.backoffice.base import lend
from groupbuy.kernel.backoffice.columns import local
from groupbuy.kernel.backoffice.deeds import Deed, Done, Facts
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Campaign


def _void(campaign: Campaign, done: Done) -> str:
    wave = wave_to_void(campaign.pk)
    if wave is None:
        raise StateConflict
    wave_void(wave_id=wave.pk, reason=done.data["reason"], actor_id=done.actor_id, hold=[campaign.pk])
    return f"{wave} 已作废，本活动已暂停；改完请恢复"


def _facts(campaign: Campaign) -> Facts:
    wave = wave_to_void(campaign.pk)
    if wave is None:
        return ()
    row: Any = with_totals(Wave.objects.filter(pk=wave.pk)).get()
    return [
        ("波次", str(wave)),
        ("波次里的活动", row.campaign_count),
        ("自提点", row.point_count),
        ("件数", row.piece_count),
        ("计划发车", local(row.dispatch_at)),
    ]


DEEDS = (
    Deed(
        name="void_and_hold",
        title="作废波次并暂停",
        permission="groupbuy.change_campaign",
        do=_void,
        question=(
            "作废这个活动所在的波次（未发车），已打印的单据全部失效；本活动暂停进波次，可以下架、取消或换点，"
            "改完请恢复。同波次的其他活动马上进入新的波次。"
        ),
        form=lambda _: ReasonForm,
        facts=_facts,
        applies=lambda campaign: campaign.taken_at is not None and wave_to_void(campaign.pk) is not None,
        bulk=False,
        danger=True,
        icon="pause_circle",
    ),
)

lend(Campaign, DEEDS)
