"""What every change of a campaign with orders begins with: being alone with it."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.kernel.db import GATE_CAMPAIGN, close_gate
from groupbuy.kernel.errors import DomainError, StateConflict
from groupbuy.models import Campaign


class DemandTaken(DomainError):
    code = "demand_taken"
    message = _("活动已进入波次：请先作废未发车的波次并暂停活动，再做这一步；已发车的不能再改。")


def campaign_lock(campaign_id: int, *states: CampaignState) -> tuple[Campaign, dt.datetime]:
    """
    Shut the gate, lock the campaign's row, and only then read its state and the clock.

    So no order is half inside, and neither the freeze nor the next stage takes the demand before the transaction ends.

    :raises StateConflict: it is in none of ``states``.
    :raises DemandTaken: the next stage has taken its demand.
    """
    close_gate(GATE_CAMPAIGN, campaign_id)
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    if campaign.state not in states:
        raise StateConflict
    if campaign.taken_at:
        raise DemandTaken
    return campaign, clock.now()
