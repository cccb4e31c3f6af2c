"""Who may do what with a wave."""

from fulfillment.domain.layouts import PaperKind
from fulfillment.models import PurchaseOrder, Wave
from groupbuy.models import User
from groupbuy.selectors import posts


def may_see_waves(user: User) -> bool:
    return posts.warehouses_of(user).exists() or (user.is_staff and user.has_perm("fulfillment.view_wave"))


def may_dispatch(user: User, wave: Wave) -> bool:
    """People of its warehouse, and staff who may change waves."""
    if user.is_staff and user.has_perm("fulfillment.change_wave"):
        return True
    return posts.warehouses_of(user).filter(warehouse=wave.warehouse_id).exists()


def may_count(user: User, order: PurchaseOrder) -> bool:
    """People of the warehouse that the goods come to, and staff who may change purchase orders."""
    if user.is_staff and user.has_perm("fulfillment.change_purchaseorder"):
        return True
    return posts.warehouses_of(user).filter(warehouse=order.warehouse_id).exists()


def may_see_costs(user: User) -> bool:
    """What goods cost is for staff who may view purchase orders; pickers count what arrives without it."""
    return user.is_staff and user.has_perm("fulfillment.view_purchaseorder")


def may_print(user: User, kind: str) -> bool:
    """Of a wave that the person sees: every paper but the one with costs is for everybody there."""
    return kind != PaperKind.PURCHASE or may_see_costs(user)
