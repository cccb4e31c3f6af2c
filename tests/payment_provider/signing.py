"""WeChat Pay APIv3 signatures and sealed resources, written from the protocol and not from the product's SDK."""

import base64
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from tests.payment_provider.keys import KeyRing

SCHEME = "WECHATPAY2-SHA256-RSA2048"
MAX_AGE_S = 300
REFUND_WORDS = {"SUCCESS": "退款成功", "ABNORMAL": "退款异常", "CLOSED": "退款关闭"}
PAIR = re.compile(r'(\w+)="([^"]*)"')


class Refusal(Exception):
    """An answer of the gateway that is not 2xx."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class SignedRequest:
    """What the merchant's signature covers. ``target`` is the path with its query."""

    method: str
    target: str
    body: bytes
    authorization: str

    def verify(self, keys: KeyRing) -> None:
        """:raises Refusal: 401 SIGN_ERROR, saying which part is wrong."""
        scheme, _, rest = self.authorization.partition(" ")
        parts = dict(PAIR.findall(rest))
        self._check_names(scheme, parts, keys)
        message = b"\n".join(
            [
                self.method.encode(),
                self.target.encode(),
                parts["timestamp"].encode(),
                parts["nonce_str"].encode(),
                self.body,
                b"",
            ]
        )
        try:
            signature = base64.b64decode(parts["signature"], validate=True)
            keys.merchant_key.public_key().verify(signature, message, PKCS1v15(), SHA256())
        except (ValueError, InvalidSignature) as error:
            raise Refusal(401, "SIGN_ERROR", "签名错误,请检查后再试") from error

    @staticmethod
    def _check_names(scheme: str, parts: Mapping[str, str], keys: KeyRing) -> None:
        if scheme != SCHEME or not {"mchid", "nonce_str", "signature", "timestamp", "serial_no"} <= parts.keys():
            raise Refusal(401, "SIGN_ERROR", "Http头Authorization值格式错误,请参考文档")
        if parts["mchid"] != keys.mchid:
            raise Refusal(401, "SIGN_ERROR", "商户号不存在")
        if parts["serial_no"] != keys.merchant_serial:
            raise Refusal(401, "SIGN_ERROR", "商户证书序列号有误")
        if not parts["timestamp"].isdigit() or abs(time.time() - int(parts["timestamp"])) > MAX_AGE_S:
            raise Refusal(401, "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间相差过大")


def signed_headers(
    keys: KeyRing, body: bytes, *, timestamp: int | None = None, serial: str | None = None
) -> dict[str, str]:
    """
    The headers that go with an answer or a notice.

    :param timestamp: seconds since 1970, default now; tests date notices back.
    :param serial: default the public key's id; in certificate mode the certificate's serial.
    """
    stamp, nonce = str(int(time.time()) if timestamp is None else timestamp), secrets.token_hex(16)
    message = stamp.encode() + b"\n" + nonce.encode() + b"\n" + body + b"\n"
    signature = keys.platform_key.sign(message, PKCS1v15(), SHA256())
    return {
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Serial": serial or keys.public_key_id,
        "Wechatpay-Signature": base64.b64encode(signature).decode(),
        "Wechatpay-Signature-Type": SCHEME,
    }


def seal(keys: KeyRing, plain: bytes, *, associated: str) -> dict[str, str]:
    """Encrypt for the merchant: AES-256-GCM with the shared key and a nonce of 12 characters."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(keys.api_v3_key.encode()).encrypt(nonce.encode(), plain, associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "nonce": nonce,
        "associated_data": associated,
    }


def notice_body(keys: KeyRing, *, notice_id: str, created: str, trade: Mapping[str, object]) -> bytes:
    """:param created: RFC 3339; :param trade: the same fields as the answer of a query."""
    head = {"id": notice_id, "create_time": created, "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功"}
    return _envelope(keys, head, "transaction", trade)


def refund_notice_body(keys: KeyRing, *, notice_id: str, created: str, refund: Mapping[str, object]) -> bytes:
    """:param created: RFC 3339; :param refund: its ``refund_status`` gives the kind of event."""
    status = str(refund["refund_status"])
    head = {"id": notice_id, "create_time": created, "event_type": f"REFUND.{status}", "summary": REFUND_WORDS[status]}
    return _envelope(keys, head, "refund", refund)


def _envelope(keys: KeyRing, head: Mapping[str, str], kind: str, content: Mapping[str, object]) -> bytes:
    plain = json.dumps(content, ensure_ascii=False).encode()
    sealed = {"original_type": kind, **seal(keys, plain, associated=kind)}
    return json.dumps({**head, "resource_type": "encrypt-resource", "resource": sealed}, ensure_ascii=False).encode()
