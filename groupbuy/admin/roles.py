"""The roles of the back office, to look at; ``services.roles`` says what is in them."""

from django.contrib import admin
from django.contrib.auth.models import Group as Role
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from groupbuy.kernel.backoffice.base import ReadOnlyAdmin

VERBS = {"view": "查看", "add": "新增", "change": "修改", "delete": "删除"}


class RoleAdmin(ReadOnlyAdmin):
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("pk",)
    fields = ("name", "may")

    @admin.display(description="可以")
    def may(self, row: Role) -> SafeString:
        """One line for each kind of row, with what may be done to it."""
        verbs: dict[str, list[str]] = {}
        for right in row.permissions.select_related("content_type").order_by("content_type", "pk"):
            verb = VERBS.get(right.codename.partition("_")[0], right.codename)
            verbs.setdefault(right.content_type.name, []).append(verb)
        return format_html_join("", "<div>{}：{}</div>", ((name, "、".join(done)) for name, done in verbs.items()))
