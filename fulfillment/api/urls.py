"""Routes of stages 4 to 6 under ``/api/v1/``."""

from django.urls import path

from fulfillment.api import pickups, stops, waves

urlpatterns = [
    path("pickups/", pickups.PickupsDoor.as_view(), name="api-pickups"),
    path("leader/pickups/", pickups.ServedPickupsDoor.as_view(), name="api-leader-pickups"),
    path(
        "leader/pickups/<uuid:public_id>/confirm/",
        pickups.PickupConfirmDoor.as_view(),
        name="api-leader-pickup-confirm",
    ),
    path("leader/stops/", stops.StopsDoor.as_view(), name="api-leader-stops"),
    path("leader/stops/<uuid:public_id>/", stops.StopDoor.as_view(), name="api-leader-stop"),
    path("leader/stops/<uuid:public_id>/sign/", stops.StopSignDoor.as_view(), name="api-leader-stop-sign"),
    path("warehouse/waves/", waves.WavesDoor.as_view(), name="api-warehouse-waves"),
    path("warehouse/waves/<uuid:public_id>/", waves.WaveDoor.as_view(), name="api-warehouse-wave"),
    path(
        "warehouse/waves/<uuid:public_id>/papers/<slug:kind>/",
        waves.PaperDoor.as_view(),
        name="api-warehouse-wave-paper",
    ),
    path(
        "warehouse/waves/<uuid:public_id>/dispatch/", waves.DispatchDoor.as_view(), name="api-warehouse-wave-dispatch"
    ),
]
