"""Every address of the system; the apps' routes are wired here side by side."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from groupbuy.config import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include("groupbuy.api.urls")),
    path("api/v1/", include("fulfillment.api.urls")),
    path("api/v1/", include("leaders.api.urls")),
    path("", include("groupbuy.web.urls")),
    path("", include("fulfillment.web.urls")),
    path("", include("fulfillment.web.warehouse.urls")),
    path("", include("fulfillment.web.driver.urls")),
    path("", include("leaders.web.urls")),
]
handler404 = "groupbuy.config.missing.not_found"
