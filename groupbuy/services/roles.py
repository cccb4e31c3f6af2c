"""The roles of the back office: operator (平台运营), finance (财务), warehouse clerk (仓库文员), as groups of permissions."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction

OPERATOR, FINANCE, CLERK = "平台运营", "财务", "仓库文员"

# Codenames of Django's own four rights on models, by application. Each includes viewing; a model name alone is just that.
_OPERATOR = {
    "groupbuy": """
        add_user change_user user add_community change_community add_warehouse change_warehouse
        add_gridwarehouse change_gridwarehouse add_pickuppoint change_pickuppoint sharecode
        add_category change_category add_supplier change_supplier
        add_sku change_sku add_campaign change_campaign add_offer change_offer delete_offer change_group
        change_order orderline payment refund refundline statechange auditevent message
        sweep sweepfailure delete_sweepfailure outbox pointstaff change_pointstaff warehousestaff change_warehousestaff
        servicerate creditbalance add_creditgrant
        add_promotion change_promotion add_couponkind change_couponkind coupon
    """,
    "fulfillment": "change_wave change_stop route stop deliverynote discrepancy change_pickup pickupevent pickupitem"
    " shortage shortageshare weightentry weightshare"
    " change_purchaseorder purchaseline add_vehicle change_vehicle add_driverpost change_driverpost routeplan"
    " stopproblem",
    "leaders": """
        change_leaderapplication change_leader add_invitecode change_invitecode commissionentry
    """,
}
_FINANCE = {
    "groupbuy": """
        campaign offer group order orderline payment change_refund refundline billday change_billdifference
        ledgerentry ledgerleg statechange auditevent servicerate creditbalance creditgrant promotion couponkind coupon
    """,
    "fulfillment": "wave shortage shortageshare weightentry weightshare purchaseorder purchaseline pickupevent"
    " pickupitem",
    "leaders": "leader commissionentry",
}
_CLERK = {
    "groupbuy": "warehouse gridwarehouse pickuppoint category supplier sku",
    "fulfillment": "change_wave shortage shortageshare weightentry weightshare change_purchaseorder purchaseline route"
    " stop deliverynote discrepancy vehicle driverpost routeplan stopproblem",
    "leaders": "",
}
_ROLES = {OPERATOR: _OPERATOR, FINANCE: _FINANCE, CLERK: _CLERK}


@transaction.atomic
def roles_ensure() -> dict[str, Group]:
    """
    Make the three roles, or give them back exactly the permissions they should have; return them by name.

    Safe to run again and again: after a new release it adds what is new.
    """
    roles = {}
    for name, wanted in _ROLES.items():
        role, _made = Group.objects.get_or_create(name=name)
        role.permissions.set(_permissions(wanted))
        roles[name] = role
    return roles


def _permissions(wanted: dict[str, str]) -> Iterable[Permission]:
    for app, words in wanted.items():
        # Whoever may change may look: Django's pages assume it, our own checks ask for it.
        codenames = {f"view_{word.rpartition('_')[2]}" for word in words.split()}
        codenames |= {word for word in words.split() if "_" in word}
        found = Permission.objects.filter(content_type__app_label=app, codename__in=codenames)
        assert found.count() == len(codenames), f"{app}: {codenames - {p.codename for p in found}} do not exist"
        yield from found
