"""Opaque public identifiers."""

import os
import time
import uuid

# Crockford's base 32: no I, L, O, U, so that a number survives being read out on the phone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHARE_CODE_LENGTH = 8
ORDER_NUMBER_LENGTH = 12


def uuid7() -> uuid.UUID:
    """Return a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits; sorts by time in an index."""
    value = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def _random_text(length: int) -> str:
    """Return ``length`` letters of five random bits each; 256 is a multiple of 32, so all are equally likely."""
    return "".join(ALPHABET[byte % 32] for byte in os.urandom(length))


def order_number() -> str:
    """Return a random order number of 60 bits, e.g. ``7K3M9QXT2B4F``."""
    return _random_text(ORDER_NUMBER_LENGTH)


def share_code() -> str:
    """Return a random share code of 40 bits for ``/g/<share code>``."""
    return _random_text(SHARE_CODE_LENGTH)
