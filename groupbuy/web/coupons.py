"""Coupons in the shop: claiming through a group's link, one's own, and the choice among them for an order."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from groupbuy.kernel import clock, pages
from groupbuy.kernel.errors import DomainError
from groupbuy.models import Group
from groupbuy.selectors import groups, promotions
from groupbuy.services.coupons import coupon_claim
from groupbuy.services.discounts import NO_COUPON, CouponUnusable
from groupbuy.services.order_quote import Price, order_price
from groupbuy.web.cart import Cart, kept
from groupbuy.web.login import person

NONE = "none"


def wished(raw: str) -> UUID | None:
    """Read the choice among one's coupons: empty or nonsense is the best one, ``none`` is none, else a coupon's id."""
    if raw == NONE:
        return NO_COUPON
    try:
        return UUID(raw)
    except ValueError:
        return None


def priced(request: HttpRequest, group: Group, cart: Cart, wish: str) -> tuple[Price, str]:
    """
    Return what the cart costs with discounts, and the choice that was made.

    A coupon that does not fit is told and left to the server's choice; an order that cannot be placed costs what its
    lines do, and is refused when it is placed.
    """
    shopper, plain = person(request), Price(cart.total_fen, 0, cart.total_fen)
    if not cart.wanted:
        return plain, ""
    try:
        price = order_price(shopper=shopper, group_id=group.public_id, lines=cart.wanted, coupon=wished(wish))
    except CouponUnusable as error:
        messages.warning(request, error.detail)
        return priced(request, group, cart, "")
    except DomainError:
        return plain, ""
    return price, wish


@pages.page
@require_GET
@login_required(login_url="shop:login")
def mine(request: HttpRequest) -> HttpResponse:
    """Show the coupons that can be used, soonest end first, then those that cannot any more."""
    now = clock.now()
    found = list(promotions.coupons_of(person(request)).order_by("ends_at", "id"))
    held = [coupon for coupon in found if coupon.order_id is None and coupon.ends_at > now]
    over = [coupon for coupon in reversed(found) if coupon.order_id is not None or coupon.ends_at <= now]
    return render(request, "groupbuy/coupons.html", {"now": now, "held": held, "over": over})


@pages.page
@require_POST
def claim(request: HttpRequest, code: str) -> HttpResponse:
    """Claim one coupon of a kind through the group's link, and go back to the shelf with the cart as it was."""
    open_groups = groups.shelf(code=code, now=clock.now()).open
    group = next((each for each in open_groups if str(each.public_id) == request.POST.get("group")), None)
    kind = wished(request.POST.get("kind", ""))
    if group is None or kind is None:
        return redirect("shop:shop", code)
    shelf = f"{reverse('shop:shop', args=[code])}?group={group.public_id}&{kept(request.POST.get('cart', ''))}"
    if not request.user.is_authenticated:
        return redirect_to_login(shelf, login_url="shop:login")
    try:
        coupon = coupon_claim(shopper=person(request), kind_id=kind, group_id=group.public_id)
        messages.success(request, f"已领取“{coupon.kind.name}”，下单时自动使用。")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect(shelf)
