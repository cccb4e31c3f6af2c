"""Orders as their people may see them. The whole order, with what hangs on it, is a fixed number of statements."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from groupbuy.domain.states import ORDER
from groupbuy.models import Order, OrderLine, Payment, Refund, StateChange, User
from groupbuy.selectors import promotions
from groupbuy.selectors.posts import may_serve


def own(user: User) -> QuerySet[Order]:
    """
    Return the orders that ``user`` collects, and those of his neighbours at his point that he pays for.

    Whoever pays by a link is told and refunded, but learns no name and no room, and may not cancel.
    """
    return _with_lines(Order.objects.filter(_owned_by(user)))


def served_by(user: User) -> QuerySet[Order]:
    """Return the orders that ``user`` looks after as a leader or helper of their pickup point."""
    return _with_lines(Order.objects.filter(may_serve(user)))


def visible_to(user: User) -> QuerySet[Order]:
    """Return every order that ``user`` may look at: his own, those he looks after, all for staff with the right."""
    if user.has_perm("groupbuy.view_order"):
        return _with_lines(Order.objects.all())
    return _with_lines(Order.objects.filter(_owned_by(user) | may_serve(user)))


def matching(orders: QuerySet[Order], q: str) -> QuerySet[Order]:
    """Keep the orders with ``q`` in their number, their receiver's name or his room."""
    return orders.filter(Q(number__icontains=q) | Q(receiver_name__icontains=q) | Q(room__icontains=q))


def _owned_by(user: User) -> Q:
    return Q(shopper=user.pk) | (Q(payer=user.pk) & may_serve(user))


def _with_lines(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Three statements for a list of any length: orders, lines with their offers, and nothing a row."""
    lines = OrderLine.objects.select_related("offer", "sku").order_by("id")
    return orders.select_related("campaign", "group", "point", "leader").prefetch_related(Prefetch("lines", lines))


@dataclass(frozen=True)
class Story:
    """One order and what happened to it, oldest first. ``discounts``: rows of source, name and fen."""

    order: Order
    discounts: list[dict[str, Any]]
    payments: list[Payment]
    refunds: list[Refund]
    history: list[StateChange]


def story(order: Order) -> Story:
    """Return an order with its payments, refunds, their lines, the history of its states, and its discounts; six statements."""
    refunds = order.refunds.prefetch_related("lines__line").order_by("id")
    history = StateChange.objects.filter(machine=ORDER.name, subject_id=order.pk).order_by("id")
    return Story(
        order=order,
        discounts=promotions.discounts_of(order),
        payments=list(order.payments.order_by("id")),
        refunds=list(refunds),
        history=list(history),
    )
