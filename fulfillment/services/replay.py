"""From a week of grocery baskets to the wave that brings them out, and what stands in the database then."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fulfillment.models import Wave
from fulfillment.services.waves import wave_build
from groupbuy.kernel.db import rows
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Campaign
from groupbuy.providers.basket_file import BasketFile
from groupbuy.services.replay import week_load


class NoWave(StateConflict):
    code = "replay_no_wave"
    message = _("这一周的活动被暂停或取消，没有波次。")


@dataclass(frozen=True)
class Replayed:
    """A week in the database: ``wave`` is its public id, ``amount_fen`` what all pieces cost when they were bought."""

    wave: UUID
    orders: int
    lines: int
    pieces: int
    amount_fen: int


@transaction.atomic
def week_replay(*, file: BasketFile, week: int) -> Replayed | None:
    """
    Load a week, freeze it and build its wave, all or nothing; None: the file has no rows of it.

    A week that is here already is only reported; a wave that was voided since is built again.

    :raises BasketFileBad: the rows of the week cannot be read.
    :raises NoWave: somebody holds or has cancelled the week's campaign.
    """
    read = file.week(week)
    if not read:
        return None
    campaign = week_load(week=week, rows=read, cards=file.cards)
    return _report(campaign, _wave(campaign))


def _wave(campaign: Campaign) -> Wave:
    wave = Wave.objects.filter(campaigns__campaign=campaign, campaigns__active=True).first()
    wave = wave or wave_build(warehouse_id=campaign.warehouse_id, delivery_date=campaign.delivery_date)
    if wave is None:
        raise NoWave
    return wave


def _report(campaign: Campaign, wave: Wave) -> Replayed:
    (found,) = rows(
        """
        SELECT count(DISTINCT order_id) AS orders, count(*) AS lines, sum(quantity)::bigint AS pieces,
               sum(net_fen)::bigint AS amount_fen
        FROM groupbuy_orderline WHERE campaign_id = %s
        """,
        [campaign.pk],
    )
    return Replayed(wave=wave.public_id, **found)
