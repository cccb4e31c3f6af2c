"""What ``manage.py check`` and a start by ``prepare`` tell of this project's own settings."""

from typing import Any

from django.conf import settings
from django.core import checks

PAYMENTS = "payments"


@checks.register(PAYMENTS)
def merchant_is_set_up(**kwargs: Any) -> list[checks.CheckMessage]:
    """Warn where real people would be told that they cannot pay; trials and pay by credit alone may do without."""
    missing = [f"WECHAT_{name}" for name, value in settings.WECHAT.items() if not value]
    if settings.DEV_PROVIDERS or not missing:
        return []
    hint = f"没有设置 / not set: {', '.join(missing)}"
    return [
        checks.Warning(
            "没有微信支付商户，顾客不能支付 / no WeChat Pay merchant: nobody can pay", hint=hint, id="groupbuy.W001"
        )
    ]
