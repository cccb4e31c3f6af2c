from django.urls import path

from groupbuy.web import coupons, credit, home, login, order_amend, orders, pay_link, shop

app_name = "shop"
urlpatterns = [
    path("", home.home, name="home"),
    path("g/", shop.last, name="last"),
    path("g/login/", login.login, name="login"),
    path("g/logout/", login.logout, name="logout"),
    path("g/orders/", orders.order_list, name="orders"),
    path("g/orders/<uuid:public_id>/", orders.order_detail, name="order"),
    path("g/orders/<uuid:public_id>/state/", orders.order_state, name="order-state"),
    path("g/orders/<uuid:public_id>/pay/", orders.order_pay, name="order-pay"),
    path("g/orders/<uuid:public_id>/amend/", order_amend.order_amending, name="order-amend"),
    path("g/orders/<uuid:public_id>/again/", orders.order_again, name="order-again"),
    path("g/orders/<uuid:public_id>/cancel/", orders.order_cancelling, name="order-cancel"),
    path("pay/<str:token>/", pay_link.show, name="pay"),
    path("pay/<str:token>/start/", pay_link.pay, name="pay-start"),
    path("g/coupons/", coupons.mine, name="coupons"),
    path("g/credit/", credit.mine, name="credit"),
    # Share codes are upper-case; the words above are not.
    path("g/<slug:code>/", shop.shop, name="shop"),
    path("g/<slug:code>/claim/", coupons.claim, name="coupon-claim"),
    path("g/<slug:code>/confirm/", shop.confirm, name="confirm"),
]
