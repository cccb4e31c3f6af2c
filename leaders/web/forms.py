"""What the leader's pages take in. Every query string goes through a form, so that odd input is refused in one place."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from groupbuy.kernel import privacy
from groupbuy.models import Campaign, User
from groupbuy.models.order import STATES
from groupbuy.models.places import POINT_KINDS
from leaders.selectors import pages_desk
from leaders.services.applications import ApplicationForm

_INPUT = {"class": "input"}
_SELECT = {"class": "select", "data-submit": ""}


def campaign_field(user: User) -> "forms.ModelChoiceField[Campaign]":
    return forms.ModelChoiceField(
        pages_desk.campaigns_of(user),
        label=_("活动"),
        required=False,
        to_field_name="public_id",
        empty_label=_("全部活动"),
        widget=forms.Select(attrs=_SELECT),
    )


class OrderFilter(forms.Form):
    q = forms.CharField(
        label=_("搜索"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={**_INPUT, "placeholder": "订单号、姓名、门牌", "inputmode": "search"}),
    )
    state = forms.ChoiceField(
        label=_("状态"), required=False, choices=[("", "全部状态"), *STATES], widget=forms.Select(attrs=_SELECT)
    )
    group = forms.UUIDField(required=False, widget=forms.HiddenInput)
    sort = forms.ChoiceField(
        label=_("排序"),
        required=False,
        choices=[("new", "最新在前"), ("room", "按门牌"), ("amount", "金额高在前")],
        widget=forms.Select(attrs=_SELECT),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"] = campaign_field(user)

    @property
    def wanted(self) -> dict[str, Any]:
        """The filters that make sense; the others are as if not given."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class EarningsFilter(forms.Form):
    day = forms.DateField(
        label=_("日期"), required=False, widget=forms.DateInput(attrs={**_INPUT, "type": "date", "data-submit": ""})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"] = campaign_field(user)

    @property
    def wanted(self) -> dict[str, Any]:
        self.is_valid()
        day: Any = self.cleaned_data.get("day")
        campaign: Campaign | None = self.cleaned_data.get("campaign")
        return {"day": day, "campaign": campaign}


class Search(forms.Form):
    q = forms.CharField(required=False, max_length=64)

    @property
    def wanted(self) -> str:
        return str(self.cleaned_data["q"]) if self.is_valid() else ""


class CodeForm(forms.Form):
    """Six digits, or the 32 hex digits of the QR code."""

    code = forms.RegexField(
        r"^([0-9]{6}|[0-9a-f]{32})$",
        error_messages={"invalid": _("提货码是 6 位数字。"), "required": _("请输入 6 位提货码。")},
    )


class ConfirmForm(forms.Form):
    """``event`` was made with the page, so that sending it twice hands out once."""

    event = forms.UUIDField(widget=forms.HiddenInput)


class ApplyForm(forms.Form):
    """The application of a leader; the community is chosen on the page before."""

    name = forms.CharField(
        label=_("您的姓名"), max_length=64, widget=forms.TextInput(attrs={**_INPUT, "autocomplete": "name"})
    )
    phone = forms.CharField(
        label=_("手机号"), max_length=20, widget=forms.TextInput(attrs={**_INPUT, "inputmode": "tel"})
    )
    code = forms.CharField(
        label=_("验证码"), max_length=12, widget=forms.TextInput(attrs={**_INPUT, "inputmode": "numeric"})
    )
    kind = forms.ChoiceField(label=_("自提点类型"), choices=POINT_KINDS, widget=forms.Select(attrs={"class": "select"}))
    point_name = forms.CharField(
        label=_("自提点名称"),
        max_length=64,
        widget=forms.TextInput(attrs={**_INPUT, "placeholder": "如 翠苑一区便利店"}),
    )
    address = forms.CharField(
        label=_("详细地址"), max_length=200, widget=forms.TextInput(attrs={**_INPUT, "autocomplete": "street-address"})
    )
    opening_hours = forms.CharField(
        label=_("营业时间"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={**_INPUT, "placeholder": "如 08:00-21:00"}),
    )
    room_m2 = forms.IntegerField(
        label=_("可放货面积（平方米）"),
        min_value=0,
        max_value=10_000,
        required=False,
        widget=forms.NumberInput(attrs={**_INPUT, "inputmode": "numeric"}),
    )
    freezer = forms.BooleanField(
        label=_("有冰箱或冷柜"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "checkbox checkbox-primary"}),
    )
    group_size = forms.IntegerField(
        label=_("微信群人数"),
        min_value=0,
        max_value=100_000,
        widget=forms.NumberInput(attrs={**_INPUT, "inputmode": "numeric"}),
    )
    invite_code = forms.CharField(
        label=_("邀请码"),
        max_length=16,
        help_text=_("向平台运营或已开团的团长索取"),
        widget=forms.TextInput(attrs={**_INPUT, "autocapitalize": "characters"}),
    )

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        """:param known: the applicant is logged in by a phone already, so no code is asked for."""
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["phone"], self.fields["code"]

    def application(self, *, community_id: int, phone: str) -> ApplicationForm:
        fields = {name: value for name, value in self.cleaned_data.items() if name not in ("phone", "code")}
        fields["room_m2"] = fields["room_m2"] or 0
        fields["invite_code"] = fields["invite_code"].strip().upper()
        return ApplicationForm(**fields, community_id=community_id, phone=phone)


def clean_phone(user: User) -> str:
    """Return an account's phone if it is one that a leader can be reached at, else an empty string."""
    return privacy.clean_phone(user.phone) or "" if user.phone_sealed else ""
