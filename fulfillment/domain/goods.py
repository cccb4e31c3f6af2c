"""Where a shopper's goods are, told from the delivery of their point and the pieces of their line."""

from enum import StrEnum

from fulfillment.domain.states import StopState


class Goods(StrEnum):
    ORDERED = "ordered"
    PICKING = "picking"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    COLLECTED = "collected"
    REFUNDED = "refunded"


# The leader's signature is what makes goods "arrived": before it nobody has counted them.
_BY_STOP = {
    StopState.PLANNED: Goods.PICKING,
    StopState.ON_THE_WAY: Goods.ON_THE_WAY,
    StopState.ARRIVED: Goods.ON_THE_WAY,
    StopState.SIGNED: Goods.ARRIVED,
}


def goods_state(*, stop_state: str | None, due: int, collected: int) -> Goods:
    """
    Return where the pieces of one line are.

    :param stop_state: of the stop at the line's point; None while no wave holds the line.
    :param due: sale units the shopper is to get in all, 0 when everything was short or refunded.
    """
    if due == 0:
        return Goods.REFUNDED
    if collected >= due:
        return Goods.COLLECTED
    return Goods.ORDERED if stop_state is None else _BY_STOP[StopState(stop_state)]
