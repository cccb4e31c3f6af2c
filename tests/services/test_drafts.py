"""Correcting a drafted campaign must not change what a promotion covers."""

import pytest

from groupbuy.models import Campaign, Offer
from groupbuy.services.campaigns import OfferWanted, campaign_create, offers_add
from groupbuy.services.drafts import OfferPromoted, draft_offers
from groupbuy.services.promotions import promotion_stop
from tests.promotions import spend_and_save
from tests.world import World, world

pytestmark = pytest.mark.django_db


def drafted(w: World) -> tuple[Campaign, list[Offer]]:
    campaign = campaign_create(
        title="草稿",
        warehouse=w.warehouse,
        opens_at=w.campaign.opens_at,
        cutoff_at=w.campaign.cutoff_at,
        delivery_date=w.campaign.delivery_date,
        actor=None,
    )
    return campaign, offers_add(campaign=campaign, offers=[OfferWanted(sku=w.tomato.sku), OfferWanted(sku=w.eggs.sku)])


def remove(campaign: Campaign, offer: Offer, w: World) -> None:
    draft_offers(campaign_id=campaign.pk, add=[], change={}, remove=[offer.pk], price_steps={}, actor_id=w.staff.pk)


def test_an_offer_that_a_promotion_is_limited_to_stays_until_that_is_stopped() -> None:
    w = world()
    campaign, (tomato, eggs) = drafted(w)
    promotion = spend_and_save(3000, 500, campaign=campaign, offers=[tomato])

    with pytest.raises(OfferPromoted):
        remove(campaign, tomato, w)

    assert list(promotion.offers.all()) == [tomato]
    remove(campaign, eggs, w)
    promotion_stop(promotion_id=promotion.pk, actor_id=None)
    remove(campaign, tomato, w)
    assert not campaign.offers.exists()
