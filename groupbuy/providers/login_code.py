"""
One-time log-in codes. Until an SMS or WeChat adapter exists only the development provider answers, and only where
``DEV_PROVIDERS`` is on; elsewhere nobody can log in by code.
"""

import hmac

from django.conf import settings

DEVELOPMENT_CODE = "246810"


def available() -> bool:
    return bool(settings.DEV_PROVIDERS)


def code_fits(*, phone: str, code: str) -> bool:
    """Return whether ``code`` is the right one for this phone now."""
    return available() and bool(phone) and hmac.compare_digest(code.encode(), DEVELOPMENT_CODE.encode())
