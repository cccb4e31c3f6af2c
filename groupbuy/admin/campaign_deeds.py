"""What an operator does to a campaign: give it groups, open it, close it early."""

from typing import Any

from groupbuy.domain.states import CampaignState
from groupbuy.kernel.backoffice.columns import as_yuan, local
from groupbuy.kernel.backoffice.deeds import Deed, Done
from groupbuy.models import Campaign, PickupPoint
from groupbuy.selectors.backoffice import with_progress
from groupbuy.selectors.campaign_changes import unpaid_orders
from groupbuy.services.campaigns import campaign_open, groups_add
from groupbuy.services.cutoff import campaign_close


def _progress(campaign: Campaign) -> list[tuple[str, Any]]:
    row: Any = with_progress(Campaign.objects.filter(pk=campaign.pk)).get()
    return [
        ("社区团", row.group_count),
        ("已付订单", row.order_count),
        ("人数", row.people_count),
        ("件数", row.piece_count),
        ("实收", as_yuan(row.paid_fen)),
        ("截单时间", local(row.cutoff_at)),
    ]


def _add_groups(campaign: Campaign, done: Done) -> str:
    points = PickupPoint.objects.filter(warehouse=campaign.warehouse_id, active=True)
    added = groups_add(campaign=campaign, point_ids=list(points.values_list("pk", flat=True)))
    return f"新建 {added} 个社区团"


def _open(campaign: Campaign, done: Done) -> None:
    campaign_open(campaign_id=campaign.pk, actor_id=done.actor_id)


def _close_early(campaign: Campaign, done: Done) -> None:
    campaign_close(campaign_id=campaign.pk, actor_id=done.actor_id, early=True)


def _is(*states: CampaignState) -> Any:
    return lambda campaign: campaign.state in states


DEEDS = (
    Deed(
        name="groups_add",
        title="为本仓全部自提点建团",
        permission="groupbuy.change_campaign",
        do=_add_groups,
        question="给本仓每个启用的自提点的在岗团长各建一个社区团；已有的不重复。",
        facts=_progress,
        applies=_is(CampaignState.DRAFT, CampaignState.OPEN),
        icon="group_add",
    ),
    Deed(
        name="open",
        title="开团",
        permission="groupbuy.change_campaign",
        do=_open,
        question="开团后顾客可以下单，商品、价格和时间不能再修改。",
        facts=_progress,
        applies=_is(CampaignState.DRAFT),
        icon="rocket_launch",
    ),
    Deed(
        name="close_early",
        title="提前截单",
        permission="groupbuy.change_campaign",
        do=_close_early,
        question="立即停止下单，未付款的订单在支付宽限后取消，随后生成波次。此操作不能撤销。",
        facts=lambda campaign: [*_progress(campaign), ("待付款订单", unpaid_orders(campaign.pk))],
        applies=_is(CampaignState.OPEN),
        danger=True,
        icon="timer_off",
    ),
)
