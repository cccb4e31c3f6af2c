"""
Personal data: phones are stored encrypted, found by a keyed hash, and shown masked.

AES-256-GCM with a random nonce; the stored text is ``<key id>:<base64 of nonce and ciphertext>``. The keys derive
from ``settings.FIELD_KEY`` (32 bytes) by HMAC with a purpose, so that encryption and look-up share no key.
"""

import base64
import hashlib
import hmac
import os
import re
from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

KEY_ID = "k1"
_NONCE = 12
_PHONE = re.compile(r"1[0-9]{10}")  # \d would let full-width and other digits in, one phone with several hashes


@cache
def _key(purpose: str) -> bytes:
    return hmac.new(base64.b64decode(settings.FIELD_KEY), purpose.encode(), hashlib.sha256).digest()


@cache
def _cipher() -> AESGCM:
    return AESGCM(_key("seal"))


def seal(text: str) -> str:
    """Encrypt ``text``; an empty text stays empty."""
    if not text:
        return ""
    nonce = os.urandom(_NONCE)
    sealed = _cipher().encrypt(nonce, text.encode(), KEY_ID.encode())
    return f"{KEY_ID}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(stored: str) -> str:
    """
    Decrypt what ``seal`` returned.

    :raises cryptography.exceptions.InvalidTag: altered, or sealed with another key.
    """
    if not stored:
        return ""
    key_id, _, body = stored.partition(":")
    raw = base64.b64decode(body)
    return _cipher().decrypt(raw[:_NONCE], raw[_NONCE:], key_id.encode()).decode()


def blind(text: str) -> str:
    """Return the keyed hash by which a phone is found without being readable; 64 hex digits."""
    return hmac.new(_key("blind"), text.encode(), hashlib.sha256).hexdigest()


def clean_phone(raw: str) -> str | None:
    """
    Return the eleven digits of a mobile number of mainland China, or None if it is not one.

    Spaces and +86 may stand in it.
    """
    digits = re.sub(r"[\s-]", "", raw).removeprefix("+86")
    return digits if _PHONE.fullmatch(digits) else None


def mask_phone(phone: str) -> str:
    """138****1234; anything that is too short to mask shows nothing but stars."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****"


def mask_name(name: str) -> str:
    """Keep the first character: 王小明 -> 王**."""
    name = name.strip()
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""
