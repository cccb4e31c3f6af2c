"""WeChat Pay APIv3 (微信支付) in public-key mode, on the SDK ``wechatpayv3``."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from time import time
from typing import Any, TypeVar

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

from groupbuy.providers.payment import (
    BillRow,
    CloseResult,
    Notice,
    NoticeForged,
    NoticeUnsupported,
    Prepay,
    ProviderRefused,
    ProviderUnavailable,
    RefundNotice,
    RefundState,
    RefundStatus,
    TradeState,
    TradeStatus,
)
from groupbuy.providers.wechat_bill import check_digest, read_bill
from groupbuy.providers.wechat_config import WechatConfig, load_public_key
from groupbuy.providers.wechat_wire import Fields, Malformed, SignedHead, Unsigned, open_resource

T = TypeVar("T")

CURRENCY = "CNY"
BEIJING = timezone(timedelta(hours=8))
MAX_NOTICE_BYTES = 65_536
TRADE_NO = re.compile(r"[0-9A-Za-z_*-]{6,32}")
REFUND_NO = re.compile(r"[0-9A-Za-z_*-]{1,64}")
# The documents and the live gateway do not always agree on the spelling; both are taken.
MISSING = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"})
NO_BILL = "NO_STATEMENT_EXIST"
PAID = frozenset({"ORDERPAID", "ORDER_PAID"})
CLOSED = frozenset({"ORDER_CLOSED", "ORDERCLOSED"})


class WechatPayment:
    """
    The adapter; see :class:`groupbuy.providers.payment.PaymentProvider` for the contract of its calls.

    Safe to share between threads: nothing changes after ``__init__``, and the SDK opens a connection per request.

    :param unix_time: dates the payer's parameters (``timeStamp``); no rule of ours depends on it.
    """

    def __init__(self, config: WechatConfig, *, unix_time: Callable[[], float] = time) -> None:
        self._config = config
        self._unix_time = unix_time
        self._public_key = load_public_key(config.public_key)
        self._gateway = _Gateway(config, self._public_key)
        self._sdk = WeChatPay(WeChatPayType.JSAPI, appid=config.appid, **_credentials(config))
        self._sdk._core = self._gateway  # noqa: SLF001 - the SDK builds its own and takes none

    def prepay(
        self, *, out_trade_no: str, amount_fen: int, description: str, payer_ref: str, expires_at: datetime
    ) -> Prepay:
        _require(TRADE_NO, out_trade_no)
        answer = self._ask(
            self._sdk.pay,
            description=description[:127],
            out_trade_no=out_trade_no,
            amount={"total": _positive(amount_fen), "currency": CURRENCY},
            payer={"openid": payer_ref},
            time_expire=expires_at.astimezone(BEIJING).isoformat(timespec="seconds"),
            notify_url=self._config.notify_url,
        )
        prepay_id = _read(lambda: answer.text("prepay_id"))
        return Prepay(prepay_id=prepay_id, client_params=self._client_params(prepay_id))

    def query(self, *, out_trade_no: str) -> TradeStatus:
        _require(TRADE_NO, out_trade_no)
        try:
            answer = self._ask(self._sdk.query, out_trade_no=out_trade_no)
        except ProviderRefused as refusal:
            if refusal.code in MISSING:
                return TradeStatus(state=TradeState.ABSENT)
            raise
        return _read(lambda: self._trade_status(answer, out_trade_no))

    def close(self, *, out_trade_no: str) -> CloseResult:
        _require(TRADE_NO, out_trade_no)
        try:
            self._ask(self._sdk.close, out_trade_no=out_trade_no)
        except ProviderRefused as refusal:
            return _close_verdict(refusal)
        return CloseResult.CLOSED

    def refund(
        self, *, out_trade_no: str, out_refund_no: str, amount_fen: int, total_fen: int, reason: str
    ) -> RefundStatus:
        _require(TRADE_NO, out_trade_no)
        _require(REFUND_NO, out_refund_no)
        answer = self._ask(
            self._sdk.refund,
            out_trade_no=out_trade_no,
            out_refund_no=out_refund_no,
            amount={"refund": _positive(amount_fen), "total": _positive(total_fen), "currency": CURRENCY},
            reason=reason[:80],
            notify_url=self._config.notify_url,
        )
        status = _read(lambda: _refund_status(answer, out_refund_no))
        if status.amount_fen != amount_fen:
            raise ProviderRefused("ANSWER_MISMATCH", f"asked for {amount_fen} fen, answered {status.amount_fen}")
        return status

    def query_refund(self, *, out_refund_no: str) -> RefundStatus:
        _require(REFUND_NO, out_refund_no)
        try:
            answer = self._ask(self._sdk.query_refund, out_refund_no=out_refund_no)
        except ProviderRefused as refusal:
            if refusal.code in MISSING:
                return RefundStatus(state=RefundState.ABSENT, out_refund_no=out_refund_no)
            raise
        return _read(lambda: _refund_status(answer, out_refund_no))

    def bill(self, *, day: date) -> Iterator[BillRow]:
        try:
            answer = self._ask(self._sdk.trade_bill, bill_date=day.isoformat())
        except ProviderRefused as refusal:
            if refusal.code == NO_BILL:
                return iter(())
            raise ProviderUnavailable(str(refusal)) from refusal
        return _read(lambda: self._bill(answer))

    def _bill(self, answer: Fields) -> Iterator[BillRow]:
        """The download is not signed; the digest in the signed answer stands for it."""
        url = answer.text("download_url")
        if not url.startswith(f"{self._config.base_url}/"):
            raise Malformed("download_url")
        try:
            status, packed = self._sdk.download_bill(url)
        except requests.RequestException as error:
            raise ProviderUnavailable(f"{type(error).__name__}: {error}") from error
        if status != requests.codes.ok or not isinstance(packed, bytes):
            raise ProviderUnavailable(f"bill: HTTP {status}")
        check_digest(packed, answer.text("hash_value"))
        return _whole(read_bill(packed))

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice | RefundNotice:
        try:
            return self._read_notice(SignedHead.of(headers), body, now)
        except ValueError as error:  # Unsigned, Malformed, not UTF-8
            raise NoticeForged(str(error)) from error

    def _read_notice(self, head: SignedHead, body: bytes, now: datetime) -> Notice | RefundNotice:
        """Nothing of the body is parsed before its signature is verified."""
        if len(body) > MAX_NOTICE_BYTES:
            raise Malformed("body too long")
        head.check_age(now=now)
        text = body.decode()
        head.verify(body=text, public_key=self._public_key, public_key_id=self._config.public_key_id)
        envelope = Fields.parse(text)
        kind = envelope.text("event_type")
        if not kind.startswith(("TRANSACTION.", "REFUND.")):
            raise NoticeUnsupported(kind)
        content = open_resource(envelope.within("resource"), api_v3_key=self._config.api_v3_key)
        return self._refund_notice(envelope, content) if kind.startswith("REFUND.") else self._notice(envelope, content)

    def _refund_notice(self, envelope: Fields, refund: Fields) -> RefundNotice:
        """Refund notices name no appid and no currency; the refund's number is ours and leads to the payment."""
        if refund.text("mchid") != self._config.mchid:
            raise Malformed("mchid")
        word, amount = refund.text("refund_status"), refund.within("amount")
        return RefundNotice(
            notice_id=envelope.text("id"),
            event_type=envelope.text("event_type"),
            out_trade_no=refund.text("out_trade_no"),
            out_refund_no=refund.text("out_refund_no"),
            refund_id=refund.text("refund_id"),
            amount_fen=amount.fen("refund"),
            total_fen=amount.fen("total"),
            state=RefundState(word) if word in RefundState.__members__ else RefundState.UNKNOWN,
            succeeded_at=refund.instant("success_time") if word == RefundState.SUCCESS else None,
        )

    def _notice(self, envelope: Fields, trade: Fields) -> Notice:
        amount = trade.within("amount")
        self._require_ours(trade)
        if amount.text("currency") != CURRENCY:
            raise Malformed("currency")
        return Notice(
            notice_id=envelope.text("id"),
            event_type=envelope.text("event_type"),
            out_trade_no=trade.text("out_trade_no"),
            transaction_id=trade.text("transaction_id"),
            amount_fen=amount.fen("total"),
            currency=CURRENCY,
            mchid=self._config.mchid,
            appid=self._config.appid,
            trade_state=_trade_state(trade),
            paid_at=trade.instant("success_time"),
        )

    def _require_ours(self, trade: Fields) -> None:
        """A valid signature alone is not enough: one provider key signs for every merchant."""
        if trade.text("mchid") != self._config.mchid:
            raise Malformed("mchid")
        if trade.text("appid") != self._config.appid:
            raise Malformed("appid")

    def _trade_status(self, answer: Fields, out_trade_no: str) -> TradeStatus:
        self._require_ours(answer)
        if answer.text("out_trade_no") != out_trade_no:
            raise Malformed("out_trade_no")
        state = _trade_state(answer)
        if state not in (TradeState.SUCCESS, TradeState.REFUND):
            return TradeStatus(state=state)
        amount = answer.within("amount")
        if amount.text("currency") != CURRENCY:
            raise Malformed("currency")
        return TradeStatus(
            state=state,
            transaction_id=answer.text("transaction_id"),
            amount_fen=amount.fen("total"),
            paid_at=answer.instant("success_time"),
        )

    def _client_params(self, prepay_id: str) -> dict[str, str]:
        """The arguments of ``wx.requestPayment``, signed by the merchant's key."""
        signed = [self._config.appid, str(int(self._unix_time())), uuid.uuid4().hex, f"prepay_id={prepay_id}"]
        names = ("appId", "timeStamp", "nonceStr", "package")
        return {**dict(zip(names, signed, strict=True)), "signType": "RSA", "paySign": self._sdk.sign(signed)}

    def _ask(self, call: Callable[..., tuple[int, str | bytes]], **arguments: Any) -> Fields:
        """
        One signed call to the gateway; answers without a body give no fields.

        :raises ProviderUnavailable: no usable verdict came.
        :raises ProviderRefused: a 4xx with the provider's error body.
        """
        try:
            status, content = call(**arguments)
        except (requests.RequestException, Unsigned) as error:
            raise ProviderUnavailable(f"{type(error).__name__}: {error}") from error
        if 200 <= status < 300:
            return _read(lambda: Fields.parse(_text(content) or "{}"))
        raise _failure(status, _text(content))


