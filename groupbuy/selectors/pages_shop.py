"""What the shop's pages show beside groups, offers and orders: a shopper's shares, his usual receiver, the demo's links."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from groupbuy.models import Group, OfferShopper, Order, ShareCode, User
from groupbuy.selectors.groups import open_now


def held(*, shopper: User, offer_ids: Sequence[int]) -> dict[int, int]:
    """Return how many sale units of limited offers a shopper holds already: offer -> pieces."""
    shares = OfferShopper.objects.filter(shopper=shopper, offer__in=offer_ids, quantity__gt=0)
    return dict(shares.values_list("offer_id", "quantity"))


def usual_receiver(shopper: User) -> dict[str, str]:
    """Return name and room of the shopper's last order, so that he types them once."""
    last = Order.objects.filter(shopper=shopper).order_by("-id").first()
    return {"name": last.receiver_name, "room": last.room} if last else {"name": shopper.display_name, "room": ""}


def share_code_of(order: Order) -> str | None:
    """Return the code of the shop in which the order's group is open."""
    codes = ShareCode.objects.filter(point=order.group.point_id, leader=order.group.leader_id)
    return codes.values_list("code", flat=True).first()


def shops_to_try(*, now: dt.datetime, limit: int = 6) -> list[ShareCode]:
    """Return share codes that have an open group now, one a warehouse, for the demo's front page."""
    open_here = open_now(Group.objects.filter(point=OuterRef("point"), leader=OuterRef("leader")), now)
    codes = ShareCode.objects.filter(Exists(open_here)).select_related("point__warehouse", "leader")
    return list(codes.order_by("point__warehouse_id", "id").distinct("point__warehouse_id")[:limit])
