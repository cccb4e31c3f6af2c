"""Settings of the HTTP interface: tokens, errors, pages, the OpenAPI document."""

from datetime import timedelta
from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    # Tokens only: a cookie would need CSRF protection on every call of the mini-program.
    "DEFAULT_AUTHENTICATION_CLASSES": ["groupbuy.kernel.tokens.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "groupbuy.kernel.drf.NewestFirst",
    "PAGE_SIZE": 50,
    "DEFAULT_RENDERER_CLASSES": ["groupbuy.kernel.drf.ProblemRenderer"],
    "DEFAULT_PARSER_CLASSES": ["groupbuy.kernel.drf.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "groupbuy.kernel.schema.ProblemSchema",
    "EXCEPTION_HANDLER": "groupbuy.kernel.problems.problem_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

REST_KNOX = {
    "TOKEN_TTL": timedelta(days=30),
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_LIMIT_PER_USER": 20,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "社区团购 API / community group buying",
    "DESCRIPTION": "Money is integer fen (分), rates are basis points, instants are UTC.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # Several tables have a state or a kind; each set of words gets the name of its table.
    "ENUM_NAME_OVERRIDES": {
        "CampaignState": "groupbuy.api.words.CAMPAIGN_STATES",
        "OrderState": "groupbuy.api.words.ORDER_STATES",
        "PaymentState": "groupbuy.api.words.PAYMENT_STATES",
        "RefundState": "groupbuy.api.words.REFUND_STATES",
        "PointKind": "groupbuy.api.words.POINT_KINDS",
        "Zone": "groupbuy.models.catalogue.ZONES",
        "WaveState": "fulfillment.api.words.WAVE_STATES",
        "PaperKind": "fulfillment.api.words.PAPER_KINDS",
        "PaperJobState": "fulfillment.api.words.PAPER_JOB_STATES",
        "PurchaseState": "fulfillment.api.words.PURCHASE_STATES",
        "StopState": "fulfillment.api.words.STOP_STATES",
        "DiscrepancyKind": "fulfillment.api.words.DISCREPANCY_KINDS",
        "ApplicationState": "leaders.api.words.APPLICATION_STATES",
    },
}

DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_FORMATTER_CLASS": "groupbuy.kernel.problems.ProblemFormatter",
    "EXCEPTION_HANDLER_CLASS": "groupbuy.kernel.problems.ProblemHandler",
}
