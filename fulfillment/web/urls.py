from django.urls import path

from fulfillment.web import pickups

app_name = "pickups"
urlpatterns = [path("my/pickups/", pickups.mine, name="mine")]