class _Gateway(Core):  # type: ignore[misc]  # the SDK has no types
    """
    The SDK's transport with the three things it lacks: an address, time limits, and answers verified by one known key.

    ``_gate_way`` and ``_verify_signature`` are private to the SDK, which is why its version is pinned; the adapter's
    tests run against a real server and fail if either is renamed.
    """

    def __init__(self, config: WechatConfig, public_key: RSAPublicKey) -> None:
        super().__init__(**_credentials(config))
        self._gate_way = config.base_url
        self._verifying_key = public_key

    def _verify_signature(self, headers: Mapping[str, str], body: str) -> bool:
        """:raises Unsigned: instead of returning False, upon which the SDK raises a bare Exception."""
        head = SignedHead.of(headers)
        head.verify(body=body, public_key=self._verifying_key, public_key_id=self._public_key_id)
        return True


def _credentials(config: WechatConfig) -> dict[str, Any]:
    return {
        "mchid": config.mchid,
        "cert_serial_no": config.serial_no,
        "private_key": config.private_key,
        "apiv3_key": config.api_v3_key,
        "public_key": config.public_key,
        "public_key_id": config.public_key_id,
        "timeout": (config.connect_timeout_s, config.read_timeout_s),
    }


def _require(pattern: re.Pattern[str], number: str) -> None:
    """Numbers become part of the signed path, so anything that would be escaped there is refused first."""
    if not pattern.fullmatch(number):
        raise ValueError(f"malformed number {number!r}")


