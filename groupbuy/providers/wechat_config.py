"""The merchant's credentials at WeChat Pay and the address of its gateway."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key


@dataclass(frozen=True, slots=True)
class WechatConfig:
    """Keys are PEM text. ``api_v3_key`` has 32 bytes, ``base_url`` no path. Secrets stay out of ``repr``."""

    mchid: str
    appid: str
    api_v3_key: str = field(repr=False)
    serial_no: str
    private_key: str = field(repr=False)
    public_key: str = field(repr=False)
    public_key_id: str
    base_url: str
    notify_url: str
    connect_timeout_s: float = 3
    read_timeout_s: float = 10

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> "WechatConfig":
        """
        From ``settings.WECHAT``; each key is given as text (``PRIVATE_KEY``) or as a file (``PRIVATE_KEY_FILE``).

        :raises KeyError: names a value that is missing or empty.
        """
        return cls(
            mchid=_given(values, "MCHID"),
            appid=_given(values, "APPID"),
            api_v3_key=_given(values, "API_V3_KEY"),
            serial_no=_given(values, "SERIAL_NO"),
            private_key=_pem(values, "PRIVATE_KEY"),
            public_key=_pem(values, "PUBLIC_KEY"),
            public_key_id=_given(values, "PUBLIC_KEY_ID"),
            base_url=_given(values, "BASE_URL").rstrip("/"),
            notify_url=_given(values, "NOTIFY_URL"),
        )


def _given(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "")
    if not value:
        raise KeyError(name)
    return value


def _pem(values: Mapping[str, str], name: str) -> str:
    return values.get(name) or Path(_given(values, f"{name}_FILE")).read_text()


def load_public_key(pem: str) -> RSAPublicKey:
    """:raises ValueError: no key in PEM. :raises TypeError: a key of another kind."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise TypeError("WeChat Pay's public key must be RSA")
    return key
