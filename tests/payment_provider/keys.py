"""Keys of both sides, made once into a folder; the product is given only the merchant's half and the public key."""

import base64
import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

SETTINGS_FILE = "wechat.json"
MERCHANT_KEY_FILE = "merchant_key.pem"
PLATFORM_KEY_FILE = "platform_key.pem"
PLATFORM_PUBLIC_KEY_FILE = "platform_public_key.pem"
PLATFORM_CERTIFICATE_FILE = "platform_certificate.pem"


@dataclass(frozen=True)
class KeyRing:
    """Everything that the provider knows. ``api_v3_key`` is shared with the merchant and has 32 characters."""

    mchid: str
    appid: str
    api_v3_key: str
    merchant_serial: str
    merchant_key: rsa.RSAPrivateKey
    platform_key: rsa.RSAPrivateKey
    platform_certificate: x509.Certificate
    public_key_id: str

    @property
    def certificate_serial(self) -> str:
        return f"{self.platform_certificate.serial_number:X}"


def load_or_make(folder: Path) -> KeyRing:
    """Read the folder, or fill it if it is empty; the settings file always shows the folder's present address."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / SETTINGS_FILE).exists():
        _make(folder)
    settings = json.loads((folder / SETTINGS_FILE).read_text())
    _write(folder / SETTINGS_FILE, json.dumps(settings | _addresses(folder), indent=2))
    return KeyRing(
        mchid=settings["WECHAT_MCHID"],
        appid=settings["WECHAT_APPID"],
        api_v3_key=settings["WECHAT_API_V3_KEY"],
        merchant_serial=settings["WECHAT_SERIAL_NO"],
        merchant_key=_read_key(folder / MERCHANT_KEY_FILE),
        platform_key=_read_key(folder / PLATFORM_KEY_FILE),
        platform_certificate=x509.load_pem_x509_certificate((folder / PLATFORM_CERTIFICATE_FILE).read_bytes()),
        public_key_id=settings["WECHAT_PUBLIC_KEY_ID"],
    )


def _make(folder: Path) -> None:
    """The settings file comes last: a folder with it is complete."""
    merchant, platform = _new_key(), _new_key()
    public = platform.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    certificate = _certificate(platform)
    _write(folder / MERCHANT_KEY_FILE, _private_pem(merchant))
    _write(folder / PLATFORM_KEY_FILE, _private_pem(platform))
    _write(folder / PLATFORM_PUBLIC_KEY_FILE, public.decode())
    _write(folder / PLATFORM_CERTIFICATE_FILE, certificate.public_bytes(Encoding.PEM).decode())
    settings = {
        "WECHAT_MCHID": f"19{secrets.randbelow(10**8):08d}",
        "WECHAT_APPID": "wx" + secrets.token_hex(8),
        "WECHAT_API_V3_KEY": base64.b32encode(secrets.token_bytes(20)).decode(),
        "WECHAT_SERIAL_NO": secrets.token_hex(20).upper(),
        "WECHAT_PUBLIC_KEY_ID": f"PUB_KEY_ID_{secrets.randbelow(10**30):030d}",
    }
    _write(folder / SETTINGS_FILE, json.dumps(settings | _addresses(folder), indent=2))


def _addresses(folder: Path) -> dict[str, str]:
    return {
        "WECHAT_PRIVATE_KEY_FILE": str((folder / MERCHANT_KEY_FILE).resolve()),
        "WECHAT_PUBLIC_KEY_FILE": str((folder / PLATFORM_PUBLIC_KEY_FILE).resolve()),
    }


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    """Self-signed, for clients that still work in certificate mode (``/v3/certificates``)."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "development payment provider")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    validity = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=3650))
    return validity.sign(key, hashes.SHA256())


def _private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _read_key(path: Path) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} is not an RSA key")
    return key


def _write(path: Path, text: str) -> None:
    """Readable by the owner only, and replaced as a whole, so that a reader never sees half a file."""
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
