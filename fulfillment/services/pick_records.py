"""What records of the floor have in common: each once, by who was there; shortages and weights against an open pick."""

from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import WaveState
from fulfillment.models import Wave
from groupbuy.kernel.errors import DomainError, StateConflict


class PickClosed(StateConflict):
    code = "pick_closed"
    message = _("拣货已结束，不能再登记或撤销。")


class RecordReused(DomainError):
    status = 422
    code = "record_reused"
    message = _("这个登记编号已用于另一条记录。")


def hold(wave_id: int) -> Wave:
    """Hold a wave's row: records of its pick follow each other, and the closing waits for them."""
    return Wave.objects.select_for_update(no_key=True).get(pk=wave_id)


def must_be_open(wave: Wave) -> None:
    """
    Let only records of an open pick through; the caller holds the wave.

    :raises PickClosed: it is closed, dispatched or void.
    """
    if wave.state != WaveState.BUILT or wave.pick_closed_at is not None:
        raise PickClosed
