"""Refunding pieces of an accepted order, chosen line by line."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from groupbuy.domain.states import OrderState
from groupbuy.domain.words import RefundReason
from groupbuy.kernel.backoffice.columns import as_yuan
from groupbuy.kernel.backoffice.deeds import Deed, Done
from groupbuy.models import Order
from groupbuy.services.idempotency import Answer, checked_key, run_once
from groupbuy.services.refunds import refund_request


class PiecesForm(forms.Form):
    """One number per line that has pieces left to refund; the line's id is in the field's name."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        if not self.errors and not pieces_of(data):
            raise forms.ValidationError("请至少填写一件要退的商品。")
        return data


def pieces_of(data: dict[str, Any]) -> dict[int, int]:
    return {int(name[5:]): pieces for name, pieces in data.items() if name.startswith("line_") and pieces}


def _pieces_form(order: Order) -> type[forms.Form]:
    fields: dict[str, Any] = {}
    for line in order.lines.order_by("pk"):
        left = line.due - line.collected
        if left > 0:
            fields[f"line_{line.pk}"] = forms.IntegerField(
                label=f"{line.name} {line.spec}".strip(),
                min_value=0,
                max_value=left,
                required=False,
                initial=0,
                help_text=f"最多 {left} {line.sale_unit}，实付 {as_yuan(line.net_fen)} / {line.quantity} {line.sale_unit}",
                widget=UnfoldAdminIntegerFieldWidget,
            )
    fields["note"] = forms.CharField(
        label="说明", required=False, max_length=200, widget=UnfoldAdminTextInputWidget, help_text="写给同事看的原因"
    )
    return type("OrderPiecesForm", (PiecesForm,), fields)


def _refund(order: Order, done: Done) -> str:
    """Request the refund once for the page's key, however often it is sent."""
    pieces, note = pieces_of(done.data), done.data["note"]

    def work() -> Answer:
        refund = refund_request(
            order_id=order.pk, pieces=pieces, reason=RefundReason.OPERATOR, actor_id=done.actor_id, note=note
        )
        return Answer(status=201, data={"amount_fen": refund.amount_fen})

    asked = {"refund": order.pk, "pieces": {str(line): count for line, count in pieces.items()}}
    answer = run_once(actor_id=done.actor_id, key=checked_key(done.key), request=asked, work=work)
    return f"已发起退款 {as_yuan(answer.data['amount_fen'])}，原路退回付款人"


DEEDS = (
    Deed(
        name="refund",
        title="退款",
        permission="groupbuy.change_order",
        do=_refund,
        question="按件退款，退回原支付账户；金额按实付分摊到分，佣金随之重算。只能退未提走的件数。",
        form=_pieces_form,
        facts=lambda order: [("应付", as_yuan(order.total_fen)), ("自提点", order.point), ("付款人", order.payer)],
        applies=lambda order: order.state == OrderState.ACCEPTED,
        bulk=False,
        danger=True,
        icon="currency_exchange",
    ),
)
