"""Back office of what everything stands on: people, places, catalogue, campaigns, orders, money, journal."""

from django.contrib import admin
from django.contrib.auth.models import Group as Role
from knox.models import AuthToken

from groupbuy.admin import (
    bills,
    campaigns,
    catalogue,
    credit,
    groups,
    journal,
    money,
    orders,
    people,
    places,
    promotions,
    refunds,
    sweeps,
)
from groupbuy.admin.roles import RoleAdmin

__all__ = [
    "bills",
    "campaigns",
    "catalogue",
    "credit",
    "groups",
    "journal",
    "money",
    "orders",
    "people",
    "places",
    "promotions",
    "refunds",
    "sweeps",
]

# Tokens are nobody's to look at, and roles are made by ``roles_ensure``, not by hand.
admin.site.unregister(AuthToken)
admin.site.unregister(Role)
admin.site.register(Role, RoleAdmin)
admin.site.index_title = "首页"
admin.site.index_template = "backoffice/index.html"
admin.site.login_template = "backoffice/login.html"
