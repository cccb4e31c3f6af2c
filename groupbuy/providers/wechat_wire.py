"""
WeChat Pay APIv3 on the wire: signatures of answers and notices, sealed resources, and strict reading of JSON.

The cryptography is the SDK's; the order of checks is ours. The SDK's own ``callback`` raises bare exceptions, accepts
notices of any age, and asks the network for certificates when a stranger sends an unknown serial.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from wechatpayv3.utils import aes_decrypt, rsa_verify

SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
NOTICE_WINDOW = timedelta(minutes=5)


class Unsigned(ValueError):
    """The signature is missing, by another key, of another kind, or wrong."""


class Malformed(ValueError):
    """A field is missing or has another type than the protocol says."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The five headers that carry the provider's signature."""

    signature: str
    timestamp: str
    nonce: str
    serial: str
    kind: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "SignedHead":
        lower = {name.lower(): value for name, value in headers.items()}
        names = ("signature", "timestamp", "nonce", "serial", "signature-type")
        return cls(*(lower.get(f"wechatpay-{name}", "") for name in names))

    def verify(self, *, body: str, public_key: RSAPublicKey, public_key_id: str) -> None:
        """:raises Unsigned: also for a serial that is not ``public_key_id``; nothing is looked up."""
        if self.kind != SIGNATURE_TYPE:
            raise Unsigned(f"signature type {self.kind!r}")
        if self.serial != public_key_id:
            raise Unsigned(f"serial {self.serial!r}")
        if not rsa_verify(self.timestamp, self.nonce, body, self.signature, public_key):
            raise Unsigned("signature")

    def check_age(self, *, now: datetime) -> None:
        """:raises Unsigned: dated outside ``now`` ± 5 minutes; both ends are inside."""
        if not (self.timestamp.isascii() and self.timestamp.isdigit() and len(self.timestamp) <= 11):
            raise Unsigned("timestamp")
        if abs(now - datetime.fromtimestamp(int(self.timestamp), UTC)) > NOTICE_WINDOW:
            raise Unsigned("age")


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object that gives a field in its right type or raises :class:`Malformed`."""

    data: Mapping[str, Any]

    @classmethod
    def parse(cls, text: str) -> "Fields":
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:  # RecursionError: nested a thousand deep
            raise Malformed("not JSON") from error
        if not isinstance(data, dict):
            raise Malformed("not an object")
        return cls(data)

    def within(self, name: str) -> "Fields":
        value = self.data.get(name)
        if not isinstance(value, dict):
            raise Malformed(name)
        return Fields(value)

    def text(self, name: str) -> str:
        value = self.data.get(name)
        if not isinstance(value, str) or not value:
            raise Malformed(name)
        return value

    def fen(self, name: str) -> int:
        value = self.data.get(name)
        if type(value) is not int or value < 1:  # bool is an int, and True is no amount
            raise Malformed(name)
        return value

    def instant(self, name: str) -> datetime:
        """RFC 3339 with an offset, given as UTC."""
        try:
            value = datetime.fromisoformat(self.text(name))
        except ValueError as error:
            raise Malformed(name) from error
        if value.tzinfo is None:
            raise Malformed(name)
        return value.astimezone(UTC)


def open_resource(sealed: Fields, *, api_v3_key: str) -> Fields:
    """
    Decrypt the ``resource`` of a notice (AES-256-GCM).

    :raises Malformed: wrong algorithm, encoding or tag, or the content is no JSON object.
    """
    if sealed.text("algorithm") != "AEAD_AES_256_GCM":
        raise Malformed("algorithm")
    associated = sealed.data.get("associated_data") or ""
    if not isinstance(associated, str):
        raise Malformed("associated_data")
    nonce, ciphertext = sealed.text("nonce"), sealed.text("ciphertext")
    try:
        plain = aes_decrypt(nonce, ciphertext, associated, api_v3_key)
    except ValueError as error:  # not base64, a nonce of a wrong length, not UTF-8
        raise Malformed("ciphertext") from error
    if plain is None:
        raise Malformed("tag")
    return Fields.parse(plain)
