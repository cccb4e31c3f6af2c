"""Facts of earlier stages whose money is not booked yet."""

from fulfillment.models import PickupItem
from groupbuy.models import RefundLine

BATCH = 1_000


def items_to_book() -> list[int]:
    return list(PickupItem.objects.filter(taken_at=None).order_by("pk").values_list("pk", flat=True)[:BATCH])


def refund_lines_to_correct() -> list[int]:
    return list(RefundLine.objects.filter(taken_at=None).order_by("pk").values_list("pk", flat=True)[:BATCH])
