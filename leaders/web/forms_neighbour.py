"""What the page takes in on which a leader orders for a neighbour."""

import datetime as dt
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.words import PayBy
from groupbuy.models import Group, Offer
from groupbuy.selectors import groups
from groupbuy.services.neighbours import Neighbour
from groupbuy.services.order_terms import MAX_QUANTITY, LineWanted

_INPUT = {"class": "input"}


class NeighbourForm(forms.Form):
    """One field a offer, ``q-<id>``. ``expected_fen``: the total that was shown, empty before it was."""

    phone = forms.CharField(
        label=_("邻居手机号"), max_length=20, widget=forms.TextInput(attrs={**_INPUT, "inputmode": "tel"})
    )
    name = forms.CharField(label=_("邻居称呼"), max_length=64, widget=forms.TextInput(attrs=_INPUT))
    room = forms.CharField(label=_("楼栋门牌"), max_length=64, required=False, widget=forms.TextInput(attrs=_INPUT))
    remark = forms.CharField(label=_("备注"), max_length=200, required=False, widget=forms.TextInput(attrs=_INPUT))
    pay = forms.ChoiceField(
        label=_("付款"),
        choices=[(PayBy.LEADER, _("我来付，邻居提货时给我")), (PayBy.LINK, _("发付款链接给邻居或家人"))],
        initial=PayBy.LINK,
        widget=forms.RadioSelect,
    )
    expected_fen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, group: Group, now: dt.datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self._now = now
        self._offers = {f"q-{offer.public_id}": offer for offer in groups.offers_of(group.campaign_id)}
        for field in self._offers:
            self.fields[field] = forms.IntegerField(required=False, min_value=0, max_value=MAX_QUANTITY)

    @property
    def shelf(self) -> list[tuple[Offer, int, forms.BoundField]]:
        """Offer, its price now in fen, and the field of its quantity."""
        return [(offer, groups.price_now(offer, self._now), self[name]) for name, offer in self._offers.items()]

    @property
    def neighbour(self) -> Neighbour:
        return Neighbour(**{name: self.cleaned_data[name] for name in ("phone", "name", "room")})

    @property
    def lines_wanted(self) -> list[LineWanted]:
        wanted = {name: self.cleaned_data.get(name) for name in self._offers}
        return [LineWanted(self._offers[name].public_id, quantity) for name, quantity in wanted.items() if quantity]

    def hide(self, **hidden: Any) -> None:
        """Put new hidden values into the form that is shown next."""
        if isinstance(self.data, QueryDict):
            self.data = {**self.data.dict(), **hidden}
        self.initial = {**self.initial, **hidden}
