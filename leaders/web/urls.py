from django.urls import path

from leaders.web import deliveries, earnings, login, me, neighbours, orders, pickup, today

app_name = "leader"
urlpatterns = [
    path("leader/", today.today, name="today"),
    path("leader/login/", login.Login.as_view(), name="login"),
    path("leader/logout/", me.logout, name="logout"),
    path("leader/apply/", me.apply, name="apply"),
    path("leader/groups/<uuid:public_id>/share/", today.share, name="share"),
    path("leader/groups/<uuid:public_id>/order/", neighbours.order_new, name="neighbour-order"),
    path("leader/orders/", orders.order_list, name="orders"),
    path("leader/orders/<uuid:public_id>/", orders.order_detail, name="order"),
    path("leader/orders/<uuid:public_id>/phone/", orders.order_phone, name="order-phone"),
    path("leader/deliveries/", deliveries.stop_list, name="deliveries"),
    path("leader/deliveries/<uuid:public_id>/", deliveries.stop_detail, name="delivery"),
    path("leader/deliveries/<uuid:public_id>/sign/", deliveries.stop_sign, name="delivery-sign"),
    path("leader/pickup/", pickup.desk_page, name="pickup"),
    path("leader/pickup/<uuid:public_id>/", pickup.parcel, name="parcel"),
    path("leader/pickup/<uuid:public_id>/done/<uuid:event>/", pickup.handed, name="handed"),
    path("leader/earnings/", earnings.earned, name="earnings"),
    path("leader/me/", me.me, name="me"),
]
