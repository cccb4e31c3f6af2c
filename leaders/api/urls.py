"""Routes of stage 7 and of the leader's work under ``/api/v1/``."""

from django.urls import path

from leaders.api import applications, earnings, neighbours, work

urlpatterns = [
    path("leader-applications/", applications.ApplicationsDoor.as_view(), name="api-leader-applications"),
    path("review/applications/", applications.ReviewDoor.as_view(), name="api-review-applications"),
    path(
        "review/applications/<uuid:public_id>/approve/",
        applications.ApproveDoor.as_view(),
        name="api-review-application-approve",
    ),
    path(
        "review/applications/<uuid:public_id>/reject/",
        applications.RejectDoor.as_view(),
        name="api-review-application-reject",
    ),
    path("leader/today/", work.TodayDoor.as_view(), name="api-leader-today"),
    path("leader/groups/", work.LedGroupsDoor.as_view(), name="api-leader-groups"),
    path(
        "leader/groups/<uuid:public_id>/orders/",
        neighbours.NeighbourOrdersDoor.as_view(),
        name="api-leader-group-orders",
    ),
    path("leader/orders/", work.LedOrdersDoor.as_view(), name="api-leader-orders"),
    path("leader/earnings/", earnings.EarningsDoor.as_view(), name="api-leader-earnings"),
]
