"""Settings of the back office at /admin/: its name, colours, menu and first page."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _item(title: str, icon: str, model: str) -> dict[str, Any]:
    """One line of the menu, for those who may look at the model (``app.model``)."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may(f"{app}.view_{name}"),
    }


def _group(title: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(items)}


_NAVIGATION = [
    {"items": [{"title": "首页", "icon": "home", "link": reverse_lazy("admin:index")}]},
    _group(
        "团购",
        _item("团购活动", "campaign", "groupbuy.campaign"),
        _item("社区团", "groups", "groupbuy.group"),
        _item("活动商品", "sell", "groupbuy.offer"),
        _item("订单", "receipt_long", "groupbuy.order"),
    ),
    _group(
        "营销",
        _item("满减满折", "sell", "groupbuy.promotion"),
        _item("优惠券", "confirmation_number", "groupbuy.couponkind"),
        _item("已领优惠券", "local_activity", "groupbuy.coupon"),
    ),
    _group(
        "履约",
        _item("波次", "inventory_2", "fulfillment.wave"),
        _item("采购单", "shopping_cart", "fulfillment.purchaseorder"),
        _item("缺货", "production_quantity_limits", "fulfillment.shortage"),
        _item("称重", "scale", "fulfillment.weightentry"),
        _item("站点", "local_shipping", "fulfillment.stop"),
        _item("线路优化", "route", "fulfillment.routeplan"),
        _item("车辆", "airport_shuttle", "fulfillment.vehicle"),
        _item("司机", "sports_motorsports", "fulfillment.driverpost"),
        _item("配送交接单", "description", "fulfillment.deliverynote"),
        _item("到货差异", "difference", "fulfillment.discrepancy"),
        _item("提货", "shopping_bag", "fulfillment.pickup"),
        _item("核销记录", "fact_check", "fulfillment.pickupevent"),
    ),
    _group(
        "团长",
        _item("团长申请", "how_to_reg", "leaders.leaderapplication"),
        _item("团长", "badge", "leaders.leader"),
        _item("邀请码", "vpn_key", "leaders.invitecode"),
        _item("分享码", "qr_code_2", "groupbuy.sharecode"),
        _item("佣金", "savings", "leaders.commissionentry"),
        _item("团长费率", "percent", "groupbuy.servicerate"),
    ),
    _group(
        "资金",
        _item("支付单", "payments", "groupbuy.payment"),
        _item("退款单", "currency_exchange", "groupbuy.refund"),
        _item("对账", "rule", "groupbuy.billday"),
        _item("对账差异", "compare_arrows", "groupbuy.billdifference"),
        _item("余额", "account_balance_wallet", "groupbuy.creditbalance"),
        _item("余额发放", "add_card", "groupbuy.creditgrant"),
        _item("分录", "account_balance", "groupbuy.ledgerentry"),
    ),
    _group(
        "基础资料",
        _item("商品", "nutrition", "groupbuy.sku"),
        _item("品类", "category", "groupbuy.category"),
        _item("供应商", "factory", "groupbuy.supplier"),
        _item("仓库", "warehouse", "groupbuy.warehouse"),
        _item("自提点", "storefront", "groupbuy.pickuppoint"),
        _item("网格仓", "hub", "groupbuy.gridwarehouse"),
        _item("社区", "location_city", "groupbuy.community"),
    ),
    _group(
        "系统",
        _item("用户", "person", "groupbuy.user"),
        _item("后台角色", "shield_person", "auth.group"),
        _item("状态记录", "history", "groupbuy.statechange"),
        _item("审计记录", "policy", "groupbuy.auditevent"),
        _item("站内消息", "mail", "groupbuy.message"),
        _item("待发通知", "outbox", "groupbuy.outbox"),
        _item("巡检", "autorenew", "groupbuy.sweep"),
        _item("巡检失败", "report", "groupbuy.sweepfailure"),
    ),
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "社区团购后台",
    "SITE_HEADER": "社区团购后台",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": "/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("groupbuy/favicon.svg")},
    ],
    "SHOW_HISTORY": False,  # who did what is in our own audit trail
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "leaders.admin.dashboard.show",
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .022 150)",
            "100": "oklch(94.2% .05 150)",
            "200": "oklch(88.5% .09 150)",
            "300": "oklch(80.5% .13 150)",
            "400": "oklch(70.5% .16 150)",
            "500": "oklch(61% .16 150)",
            "600": "oklch(52.5% .145 150)",
            "700": "oklch(44.8% .12 150)",
            "800": "oklch(38% .095 150)",
            "900": "oklch(32% .075 150)",
            "950": "oklch(22% .055 150)",
        }
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": _NAVIGATION},
}
