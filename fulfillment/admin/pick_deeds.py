"""Closing a wave's pick from the back office, after a look at what it will give back."""

from typing import Any

from fulfillment.domain.states import WaveState
from fulfillment.models import Wave
from fulfillment.selectors.shortages import losses
from fulfillment.services.shortages import pick_close
from groupbuy.kernel.backoffice.columns import as_yuan
from groupbuy.kernel.backoffice.deeds import Deed, Done

RECORDS = "fulfillment.change_wave"


def pick_is_open(wave: Wave) -> bool:
    return wave.state == WaveState.BUILT and wave.pick_closed_at is None


def _close(wave: Wave, done: Done) -> str:
    pick_close(wave_id=wave.pk, actor_id=done.actor_id)
    wave.refresh_from_db()
    found = losses(wave, most=1)
    return f"{found.orders} 个订单退款 {as_yuan(found.fen)}"


def _facts(wave: Wave) -> list[tuple[str, Any]]:
    found = losses(wave, most=1)
    return [("缺货", f"{found.pieces} 件"), ("涉及订单", found.orders), ("将退款", as_yuan(found.fen))]


CLOSE_PICK = Deed(
    name="close_pick",
    title="结束拣货",
    permission=RECORDS,
    do=_close,
    question="按活动的缺货规则分配，自动退款并通知顾客，单据出新版本。不能撤销，之后也不能再登记缺货和称重。",
    facts=_facts,
    applies=pick_is_open,
    icon="task_alt",
)
