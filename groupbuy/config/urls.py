"""Every address of the system; the apps' routes are wired here side by side."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from groupbuy.config import health


def routes(prefix: str, module: str) -> list[URLResolver]:
    """Include an app's routes; a room that is not built yet has none."""
    package = module.rpartition(".")[0]
    return [path(prefix, include(module))] if find_spec(package) and find_spec(module) else []


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    *routes("api/v1/", "groupbuy.api.urls"),
    *routes("api/v1/", "fulfillment.api.urls"),
    *routes("api/v1/", "leaders.api.urls"),
    *routes("", "groupbuy.web.urls"),
    *routes("", "fulfillment.web.urls"),
    *routes("", "leaders.web.urls"),
]
