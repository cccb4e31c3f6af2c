"""Accounts and what each may do. Phones stay masked; every change of rights goes through a service and is audited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from groupbuy.admin.person_deeds import DEEDS
from groupbuy.kernel import privacy
from groupbuy.kernel.backoffice.base import KeptAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import link
from groupbuy.kernel.backoffice.fields import RowForm
from groupbuy.models import PointStaff, User, WarehouseStaff
from groupbuy.services.people import person_change, person_create


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
