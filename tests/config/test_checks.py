"""A deployment in which nobody could pay says so before its first shopper does."""

from typing import Any

from groupbuy.config.checks import merchant_is_set_up


def test_a_missing_merchant_is_warned_of_by_the_names_of_its_settings(settings: Any) -> None:
    settings.DEV_PROVIDERS = False
    settings.WECHAT = dict.fromkeys(settings.WECHAT, "given") | {"MCHID": "", "APPID": ""}

    (warning,) = merchant_is_set_up()

    assert warning.id == "groupbuy.W001"
    assert warning.hint == "没有设置 / not set: WECHAT_MCHID, WECHAT_APPID"


def test_a_merchant_or_a_trial_is_not_warned_of(settings: Any) -> None:
    settings.WECHAT = dict.fromkeys(settings.WECHAT, "")
    settings.DEV_PROVIDERS = True
    trial = merchant_is_set_up()

    settings.DEV_PROVIDERS = False
    settings.WECHAT = dict.fromkeys(settings.WECHAT, "given")

    assert (trial, merchant_is_set_up()) == ([], [])
