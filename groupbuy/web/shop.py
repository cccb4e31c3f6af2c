"""``/g/<share code>/``: the shelf of a leader at a point, and the page on which an order is confirmed."""

import datetime as dt
import re
from itertools import groupby
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from groupbuy.kernel import clock, pages
from groupbuy.kernel.errors import DomainError
from groupbuy.models import CouponKind, Group, User
from groupbuy.selectors import groups, pages_shop, promotions
from groupbuy.services.idempotency import Answer, KeyReused, checked_key, run_once
from groupbuy.services.order_terms import CampaignClosed
from groupbuy.services.orders import order_place
from groupbuy.web import cart as carts
from groupbuy.web import coupons
from groupbuy.web.forms import ReceiverForm
from groupbuy.web.login import person

_CODE = re.compile(r"[0-9A-Z]{1,16}")
LAST_SHOP = "shop"  # cookie: the share code by which the shopper came, for the way back


@require_GET
def last(request: HttpRequest) -> HttpResponse:
    """Go back to the shop by which the visitor came."""
    code = request.COOKIES.get(LAST_SHOP, "")
    return redirect("shop:shop", code) if _CODE.fullmatch(code) else redirect("shop:home")


@pages.page
@require_GET
def shop(request: HttpRequest, code: str) -> HttpResponse:
    """Show what can be ordered now; ``?group=`` chooses among several open groups, quantities may be in the query."""
    now = clock.now()
    shelf = groups.shelf(code=code, now=now)
    context = {"now": now, "shelf": shelf, "share": shelf.share}
    group = _chosen(shelf, request.GET)
    if group is None:
        response = render(request, "groupbuy/shop_closed.html", context)
    else:
        cart = _cart(request, group, now)
        context |= {"group": group, "cart": cart.cut(), "aisles": _aisles(cart.cut())}
        context |= {
            "promotions": promotions.in_force(group.campaign_id, now),
            "coupons": _claimable(request, group, now),
        }
        response = render(request, "groupbuy/shop.html", context)
    response.set_cookie(LAST_SHOP, shelf.share.code, max_age=90 * 24 * 3600, httponly=True, samesite="Lax")
    return response


@pages.page
@require_http_methods(["GET", "POST"])
@login_required(login_url="shop:login")
def confirm(request: HttpRequest, code: str) -> HttpResponseBase:
    """
    Show the order as it will be; POST places it, unless it has ``choose``, the choice among the coupons.

    That, or a refusal, is shown on the same page with everything kept.
    """
    now = clock.now()
    shelf = groups.shelf(code=code, now=now)
    data = request.POST if request.method == "POST" else request.GET
    group = _chosen(shelf, data)
    if group is None:
        messages.error(request, CampaignClosed.message)
        return redirect("shop:shop", code)
    cart = _cart(request, group, now)
    if not cart.wanted:
        return redirect(f"{reverse('shop:shop', args=[code])}?group={group.public_id}")
    form, wish = _receiver_form(request), data.get("choose", data.get("coupon", ""))
    if form.is_valid():
        try:
            return redirect("shop:order", _place_once(person(request), group, cart, form))
        except KeyReused:  # he came back to a form that has made an order, and changed it
            form.add_error(None, _("刚才这张单已经下过了。要再下一单，请再点一次“提交订单”。"))
        except DomainError as error:
            pages.blame(form, error)
    # What was shown may be stale by now: read the shelf again and cut the cart to it.
    now = clock.now()
    cart = _cart(request, group, now).cut()
    price, wish = coupons.priced(request, group, cart, wish)
    hidden = {"expected_fen": price.total_fen, "coupon": wish, "key": uuid4().hex}
    if form.is_bound:
        form.renew(**hidden)
    else:
        form.initial = {**form.initial, **hidden}
    context = {
        "now": now,
        "share": shelf.share,
        "group": group,
        "cart": cart,
        "price": price,
        "wish": wish,
        "form": form,
        "back": _query(cart, group),
    }
    return render(request, "groupbuy/confirm.html", context)


def _chosen(shelf: groups.Shelf, data: QueryDict) -> Group | None:
    """Return the open group that is asked for, or the one that closes first."""
    asked = [group for group in shelf.open if str(group.public_id) == data.get("group")]
    return next(iter(asked or shelf.open), None)


def _cart(request: HttpRequest, group: Group, now: dt.datetime) -> carts.Cart:
    offers = list(groups.offers_of(group.campaign_id))
    held = {}
    if request.user.is_authenticated:
        limited = [offer.pk for offer in offers if offer.per_shopper is not None]
        held = pages_shop.held(shopper=person(request), offer_ids=limited) if limited else {}
    data = request.POST if request.method == "POST" else request.GET
    left_in = groups.left_in(group.point.community_id, offers)
    return carts.read(data, offers=offers, held=held, left_in=left_in, now=now)


def _claimable(request: HttpRequest, group: Group, now: dt.datetime) -> list[CouponKind]:
    shopper = person(request) if request.user.is_authenticated else None
    return list(promotions.claimable(group, shopper=shopper, now=now))


def _aisles(cart: carts.Cart) -> list[tuple[str, list[carts.Line]]]:
    """Group the lines by category, in the order in which the categories first appear."""
    order = {line.offer.sku.category_id: i for i, line in reversed(list(enumerate(cart.lines)))}
    lines = sorted(cart.lines, key=lambda line: order[line.offer.sku.category_id])
    return [(name, list(rows)) for name, rows in groupby(lines, key=lambda line: line.offer.sku.category.name)]


def _receiver_form(request: HttpRequest) -> ReceiverForm:
    if "choose" in request.POST:
        return ReceiverForm(initial={name: request.POST.get(name, "") for name in ("name", "room", "remark")})
    if request.method == "POST":
        return ReceiverForm(request.POST)
    return ReceiverForm(initial=pages_shop.usual_receiver(person(request)))


def _place_once(shopper: User, group: Group, cart: carts.Cart, form: ReceiverForm) -> str:
    """Place the order of this form once, however often it is sent; return the order's public id."""
    wanted, fields = cart.wanted, form.cleaned_data

    def work() -> Answer:
        order = order_place(
            shopper=shopper,
            group_id=group.public_id,
            lines=wanted,
            expected_fen=fields["expected_fen"],
            receiver=form.receiver,
            remark=fields["remark"],
            coupon=coupons.wished(fields["coupon"]),
        )
        return Answer(status=201, data={"order": str(order.public_id)})

    lines = sorted((str(line.offer_id), line.quantity) for line in wanted)
    asked = [fields[name] for name in ("name", "room", "remark", "coupon", "expected_fen")]
    request = {"door": "page order", "group": str(group.public_id), "lines": lines, "asked": asked}
    answer = run_once(actor_id=shopper.pk, key=checked_key(fields["key"]), request=request, work=work)
    return str(answer.data["order"])


def _query(cart: carts.Cart, group: Group) -> str:
    """Write the cart as a query string, for the way back to the shelf."""
    query = QueryDict(mutable=True)
    query["group"] = str(group.public_id)
    for line in cart.lines:
        if line.quantity:
            query[line.field] = str(line.quantity)
    return query.urlencode()
