"""Routes of stages 1 to 3 under ``/api/v1/``."""

from django.urls import path, re_path

from groupbuy.api import (
    auth,
    coupons,
    credit,
    groups,
    me,
    messages,
    notices,
    offer_terms,
    order_again,
    order_amend,
    order_quote,
    orders,
    pay_links,
    points,
)

urlpatterns = [
    path("auth/code/", auth.CodeDoor.as_view(), name="api-auth-code"),
    path("auth/token/", auth.TokenDoor.as_view(), name="api-auth-token"),
    path("auth/token/password/", auth.PasswordTokenDoor.as_view(), name="api-auth-token-password"),
    path("auth/password/", auth.PasswordDoor.as_view(), name="api-auth-password"),
    path("me/", me.MeDoor.as_view(), name="api-me"),
    path("me/credit/", credit.CreditDoor.as_view(), name="api-me-credit"),
    path("messages/", messages.MessagesDoor.as_view(), name="api-messages"),
    path("messages/read/", messages.MessagesReadDoor.as_view(), name="api-messages-read"),
    path("points/", points.PointsDoor.as_view(), name="api-points"),
    path("groups/by-code/<slug:code>/", groups.GroupsByCodeDoor.as_view(), name="api-groups-by-code"),
    path("groups/<uuid:public_id>/", groups.GroupDoor.as_view(), name="api-group"),
    path("groups/<uuid:public_id>/offers/", groups.OffersDoor.as_view(), name="api-group-offers"),
    path("groups/<uuid:public_id>/promotions/", coupons.GroupPromotionsDoor.as_view(), name="api-group-promotions"),
    path("coupons/", coupons.CouponsDoor.as_view(), name="api-coupons"),
    path("orders/", orders.OrdersDoor.as_view(), name="api-orders"),
    path("orders/quote/", order_quote.OrderQuoteDoor.as_view(), name="api-order-quote"),
    path("orders/<uuid:public_id>/", orders.OrderDoor.as_view(), name="api-order"),
    path("orders/<uuid:public_id>/reorder/", order_again.OrderReorderDoor.as_view(), name="api-order-reorder"),
    path("orders/<uuid:public_id>/amend/", order_amend.OrderAmendDoor.as_view(), name="api-order-amend"),
    path("orders/<uuid:public_id>/cancel/", orders.OrderCancelDoor.as_view(), name="api-order-cancel"),
    path("orders/<uuid:public_id>/pay/", orders.OrderPayDoor.as_view(), name="api-order-pay"),
    path("pay-links/<str:token>/", pay_links.PayLinkDoor.as_view(), name="api-pay-link"),
    path("pay-links/<str:token>/pay/", pay_links.PayLinkPayDoor.as_view(), name="api-pay-link-pay"),
    path("offers/<uuid:public_id>/terms/", offer_terms.OfferTermsDoor.as_view(), name="api-offer-terms"),
    # WeChat is told the address without a slash at its end; a redirect would lose the notice.
    re_path(r"^payments/wechat/notice/?$", notices.WechatNoticeDoor.as_view(), name="api-payments-wechat-notice"),
]
