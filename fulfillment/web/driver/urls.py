from django.urls import path

from fulfillment.web.driver import pages

STOP = "driver/<str:key>/stops/<uuid:public_id>/"

app_name = "driver"
urlpatterns = [
    path("driver/", pages.day, name="day"),
    path("driver/login/", pages.Login.as_view(), name="login"),
    path("driver/logout/", pages.logout, name="logout"),
    path("driver/<str:key>/", pages.route_page, name="route"),
    path(f"{STOP}arrive/", pages.arrive, name="arrive"),
    path(f"{STOP}undo/", pages.undo, name="undo"),
    path(f"{STOP}crates/", pages.crates, name="crates"),
    path(f"{STOP}problem/", pages.problem, name="problem"),
]
