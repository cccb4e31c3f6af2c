"""Which payment providers there are: name -> client, and where the money lies that comes in through each."""

from functools import lru_cache

from django.conf import settings

from groupbuy.domain.accounts import Account
from groupbuy.providers.by_hand import NAMES, PaidByHand
from groupbuy.providers.credit import CREDIT, StoreCredit
from groupbuy.providers.payment import NoMerchant, PaymentProvider
from groupbuy.providers.wechat import WechatPayment
from groupbuy.providers.wechat_config import WechatConfig


def get_provider(name: str) -> PaymentProvider:
    """
    The process-wide client of a provider; that of ``wechat`` is made at first use from ``settings.WECHAT``.

    :raises KeyError: an unknown name.
    :raises NoMerchant: a value of the settings is missing; it is named.
    """
    if name in NAMES:
        return PaidByHand()
    if name == CREDIT:
        return StoreCredit()
    return {"wechat": _wechat}[name](tuple(sorted(settings.WECHAT.items())))


def account_of(name: str) -> Account:
    """Return the account that a payment through this provider debits and a refund credits."""
    return Account.CREDIT_OWED if name == CREDIT else Account.PROVIDER


@lru_cache(maxsize=4)
def _wechat(values: tuple[tuple[str, str], ...]) -> PaymentProvider:
    """Cached by the settings themselves. Two racing threads may build two clients; they hold no state."""
    try:
        return WechatPayment(WechatConfig.from_mapping(dict(values)))
    except KeyError as missing:
        raise NoMerchant(f"WECHAT_{missing.args[0]} is not set") from None
