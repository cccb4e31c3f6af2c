"""Routes of stages 4 to 6 under ``/api/v1/``."""

from django.urls import path

from fulfillment.api import floor, paper_jobs, pickups, purchases, routes, shortages, stops, waves

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
    path("warehouse/purchases/", purchases.PurchasesDoor.as_view(), name="api-warehouse-purchases"),
    path("warehouse/purchases/<uuid:public_id>/", purchases.PurchaseDoor.as_view(), name="api-warehouse-purchase"),
    path(
        "warehouse/purchases/<uuid:public_id>/receipts/",
        purchases.CountDoor.as_view(),
        name="api-warehouse-purchase-count",
    ),
    path(
        "warehouse/purchases/<uuid:public_id>/receipts/<uuid:uuid>/undo/",
        purchases.UndoDoor.as_view(),
        name="api-warehouse-purchase-undo",
    ),
    path(
        "warehouse/purchases/<uuid:public_id>/close/",
        purchases.CloseDoor.as_view(),
        name="api-warehouse-purchase-close",
    ),
    path("warehouse/paper-jobs/", paper_jobs.PaperJobsDoor.as_view(), name="api-warehouse-paper-jobs"),
    path("warehouse/paper-jobs/<uuid:public_id>/", paper_jobs.PaperJobDoor.as_view(), name="api-warehouse-paper-job"),
    path(
        "warehouse/paper-jobs/<uuid:public_id>/cancel/",
        paper_jobs.PaperJobCancelDoor.as_view(),
        name="api-warehouse-paper-job-cancel",
    ),
    path(
        "warehouse/paper-jobs/<uuid:public_id>/retry/",
        paper_jobs.PaperJobRetryDoor.as_view(),
        name="api-warehouse-paper-job-retry",
    ),
    path(
        "warehouse/paper-jobs/<uuid:public_id>/file/",
        paper_jobs.PaperJobFileDoor.as_view(),
        name="api-warehouse-paper-job-file",
    ),
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
    path("warehouse/waves/<uuid:public_id>/routes/", routes.WaveRoutesDoor.as_view(), name="api-warehouse-wave-routes"),
    path(
        "warehouse/waves/<uuid:public_id>/route-plans/",
        routes.RoutePlansDoor.as_view(),
        name="api-warehouse-wave-route-plans",
    ),
    path("warehouse/stops/<uuid:public_id>/move/", routes.StopMoveDoor.as_view(), name="api-warehouse-stop-move"),
    path("warehouse/routes/<uuid:public_id>/", routes.RouteDoor.as_view(), name="api-warehouse-route"),
    path(
        "warehouse/routes/<uuid:public_id>/depart/",
        routes.RouteDepartDoor.as_view(),
        name="api-warehouse-route-depart",
    ),
    path(
        "warehouse/routes/<uuid:public_id>/driver-link/",
        routes.DriverLinkDoor.as_view(),
        name="api-warehouse-route-driver-link",
    ),
    path(
        "warehouse/waves/<uuid:public_id>/shortages/", shortages.ShortagesDoor.as_view(), name="api-warehouse-shortages"
    ),
    path(
        "warehouse/waves/<uuid:public_id>/shortages/<uuid:uuid>/shares/",
        shortages.SharesDoor.as_view(),
        name="api-warehouse-shortage-shares",
    ),
    path(
        "warehouse/waves/<uuid:public_id>/shortages/<uuid:uuid>/undo/",
        shortages.ShortageUndoDoor.as_view(),
        name="api-warehouse-shortage-undo",
    ),
    path("warehouse/waves/<uuid:public_id>/weights/", shortages.WeightsDoor.as_view(), name="api-warehouse-weights"),
    path(
        "warehouse/waves/<uuid:public_id>/weights/<uuid:uuid>/undo/",
        shortages.WeightUndoDoor.as_view(),
        name="api-warehouse-weight-undo",
    ),
    path(
        "warehouse/waves/<uuid:public_id>/pick-close/",
        shortages.PickCloseDoor.as_view(),
        name="api-warehouse-pick-close",
    ),
    path("warehouse/waves/<uuid:public_id>/scan/", floor.ScanDoor.as_view(), name="api-warehouse-scan"),
    path("warehouse/waves/<uuid:public_id>/pick/", floor.PickListDoor.as_view(), name="api-warehouse-pick"),
    path("warehouse/waves/<uuid:public_id>/put/", floor.PutListDoor.as_view(), name="api-warehouse-put"),
    path("warehouse/waves/<uuid:public_id>/progress/", floor.ProgressDoor.as_view(), name="api-warehouse-progress"),
    path("warehouse/waves/<uuid:public_id>/events/", floor.EventsDoor.as_view(), name="api-warehouse-events"),
]
