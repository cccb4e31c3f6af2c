"""What is done to an account: store credit, posts at points and warehouses, roles of the back office, a new password."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import Group as Role
from django.contrib.auth.password_validation import validate_password
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.backoffice.columns import as_yuan
from groupbuy.kernel.backoffice.deeds import Deed, Done
from groupbuy.models import PickupPoint, User, Warehouse
from groupbuy.selectors import credit
from groupbuy.services.credit import credit_grant
from groupbuy.services.idempotency import Answer, checked_key, run_once
from groupbuy.services.people import password_reset, rights_set, warehouse_post_set
from groupbuy.services.points import post_grant


class PasswordForm(forms.Form):
    password = forms.CharField(label="新密码", widget=UnfoldAdminPasswordWidget, validators=[validate_password])


class RightsForm(forms.Form):
    is_staff = forms.BooleanField(label="可进后台", required=False, widget=UnfoldBooleanSwitchWidget)
    roles = forms.ModelMultipleChoiceField(
        Role.objects.order_by("pk"), label="后台角色", required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )


class PointPostForm(forms.Form):
    point = forms.ModelChoiceField(
        PickupPoint.objects.filter(active=True).order_by("code"), label="自提点", widget=UnfoldAdminSelectWidget
    )
    role = forms.ChoiceField(
        label="身份", choices=[(PointRole.HELPER, "帮手"), (PointRole.LEADER, "团长")], widget=UnfoldAdminSelectWidget
    )


class WarehousePostForm(forms.Form):
    warehouse = forms.ModelChoiceField(Warehouse.objects.order_by("code"), label="仓库", widget=UnfoldAdminSelectWidget)
    active = forms.BooleanField(
        label="在岗", required=False, initial=True, widget=UnfoldBooleanSwitchWidget, help_text="关掉即离岗。"
    )


class CreditForm(forms.Form):
    yuan = forms.DecimalField(
        label="金额（元）",
        min_value=Decimal("0.01"),
        max_digits=9,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    reason = forms.CharField(
        label="原因", max_length=100, widget=UnfoldAdminTextInputWidget, help_text="顾客会看到，如“上周番茄破损补偿”。"
    )


def _rights_form(user: User | None) -> type[forms.Form]:
    """Start the form from what the person has now."""
    if user is None:
        return RightsForm
    now: dict[str, Any] = {"is_staff": user.is_staff, "roles": list(user.groups.all())}

    class Filled(RightsForm):
        def __init__(self, data: Any = None) -> None:
            super().__init__(data, initial=now)

    return Filled


def _rights(user: User, done: Done) -> None:
    rights_set(user=user, is_staff=done.data["is_staff"], roles=list(done.data["roles"]), actor_id=done.actor_id)


def _password(user: User, done: Done) -> None:
    password_reset(user=user, password=done.data["password"], actor_id=done.actor_id)


def _point_post(user: User, done: Done) -> None:
    role = PointRole(done.data["role"])
    post_grant(point=done.data["point"], user=user, role=role, now=clock.now(), actor_id=done.actor_id)


def _warehouse_post(user: User, done: Done) -> None:
    post = done.data["warehouse"]
    warehouse_post_set(user=user, warehouse=post, active=done.data["active"], actor_id=done.actor_id)


def _credit(user: User, done: Done) -> str:
    """Give the credit once for the page's key, however often it is sent."""
    amount_fen, reason = int(done.data["yuan"] * 100), done.data["reason"]

    def work() -> Answer:
        credit_grant(person=user, amount_fen=amount_fen, reason=reason, actor_id=done.actor_id)
        return Answer(status=201, data={})

    asked = {"credit": user.pk, "fen": amount_fen, "reason": reason}
    run_once(actor_id=done.actor_id, key=checked_key(done.key), request=asked, work=work)
    return f"已发放余额 {as_yuan(amount_fen)}，现有 {as_yuan(credit.balance(user))}"


DEEDS = (
    Deed(
        name="credit",
        title="发放余额",
        permission="groupbuy.add_creditgrant",
        do=_credit,
        question="余额由平台承担，对方下单时可用来支付；提交后立即到账并通知对方，不能撤销。",
        form=lambda _: CreditForm,
        facts=lambda user: [("现有余额", as_yuan(credit.balance(user)))],
        bulk=False,
        icon="add_card",
    ),
    Deed(
        name="warehouse_post",
        title="设仓库岗位",
        permission="groupbuy.change_warehousestaff",
        do=_warehouse_post,
        question="在岗人员可以看到并操作该仓库的波次和单据。",
        form=lambda _: WarehousePostForm,
        icon="warehouse",
    ),
    Deed(
        name="point_post",
        title="设自提点岗位",
        permission="groupbuy.change_pointstaff",
        do=_point_post,
        question="在岗人员可以在该自提点签收、核销。团长另得一个分享码。",
        form=lambda _: PointPostForm,
        icon="storefront",
    ),
    # Without the superuser these two would let an operator become anybody.
    Deed(
        name="rights",
        title="设后台角色",
        permission="groupbuy.delete_user",
        do=_rights,
        question="角色决定在后台能看什么、能做什么；提交后立即生效并记入审计。",
        form=_rights_form,
        bulk=False,
        icon="shield_person",
    ),
    Deed(
        name="password",
        title="重设密码",
        permission="groupbuy.delete_user",
        do=_password,
        question="旧密码立即失效，已登录的后台会话会退出。",
        form=lambda _: PasswordForm,
        bulk=False,
        icon="key",
    ),
)
