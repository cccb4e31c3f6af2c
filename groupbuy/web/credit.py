"""A person's store credit in the shop: what he has, and how it came about."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from groupbuy.domain.accounts import EntryKind
from groupbuy.kernel import pages
from groupbuy.selectors import credit
from groupbuy.web.login import person

TITLES = {
    EntryKind.CREDIT_GRANT: "平台发放",
    EntryKind.PAYMENT: "余额支付",
    EntryKind.PAYMENT_TO_REFUND: "余额支付，将退回",
    EntryKind.REFUND_DONE: "退款到余额",
}


@pages.page
@require_GET
@login_required(login_url="shop:login")
def mine(request: HttpRequest) -> HttpResponse:
    """Show the balance and every movement, newest first."""
    page = pages.one_page(request, credit.history(person(request)).order_by("-id"))
    # What is owed to him is a credit in the ledger, which is negative there.
    moves = [(TITLES[EntryKind(leg.entry.kind)], leg, abs(leg.amount_fen), leg.amount_fen < 0) for leg in page]
    context = {"balance_fen": credit.balance(person(request)), "page": page, "moves": moves}
    return render(request, "groupbuy/credit.html", context)
