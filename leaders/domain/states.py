"""The states of a leader's application and of a leader, and the moves between them."""

from enum import StrEnum

from groupbuy.kernel.machine import Machine


class ApplicationState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    RESUBMITTED = "resubmitted"


class LeaderState(StrEnum):
    ACTIVE = "active"
    RESTING = "resting"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class CommissionLeg(StrEnum):
    """Who earns from a sale: the seller, and at most his recommender; there is no third (DOMAIN "Levels")."""

    SELLER = "seller"
    RECOMMENDER = "recommender"


def _set(*states: StrEnum) -> frozenset[str]:
    return frozenset(state.value for state in states)


_DECIDED = _set(ApplicationState.APPROVED, ApplicationState.REJECTED)

APPLICATION = Machine(
    name="application",
    table="leaders_leaderapplication",
    start=_set(ApplicationState.DRAFT, ApplicationState.SUBMITTED),
    moves={
        ApplicationState.DRAFT: _set(ApplicationState.SUBMITTED),
        ApplicationState.SUBMITTED: _set(ApplicationState.UNDER_REVIEW) | _DECIDED,
        ApplicationState.RESUBMITTED: _set(ApplicationState.UNDER_REVIEW) | _DECIDED,
        ApplicationState.UNDER_REVIEW: _DECIDED,
        ApplicationState.REJECTED: _set(ApplicationState.RESUBMITTED),
    },
)

LEADER = Machine(
    name="leader",
    table="leaders_leader",
    start=_set(LeaderState.ACTIVE),
    moves={
        LeaderState.ACTIVE: _set(LeaderState.RESTING, LeaderState.SUSPENDED, LeaderState.CLOSED),
        LeaderState.RESTING: _set(LeaderState.ACTIVE, LeaderState.SUSPENDED, LeaderState.CLOSED),
        LeaderState.SUSPENDED: _set(LeaderState.ACTIVE, LeaderState.CLOSED),
    },
)

MACHINES = (APPLICATION, LEADER)
