"""On a campaign's page: build its wave by hand, or take it out of one that has not left so that it can be changed."""

from typing import Any

from fulfillment.admin.waves import ReasonForm
from fulfillment.models import Wave
from fulfillment.selectors.backoffice import wave_to_void, with_totals
from fulfillment.selectors.wave_intake import waiting
from fulfillment.services.waves import wave_build, wave_void
from groupbuy.domain.states import CampaignState
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


def _build(campaign: Campaign, done: Done) -> str:
    wave = wave_build(warehouse_id=campaign.warehouse_id, delivery_date=campaign.delivery_date, actor_id=done.actor_id)
    return f"已建波次 {wave}" if wave else "没有要备货的件数，没有建波次"


def _build_facts(campaign: Campaign) -> Facts:
    found = waiting(warehouse_id=campaign.warehouse_id, delivery_date=campaign.delivery_date)
    taken = [(each.title, f"{each.orders} 单 · {each.points} 个自提点 · {each.pieces} 件") for each in found]
    coming = Campaign.objects.filter(
        warehouse=campaign.warehouse_id,
        delivery_date=campaign.delivery_date,
        state__in=(CampaignState.OPEN, CampaignState.CLOSING),
    ).count()
    return [*taken, ("还没有截单、不在内的活动", coming)]


def _waits(campaign: Campaign) -> bool:
    return campaign.state == CampaignState.FROZEN and campaign.taken_at is None and campaign.held_at is None


DEEDS = (
    Deed(
        name="wave_build",
        title="立即建波次",
        permission="fulfillment.change_wave",
        do=_build,
        question=(
            "不等仓库的建波次时间，马上把这个仓库这一天已截单、未暂停的活动建成一个波次并出单。之后截单的活动进入下一个"
            "波次，或由人加入这一个。"
        ),
        facts=_build_facts,
        applies=_waits,
        bulk=False,
        icon="playlist_add_check",
    ),
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
