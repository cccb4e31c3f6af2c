"""``/warehouse/purchases/``: what suppliers are to bring, counting it on a tablet, closing with a look at what is short."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fulfillment.domain.states import PurchaseState
from fulfillment.models import PurchaseOrder, Receipt
from fulfillment.selectors import purchases, rights
from fulfillment.selectors.papers import wave_label
from fulfillment.selectors.purchases import LineCount
from fulfillment.services.receipts import Arrived, CountWrong, receipt_close, receipt_record, receipt_undo
from fulfillment.web.warehouse.gates import on_floor
from groupbuy.kernel import pages
from groupbuy.kernel.errors import DomainError, Forbidden
from groupbuy.models import User

SORTS = {
    "date": ("按配送日期", ("-wave__delivery_date", "warehouse__code", "supplier_code", "sequence")),
    "supplier": ("按供应商", ("supplier_code", "-wave__delivery_date", "sequence")),
    "left": ("未到最多在前", (F("arrived") - F("expected"), "supplier_code", "pk")),
}
STATES = {"": "待收货", "received": "已收货", "all": "全部"}


class WantedForm(forms.Form):
    """What a list is asked for; nonsense in the address is taken for the usual."""

    q = forms.CharField(max_length=64, required=False)
    state = forms.ChoiceField(choices=list(STATES.items()), required=False)
    sort = forms.ChoiceField(choices=[(key, title) for key, (title, _) in SORTS.items()], required=False)
    date = forms.DateField(required=False)


class CountForm(forms.Form):
    """What goes with the boxes. ``uuid`` was made with the page, so that sending it twice counts once."""

    uuid = forms.UUIDField()
    note = forms.CharField(max_length=200, required=False)


@require_GET
@on_floor
def purchase_list(request: HttpRequest, user: User) -> HttpResponse:
    form = WantedForm(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    found = purchases.with_counts(_filtered(purchases.at_work(user), wanted))
    _title, order = SORTS[wanted.get("sort") or "date"]
    context = {
        "user": user,
        "wanted": wanted,
        "states": STATES,
        "sorts": {key: title for key, (title, _) in SORTS.items()},
        "page": pages.one_page(request, found.order_by(*order)),
    }
    return render(request, "fulfillment/warehouse/purchases.html", context)


def _filtered(orders: QuerySet[PurchaseOrder], wanted: Mapping[str, Any]) -> QuerySet[PurchaseOrder]:
    state = wanted.get("state") or PurchaseState.ISSUED
    if state != "all":
        orders = orders.filter(state=state)
    if date := wanted.get("date"):
        orders = orders.filter(wave__delivery_date=date)
    if text := wanted.get("q"):
        named = Q(number__icontains=text) | Q(supplier_name__icontains=text) | Q(supplier_code__iexact=text)
        orders = orders.filter(named | Q(lines__name__icontains=text) | Q(lines__code__iexact=text)).distinct()
    return orders


def at_purchase(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Hand the view the order that the address names; another warehouse's order is as missing as none."""

    def found(request: HttpRequest, user: User, public_id: UUID, **kwargs: Any) -> HttpResponse:
        mine = purchases.with_counts(purchases.visible_to(user))
        order = get_object_or_404(mine, public_id=public_id)
        if request.method == "POST" and not rights.may_count(user, order):
            raise Forbidden
        return view(request, user, order, **kwargs)

    return on_floor(wraps(view)(found))


@require_GET
@at_purchase
def purchase_page(request: HttpRequest, user: User, order: PurchaseOrder) -> HttpResponse:
    return _page(request, user, order)


def _page(
    request: HttpRequest, user: User, order: PurchaseOrder, *, typed: QueryDict | None = None, error: str = ""
) -> HttpResponse:
    """Show an order; what was typed stays in its boxes when it was refused."""
    lines = purchases.counts_of(order)
    context = {
        "user": user,
        "order": order,
        "label": wave_label(order.wave),
        "rows": [(each, *_typed(each, typed)) for each in lines],
        "receipts": purchases.receipts_of(order),
        "short": purchases.short_of(order),
        "takes": purchases.takes_shortages(order.wave),
        "open": order.state == PurchaseState.ISSUED,
        "may_count": order.state == PurchaseState.ISSUED and rights.may_count(user, order),
        "uuid": uuid4(),
        "note": typed.get("note", "") if typed else "",
        "error": error,
    }
    return render(request, "fulfillment/warehouse/purchase.html", context, status=409 if error else 200)


def _typed(each: LineCount, data: QueryDict | None) -> tuple[str, str]:
    line = each.line.public_id
    return (data.get(f"counted-{line}", ""), data.get(f"damaged-{line}", "")) if data else ("", "")


@require_POST
@at_purchase
def purchase_count(request: HttpRequest, user: User, order: PurchaseOrder) -> HttpResponse:
    """Save the boxes that were filled in; with ``rest``, what is left of the other lines came as ordered."""
    form = CountForm(request.POST)
    try:
        if not form.is_valid():
            raise CountWrong
        receipt_record(
            order_id=order.pk,
            arrived=_arrived(purchases.counts_of(order), request.POST),
            edition=_number(request.POST.get("edition")),
            actor_id=user.pk,
            uuid=form.cleaned_data["uuid"],
            note=form.cleaned_data["note"],
        )
    except DomainError as error:
        order.refresh_from_db()
        return _page(request, user, order, typed=request.POST, error=error.detail)
    messages.success(request, "已保存这次点数。")
    return redirect("warehouse:purchase", order.public_id)


@require_POST
@at_purchase
def purchase_undo(request: HttpRequest, user: User, order: PurchaseOrder, uuid: UUID) -> HttpResponse:
    receipt = get_object_or_404(Receipt, order=order, uuid=uuid)
    try:
        receipt_undo(receipt_id=receipt.pk, edition=_number(request.POST.get("edition")), actor_id=user.pk)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "已撤销那次点数。")
    return redirect("warehouse:purchase", order.public_id)


@require_http_methods(["GET", "POST"])
@at_purchase
def purchase_close(request: HttpRequest, user: User, order: PurchaseOrder) -> HttpResponse:
    """Say what will be short, then close."""
    if request.method == "GET" and order.state == PurchaseState.ISSUED:
        context = {"user": user, "order": order, "label": wave_label(order.wave), "short": purchases.short_of(order)}
        context |= {"may_count": rights.may_count(user, order), "takes": purchases.takes_shortages(order.wave)}
        return render(request, "fulfillment/warehouse/purchase_close.html", context)
    if request.method == "POST":
        try:
            missing = receipt_close(order_id=order.pk, edition=_number(request.POST.get("edition")), actor_id=user.pk)
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            told = f"已关单，{len(missing)} 种商品登记为缺货。" if missing else "已关单，没有缺货。"
            messages.success(request, told)
    return redirect("warehouse:purchase", order.public_id)


def _arrived(lines: list[LineCount], data: QueryDict) -> dict[UUID, Arrived]:
    """
    Read the boxes, by line.

    :raises CountWrong: a box holds no number, or something is damaged that was not counted.
    """
    found = {}
    for each in lines:
        counted, damaged = (text.strip() for text in _typed(each, data))
        if counted or damaged:
            found[each.line.public_id] = Arrived(_number(counted), _number(damaged or "0"))
        elif "rest" in data and each.left:
            found[each.line.public_id] = Arrived(each.left)
    return {line: came for line, came in found.items() if came != Arrived(0)}


def _number(text: str | None) -> int:
    """:raises CountWrong: it is none, or far too long."""
    if text and text.isascii() and text.isdigit() and len(text) <= 9:
        return int(text)
    raise CountWrong
