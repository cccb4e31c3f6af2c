"""What the shop's pages take in."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from groupbuy.services.orders import Receiver

_INPUT = {"class": "input"}


class PhoneLogin(forms.Form):
    """Phone and one-time code; the service judges both."""

    phone = forms.CharField(
        label=_("手机号"),
        max_length=20,
        widget=forms.TextInput(
            attrs={**_INPUT, "inputmode": "tel", "autocomplete": "tel", "placeholder": "11 位手机号"}
        ),
    )
    code = forms.CharField(
        label=_("验证码"),
        max_length=12,
        widget=forms.TextInput(
            attrs={**_INPUT, "inputmode": "numeric", "autocomplete": "one-time-code", "placeholder": "6 位数字"}
        ),
    )


class ReceiverForm(forms.Form):
    """
    Who collects an order. ``key`` tells a second tap from a second order; ``expected_fen`` is the total shown;
    ``coupon`` the shopper's choice among his coupons.
    """

    name = forms.CharField(
        label=_("提货人"), max_length=64, widget=forms.TextInput(attrs={**_INPUT, "autocomplete": "name"})
    )
    room = forms.CharField(
        label=_("楼栋门牌"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={**_INPUT, "placeholder": "如 3-2-501，方便团长分货"}),
    )
    remark = forms.CharField(
        label=_("给团长留言"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={**_INPUT, "placeholder": "如 不要塑料袋"}),
    )
    coupon = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput)
    expected_fen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    @property
    def receiver(self) -> Receiver:
        return Receiver(name=self.cleaned_data["name"], room=self.cleaned_data["room"])

    def renew(self, **hidden: Any) -> None:
        """Put new hidden values into a form that is shown again."""
        self.data = {**self.data.dict(), **hidden} if isinstance(self.data, QueryDict) else {**self.data, **hidden}
