"""Long papers as the people of a warehouse see them."""

from django.db.models import QuerySet

from fulfillment.domain.layouts import PaperKind
from fulfillment.models import PaperJob
from fulfillment.selectors import rights, waves
from groupbuy.models import User


def visible_to(user: User) -> QuerySet[PaperJob]:
    """Jobs of the waves that the person sees, of the papers that he may print; the newest first."""
    jobs = PaperJob.objects.filter(wave__in=waves.visible_to(user)).select_related("wave__warehouse", "asked_by")
    if not rights.may_see_costs(user):
        jobs = jobs.exclude(kind=PaperKind.PURCHASE)
    return jobs.order_by("-pk")
