"""
Django's settings, read from the environment.

Without ``DATABASE_URL`` this is a demo: the embedded servers of the data folder, secrets made up once, the
development providers. With it, everything that protects data must be given, or the start fails.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from groupbuy.config import databases, development, logs
from groupbuy.config.api_settings import *  # noqa: F403 -- settings like those below, grouped
from groupbuy.config.backoffice_settings import *  # noqa: F403 -- ditto
from groupbuy.config.defaults import *  # noqa: F403 -- ditto
from groupbuy.config.environment import boolean, fall_back_on, integer, key, text, words
from groupbuy.config.queue_settings import *  # noqa: F403 -- ditto

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(os.environ.get("GROUPBUY_VAR") or BASE_DIR / "var").resolve()

if "DATABASE_URL" not in os.environ:
    fall_back_on(development.environment(VAR_DIR))

# --- Safety ---------------------------------------------------------------------------------------
DEBUG = False
SECRET_KEY = text("SECRET_KEY")
FIELD_KEY = key("FIELD_KEY")  # base64 of 32 bytes: encryption and look-up of personal fields
DEV_PROVIDERS = boolean("DEV_PROVIDERS", False)  # log-in codes on the screen, never with real shoppers

PUBLIC_URL = text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "localhost,127.0.0.1")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS", PUBLIC_URL)
_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if _https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if boolean("BEHIND_PROXY", False) else None
SESSION_COOKIE_AGE = 14 * 24 * 3600
X_FRAME_OPTIONS = "DENY"

# --- Applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_htmx",
    "groupbuy",
    "fulfillment",
    "leaders",
    "groupbuy.config",
]
MIDDLEWARE = [
    "groupbuy.config.middleware.observe",
    "groupbuy.config.content_policy.content_policy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages too, for slow phones. It pads answers at random and CSRF tokens are masked, so lengths tell little (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "groupbuy.config.urls"
WSGI_APPLICATION = "groupbuy.config.wsgi.application"
AUTH_USER_MODEL = "groupbuy.User"
AUTHENTICATION_BACKENDS = ["groupbuy.services.accounts.PhoneOrNameBackend", "django.contrib.auth.backends.ModelBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Data -----------------------------------------------------------------------------------------
# wsgi.py sets this to "web": a request must give up early, and its thread keeps its connection; a command may take longer.
_web = os.environ.get("GROUPBUY_PROCESS") == "web"
DATABASES = databases.connections(
    url=text("DATABASE_URL"),
    owner_url=text("DATABASE_OWNER_URL", text("DATABASE_URL")),
    lock_timeout_ms=integer("DB_LOCK_TIMEOUT_MS", 3_000),
    statement_timeout_ms=integer("DB_STATEMENT_TIMEOUT_MS", 10_000 if _web else 300_000),
    idle_timeout_ms=integer("DB_IDLE_TIMEOUT_MS", 10_000 if _web else 60_000),
    keep=_web,
)
# The role that `grant_app_role` serves; it must not own the tables, or nothing is append-only for it.
DATABASE_APP_ROLE = text("DATABASE_APP_ROLE", DATABASES["default"]["USER"])
APPEND_ONLY_TABLES = (
    "groupbuy_ledgerentry",
    "groupbuy_ledgerleg",
    "groupbuy_statechange",
    "groupbuy_auditevent",
    "groupbuy_linediscount",
    "groupbuy_creditgrant",
    "fulfillment_shortageshare",
    "fulfillment_weightshare",
    "fulfillment_pickevent",
    "fulfillment_putevent",
    "fulfillment_paperissue",
    "fulfillment_pickline",
    "fulfillment_sortline",
    "fulfillment_deliverynote",
)

REDIS_URL = text("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        # Never the broker's database: clearing the cache empties its whole database.
        "LOCATION": text("CACHE_URL", databases.redis_database_after(REDIS_URL)),
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        "KEY_PREFIX": "groupbuy",
    }
}

# --- Outside systems ------------------------------------------------------------------------------
WECHAT = {
    name: text(f"WECHAT_{name}", "")
    for name in (
        "MCHID",
        "APPID",
        "API_V3_KEY",
        "SERIAL_NO",
        "PRIVATE_KEY_FILE",
        "PUBLIC_KEY_FILE",
        "PUBLIC_KEY_ID",
    )
} | {
    "BASE_URL": text("WECHAT_BASE_URL", "https://api.mch.weixin.qq.com"),
    "NOTIFY_URL": text("WECHAT_NOTIFY_URL", f"{PUBLIC_URL}/api/v1/payments/wechat/notice"),
}
# Where a payer without WeChat pays: this address followed by the prepay id. Only the development provider has one.
DEV_CASHIER_URL = text("DEV_CASHIER_URL", "")

# --- Language, time, files, logs ------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "groupbuy" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "media"
# Long papers, from the first finished part until nobody may fetch them any more; web and workers share this folder.
PAPERS_ROOT = VAR_DIR / "papers"
# False serves files from the source folders, unhashed: for tests and work on the style sheet.
_manifest = boolean("STATIC_MANIFEST", True)
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not _manifest
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _manifest
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
LOGGING = logs.configuration(style=text("LOG_FORMAT", "json"), level=text("LOG_LEVEL", "INFO"))

CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
