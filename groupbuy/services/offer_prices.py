"""Price steps of offers (阶梯时段价)."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from groupbuy.domain.prices import PriceStep
from groupbuy.kernel.errors import Invalid
from groupbuy.models import OfferPriceStep

# PostgreSQL keeps years that Python cannot read back, and the whole shelf would be lost with them.
YEARS = range(2000, 2100)


def price_steps_replace(plans: Mapping[int, Sequence[PriceStep]]) -> None:
    """
    Give each offer these steps and no others, in the caller's transaction.

    :param plans: offer id -> steps in any order.
    :raises Invalid: two steps of an offer start at the same instant or in no year of ours, or a price is below 0.
    """
    for steps in plans.values():
        if any(step.starts_at.year not in YEARS for step in steps):
            raise Invalid(_("阶梯价的年份不对。"), attr="price_steps")
        if len({step.starts_at for step in steps}) < len(steps) or any(step.price_fen < 0 for step in steps):
            raise Invalid(_("阶梯价的时间不能重复，价格不能为负。"), attr="price_steps")
    OfferPriceStep.objects.filter(offer__in=list(plans)).delete()
    OfferPriceStep.objects.bulk_create(
        OfferPriceStep(offer_id=offer_id, starts_at=step.starts_at, price_fen=step.price_fen)
        for offer_id, steps in plans.items()
        for step in sorted(steps)
    )
