"""
What picking and putting have in common: presses that are counted once, while the wave stays as it is.

The wave's row is shared meanwhile, so that a re-issue, the dispatch or the voiding comes before or after, and workers do
not wait for each other.
"""

from typing import Any

from django.utils.translation import gettext as now_in_words
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import WaveState
from groupbuy.kernel.db import rows
from groupbuy.kernel.errors import DomainError, Invalid, Missing, StateConflict

MOST_PIECES = 999_999


class NotInWave(Missing):
    code = "not_in_wave"
    message = _("这个波次里没有这个商品，或这个格口不要它。")


class BeyondDemand(DomainError):
    """``left``: how many are still wanted, below 0 where there are too many already."""

    code = "beyond_demand"


class EventReused(DomainError):
    status = 422
    code = "event_reused"
    message = _("这个操作编号已用于另一次操作。")


class NothingToUndo(DomainError):
    code = "nothing_to_undo"
    message = _("这一步已经撤销过，或不能撤销。")


def share_wave(wave_id: int) -> int:
    """
    Return the wave's paper version, which stays until the transaction ends. Workers share the row; whoever changes
    the wave has it alone.

    :raises StateConflict: it is dispatched or void.
    """
    found = rows("SELECT state, paper_version FROM fulfillment_wave WHERE id = %s FOR SHARE", [wave_id])
    if not found or found[0]["state"] != WaveState.BUILT:
        raise StateConflict(_("这个波次已发车或已作废，不能再改。"))
    return int(found[0]["paper_version"])


def check_pieces(pieces: int) -> None:
    if not 1 <= pieces <= MOST_PIECES:
        raise Invalid(_("数量应在 1 到 999999 之间。"), attr="pieces")


def refusal(state: dict[str, Any] | None, asked: int) -> DomainError:
    """Say what is left in the words of the person who typed too many."""
    if state is None:
        return NotInWave()
    left = state["quantity"] - state["pieces"]
    if left > 0:
        said = now_in_words("还差 {left} {unit}，您输入了 {asked}。")
    elif left == 0:
        said = now_in_words("已经齐了，不用再加。")
    else:
        said = now_in_words("已经多了 {surplus} {unit}，请拿回。")
    told = said.format(left=left, surplus=-left, unit=state["unit"], asked=asked)
    return BeyondDemand(told, attr="pieces", left=left)


def too_few_there(state: dict[str, Any] | None, asked: int) -> DomainError:
    there = state["pieces"] if state else 0
    told = now_in_words("这里只有 {there} 件，您输入了 {asked}。").format(there=there, asked=asked)
    return BeyondDemand(told, attr="pieces", left=there)