def _positive(amount_fen: int) -> int:
    if amount_fen < 1:
        raise ValueError(f"amount of {amount_fen} fen")
    return amount_fen


def _text(content: str | bytes) -> str:
    return content if isinstance(content, str) else content.decode(errors="replace")


def _read(read: Callable[[], T]) -> T:
    """A signed answer that cannot be understood is no verdict."""
    try:
        return read()
    except Malformed as error:
        raise ProviderUnavailable(f"unreadable answer: {error}") from error


def _whole(rows: Iterator[BillRow]) -> Iterator[BillRow]:
    try:
        yield from rows
    except Malformed as error:
        raise ProviderUnavailable(f"unreadable bill: {error}") from error


def _failure(status: int, text: str) -> ProviderUnavailable | ProviderRefused:
    """A 4xx counts as a verdict only with the provider's own error body; a proxy's page, 401 and 429 do not."""
    try:
        answer = Fields.parse(text)
        code, message = answer.text("code"), answer.text("message")
    except Malformed:
        return ProviderUnavailable(f"HTTP {status}")
    if status in (401, 429) or not 400 <= status < 500:
        return ProviderUnavailable(f"HTTP {status} {code}: {message}")
    return ProviderRefused(code, message)


def _close_verdict(refusal: ProviderRefused) -> CloseResult:
    for codes, result in (
        (PAID, CloseResult.ALREADY_PAID),
        (CLOSED, CloseResult.CLOSED),
        (MISSING, CloseResult.NOT_FOUND),
    ):
        if refusal.code in codes:
            return result
    raise refusal


def _trade_state(trade: Fields) -> TradeState:
    word = trade.text("trade_state")
    return TradeState(word) if word in TradeState.__members__ else TradeState.UNKNOWN


def _refund_status(answer: Fields, out_refund_no: str) -> RefundStatus:
    if answer.text("out_refund_no") != out_refund_no:
        raise Malformed("out_refund_no")
    word = answer.text("status")
    return RefundStatus(
        state=RefundState(word) if word in RefundState.__members__ else RefundState.UNKNOWN,
        out_refund_no=out_refund_no,
        refund_id=answer.text("refund_id"),
        amount_fen=answer.within("amount").fen("refund"),
        succeeded_at=answer.instant("success_time") if word == RefundState.SUCCESS else None,
    )
