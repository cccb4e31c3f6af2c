"""Accounts and what each may do. Phones stay masked; every change of rights goes through a service and is audited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group as Role
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from groupbuy.admin.base import KeptAdmin, ReadOnlyInline
from groupbuy.admin.columns import link
from groupbuy.admin.deeds import Deed, Done
from groupbuy.admin.fields import RowForm
from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock, privacy
from groupbuy.models import PickupPoint, PointStaff, User, Warehouse, WarehouseStaff
from groupbuy.services.people import password_reset, person_change, person_create, rights_set, warehouse_post_set
from groupbuy.services.points import post_grant


class PointPostInline(ReadOnlyInline):
    model = PointStaff
    verbose_name_plural = "自提点岗位"
    fields = (link("point", "自提点"), "role", "active")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("point")


class WarehousePostInline(ReadOnlyInline):
    model = WarehouseStaff
    verbose_name_plural = "仓库岗位"
    fields = (link("warehouse", "仓库"), "active")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("warehouse")


class PersonForm(RowForm):
    """A new account. The phone is typed in full once and stored encrypted."""

    phone = forms.CharField(label="手机号", required=False, max_length=20, widget=UnfoldAdminTextInputWidget)
    password = forms.CharField(
        label="密码", required=False, widget=UnfoldAdminPasswordWidget, help_text="留空则只能用验证码登录。"
    )

    class Meta:
        model = User
        fields = ("username", "display_name")

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"]
        clean = privacy.clean_phone(phone) if phone else ""
        if clean is None:
            raise forms.ValidationError("请填写 11 位手机号。")
        if clean and User.objects.with_phone(clean).exists():
            raise forms.ValidationError("这个手机号已有账号。")
        return clean

    def clean_password(self) -> str | None:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password)
        return password or None


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
    rights_set(user=user, is_staff=done.data["is_staff"], roles=list(done.data["roles"]), actor_id=done.actor.pk)


def _password(user: User, done: Done) -> None:
    password_reset(user=user, password=done.data["password"], actor_id=done.actor.pk)


def _point_post(user: User, done: Done) -> None:
    role = PointRole(done.data["role"])
    post_grant(point=done.data["point"], user=user, role=role, now=clock.now(), actor_id=done.actor.pk)


def _warehouse_post(user: User, done: Done) -> None:
    post = done.data["warehouse"]
    warehouse_post_set(user=user, warehouse=post, active=done.data["active"], actor_id=done.actor.pk)


DEEDS = (
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


@admin.register(User)
class UserAdmin(KeptAdmin):
    """``delete_user`` is given to no role, so that only a superuser sets rights and passwords of others."""

    deeds = DEEDS
    list_display = ("username", "display_name", "masked_phone", "is_active", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff", "groups", "point_posts__role")
    search_fields = ("username", "display_name")
    search_help_text = "登录名、姓名，或完整的 11 位手机号"
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    inlines = (PointPostInline, WarehousePostInline)
    readonly_fields = ("username", "masked_phone", "is_staff", "groups", "created_at", "last_login")
    fieldsets = (
        (None, {"fields": (("username", "masked_phone"), ("display_name", "is_active"))}),
        ("权限", {"fields": (("is_staff", "groups"),)}),
        ("时间", {"fields": (("created_at", "last_login"),)}),
    )
    add_fieldsets = ((None, {"fields": (("username", "display_name"), ("phone", "password"))}),)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody but a superuser touches a superuser."""
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({} if change else {"form": PersonForm}) | kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj else ()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """A full phone number finds its owner, although it is stored encrypted."""
        phone = privacy.clean_phone(search_term)
        if phone:
            return queryset.filter(phone_hash=privacy.blind(phone)), False
        return super().get_search_results(request, queryset, search_term)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Leave it to the service, which writes the audit row too."""
        data, actor_id = form.cleaned_data, request.user.pk
        if change:
            name, active = data["display_name"], data["is_active"]
            person_change(user_id=obj.pk, display_name=name, is_active=active, actor_id=actor_id)
        else:
            obj.pk = person_create(**data, actor_id=actor_id).pk

    @admin.display(description="手机号")
    def masked_phone(self, row: User) -> str:
        return row.masked_phone or "-"
