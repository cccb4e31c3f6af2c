"""The roles of the back office, to look at; ``services.roles`` says what is in them."""

from groupbuy.admin.base import ReadOnlyAdmin


class RoleAdmin(ReadOnlyAdmin):
    list_display = ("name",)
    fields = ("name", "permissions")
