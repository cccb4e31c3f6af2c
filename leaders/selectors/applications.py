"""Applications as their applicants and the reviewers see them."""

from django.db.models import QuerySet

from groupbuy.models import User
from leaders.domain.states import ApplicationState
from leaders.models import LeaderApplication


def own(user: User) -> QuerySet[LeaderApplication]:
    return LeaderApplication.objects.filter(applicant=user.pk).select_related("community")


def last(user: User) -> LeaderApplication | None:
    return own(user).order_by("-id").first()


def handed_in() -> QuerySet[LeaderApplication]:
    """Return what reviewers may see: everything but drafts."""
    return LeaderApplication.objects.exclude(state=ApplicationState.DRAFT).select_related("community")
