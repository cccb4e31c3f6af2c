"""The merchant's calls: prepay, query, close, refund, certificates. Each gives a status and a JSON body, or refuses."""

import gzip
import hashlib
import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.serialization import Encoding

from tests.payment_provider.bill import bill_text
from tests.payment_provider.faults import Faults
from tests.payment_provider.keys import KeyRing
from tests.payment_provider.ledger import Ledger, Row, Terms
from tests.payment_provider.signing import Refusal, refund_notice_body, seal

BEIJING = timezone(timedelta(hours=8))
TRADE_NO = re.compile(r"[0-9A-Za-z_|*-]{6,32}")
REFUND_NO = re.compile(r"[0-9A-Za-z_|*@-]{1,64}")
MOST_REFUNDS = 50
STATE_WORDS = {"NOTPAY": "订单未支付", "SUCCESS": "支付成功", "CLOSED": "订单已关闭", "REFUND": "订单发生过退款"}
Answer = tuple[int, Any]


class Cut(Exception):
    """Close the connection without an answer."""


def rfc3339(moment: float) -> str:
    return datetime.fromtimestamp(moment, BEIJING).isoformat(timespec="seconds")


def trade_json(keys: KeyRing, trade: Row) -> dict[str, Any]:
    """A trade as queries and notices show it."""
    state = "REFUND" if trade["refunds"] else trade["state"]
    shown: dict[str, Any] = {
        "appid": trade["appid"],
        "mchid": keys.mchid,
        "out_trade_no": trade["out_trade_no"],
        "trade_state": state,
        "trade_state_desc": STATE_WORDS[state],
        "attach": "",
        "payer": {"openid": trade["openid"]},
        "amount": {"total": trade["amount_fen"], "currency": "CNY"},
    }
    if trade["state"] == "SUCCESS":
        shown |= {"transaction_id": trade["transaction_id"], "trade_type": "JSAPI", "bank_type": "OTHERS"}
        shown["success_time"] = rfc3339(trade["paid_at"])
        shown["amount"] |= {"payer_total": trade["amount_fen"], "payer_currency": "CNY"}
    return shown


def _refund_json(trade: Row, refund: Row) -> dict[str, Any]:
    """A refund is PROCESSING until its time of settlement."""
    done = refund["settles_at"] <= time()
    shown = {
        "refund_id": refund["refund_id"],
        "out_refund_no": refund["out_refund_no"],
        "transaction_id": trade["transaction_id"],
        "out_trade_no": trade["out_trade_no"],
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": rfc3339(refund["created_at"]),
        "status": refund["outcome"] if done else "PROCESSING",
        "funds_account": "UNSETTLED",
        "amount": {"total": trade["amount_fen"], "refund": refund["amount_fen"], "currency": "CNY", "from": []},
    }
    return shown | ({"success_time": rfc3339(refund["settles_at"])} if shown["status"] == "SUCCESS" else {})


def _refund_notice_json(keys: KeyRing, trade: Row, refund: Row) -> dict[str, Any]:
    """A refund as its notice shows it, once it has ended."""
    fen = {"total": trade["amount_fen"], "refund": refund["amount_fen"]}
    shown = {
        "mchid": keys.mchid,
        "out_trade_no": trade["out_trade_no"],
        "transaction_id": trade["transaction_id"],
        "out_refund_no": refund["out_refund_no"],
        "refund_id": refund["refund_id"],
        "refund_status": refund["outcome"],
        "user_received_account": "支付用户零钱",
        "amount": fen | {"payer_total": fen["total"], "payer_refund": fen["refund"]},
    }
    return shown | ({"success_time": rfc3339(refund["settles_at"])} if refund["outcome"] == "SUCCESS" else {})


@dataclass(frozen=True)
class Gateway:
    keys: KeyRing
    ledger: Ledger
    faults: Faults

    def answer(self, method: str, target: str, body: bytes, *, host: str) -> Answer:
        """
        Route one request whose signature has been verified. ``host`` is how the merchant reaches us.

        :raises Refusal: with the protocol's code.
        :raises Cut: a fault says so.
        """
        parts = urlsplit(target)
        if self.faults.strikes("api_error", parts.path):
            raise Refusal(500, "SYSTEM_ERROR", "系统异常,请稍后重试")
        match (method, parts.path.removeprefix("/v3/").split("/")):
            case "POST", ["pay", "transactions", "jsapi"]:
                return self._prepay(_json(body))
            case "GET", ["pay", "transactions", "out-trade-no" | "id" as by, number]:
                return self._query(number, parse_qs(parts.query), by_id=by == "id")
            case "POST", ["pay", "transactions", "out-trade-no", number, "close"]:
                return self._close(number, _json(body))
            case "POST", ["refund", "domestic", "refunds"]:
                return self._refund(_json(body))
            case "GET", ["refund", "domestic", "refunds", number]:
                return self._query_refund(number)
            case "GET", [*paper]:
                return self._paper(paper, parse_qs(parts.query), host)
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "接口不存在")

    def _prepay(self, wanted: dict[str, Any]) -> Answer:
        terms = self._terms(wanted)
        trade = self.ledger.announce(terms)
        if trade["terms"] != terms.text:
            raise Refusal(400, "INVALID_REQUEST", "请求重入时,参数与首次请求时不一致")
        if trade["state"] == "SUCCESS":
            raise Refusal(400, "ORDERPAID", "该订单已支付")
        if trade["state"] == "CLOSED":
            raise Refusal(400, "ORDER_CLOSED", "该订单已关闭")
        return 200, {"prepay_id": trade["prepay_id"]}

    def _terms(self, wanted: dict[str, Any]) -> Terms:
        """The address for notices may change between tries (a demo on another port); all else must not."""
        self._check_merchant(wanted)
        if wanted.get("appid") != self.keys.appid:
            raise Refusal(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")
        amount = _part(wanted, "amount")
        if amount.get("currency", "CNY") != "CNY":
            raise _bad("amount.currency")
        return Terms(
            out_trade_no=_number(wanted, "out_trade_no", TRADE_NO),
            appid=self.keys.appid,
            openid=_words(_part(wanted, "payer"), "openid", 128),
            description=_words(wanted, "description", 127),
            amount_fen=_fen(amount, "total"),
            notify_url=_words(wanted, "notify_url", 255),
            expires_at=_instant(wanted, "time_expire"),
            text=json.dumps({k: v for k, v in wanted.items() if k != "notify_url"}, sort_keys=True),
        )

    def _query(self, number: str, query: dict[str, list[str]], *, by_id: bool) -> Answer:
        self._check_merchant({"mchid": query.get("mchid", [""])[0]})
        trade = self.ledger.trade(number)
        if trade is None or number != trade["transaction_id" if by_id else "out_trade_no"]:
            raise Refusal(404, "ORDER_NOT_EXIST", "订单不存在")
        return 200, trade_json(self.keys, trade)

    def _close(self, number: str, wanted: dict[str, Any]) -> Answer:
        self._check_merchant(wanted)
        if self.ledger.close(number):
            return 204, None
        trade = self.ledger.trade(number)
        if trade is None or trade["out_trade_no"] != number:
            raise Refusal(404, "ORDER_NOT_EXIST", "订单不存在")
        if trade["state"] == "SUCCESS":
            raise Refusal(400, "ORDERPAID", "该订单已支付")
        raise Refusal(400, "ORDER_CLOSED", "该订单已关闭")

    def _refund(self, wanted: dict[str, Any]) -> Answer:
        number = _number(wanted, "out_refund_no", REFUND_NO)
        self._refund_faults(number)
        trade, amount = self._paid_trade(wanted), _part(wanted, "amount")
        self._check_total(trade, amount)
        refund = self.ledger.refund_once(
            trade,
            out_refund_no=number,
            amount_fen=_fen(amount, "refund"),
            reason=_words(wanted, "reason", 80) if wanted.get("reason") else "",
            settle_s=self.faults.knobs.refund_settle_s,
            outcome=self._outcome(number),
            most=MOST_REFUNDS,
        )
        self._check_booked(trade, refund, _fen(amount, "refund"))
        self._announce_refund(trade, refund or {}, wanted)
        if self.faults.strikes("refund_lost_answer", number):
            raise Cut
        # The first answer never says SUCCESS: accepted is not done.
        return 200, _refund_json(trade, {**(refund or {}), "settles_at": float("inf")})

    def _outcome(self, number: str) -> str:
        if self.faults.strikes("refund_abnormal", number):
            return "ABNORMAL"
        return "CLOSED" if self.faults.strikes("refund_closed", number) else "SUCCESS"

    def _announce_refund(self, trade: Row, refund: Row, wanted: dict[str, Any]) -> None:
        """Write the notice of how a refund ends, due when it has ended; a repeated request writes no second one."""
        if not wanted.get("notify_url"):
            return
        notice_id = str(uuid.uuid5(uuid.NAMESPACE_URL, refund["refund_id"]))
        swallowed = self.faults.strikes("notice_swallow", refund["out_refund_no"])
        self.ledger.add_notice(
            notice_id=notice_id,
            trade=trade,
            body=refund_notice_body(
                self.keys,
                notice_id=notice_id,
                created=rfc3339(refund["settles_at"]),
                refund=_refund_notice_json(self.keys, trade, refund),
            ),
            state="swallowed" if swallowed else "waiting",
            next_at=refund["settles_at"] + self.faults.knobs.notice_delay_s,
            url=_words(wanted, "notify_url", 255),
        )

    def _refund_faults(self, number: str) -> None:
        if self.faults.strikes("refund_error", number):
            raise Refusal(500, "SYSTEM_ERROR", "系统超时")
        if self.faults.strikes("refund_limit", number):
            raise Refusal(429, "FREQUENCY_LIMITED", "频率超限")
        if self.faults.strikes("refund_no_funds", number):
            raise Refusal(403, "NOT_ENOUGH", "商户余额不足")
        if self.faults.strikes("refund_timeout", number):
            raise TimeoutError

    def _paid_trade(self, wanted: dict[str, Any]) -> Row:
        number = wanted.get("transaction_id") or wanted.get("out_trade_no")
        trade = self.ledger.trade(number) if isinstance(number, str) else None
        if trade is None or number == trade["prepay_id"]:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "订单不存在")
        if trade["state"] != "SUCCESS":
            raise Refusal(400, "INVALID_REQUEST", "订单未支付,不支持退款")
        return trade

    @staticmethod
    def _check_total(trade: Row, amount: dict[str, Any]) -> None:
        if amount.get("currency") != "CNY":
            raise _bad("amount.currency")
        if _fen(amount, "total") != trade["amount_fen"]:
            raise Refusal(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致,请核实后再试")

    def _check_booked(self, trade: Row, refund: Row | None, asked_fen: int) -> None:
        if refund is not None:
            if (refund["out_trade_no"], refund["amount_fen"]) != (trade["out_trade_no"], asked_fen):
                raise Refusal(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致,请核实后再试")
            return
        now = self.ledger.trade(trade["out_trade_no"]) or trade
        if now["refunds"] >= MOST_REFUNDS:
            raise Refusal(400, "INVALID_REQUEST", f"部分退款不能超过{MOST_REFUNDS}次")
        raise Refusal(400, "INVALID_REQUEST", "申请退款金额超过订单可退金额")

    def _query_refund(self, number: str) -> Answer:
        refund = self.ledger.refund(number)
        trade = self.ledger.trade(refund["out_trade_no"]) if refund else None
        if refund is None or trade is None:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return 200, _refund_json(trade, refund)

    def _paper(self, paper: list[str], query: dict[str, list[str]], host: str) -> Answer:
        match paper:
            case ["bill", "tradebill"]:
                return self._bill(query, host)
            case ["billdownload", "file"]:
                return 200, gzip.compress(self._bill_text(query.get("token", [""])[0]) or b"")
            case ["certificates"]:
                return self._certificates()
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "接口不存在")

    def _bill(self, query: dict[str, list[str]], host: str) -> Answer:
        """Say where the bill is, and what its digest is when unpacked."""
        if (query.get("bill_type"), query.get("tar_type")) != (["ALL"], ["GZIP"]):
            raise _bad("bill_type")
        day = query.get("bill_date", [""])[0]
        text = self._bill_text(day)
        if text is None:
            raise Refusal(400, "NO_STATEMENT_EXIST", "账单不存在")
        digest = hashlib.sha1(text, usedforsecurity=False).hexdigest()
        url = f"http://{host}/v3/billdownload/file?token={day}"
        return 200, {"hash_type": "SHA1", "hash_value": digest, "download_url": url}

    def _bill_text(self, day: str) -> bytes | None:
        """The bill of a day in Beijing, None if nothing happened."""
        try:
            begin = datetime.fromisoformat(day).replace(tzinfo=BEIJING)
        except ValueError as error:
            raise _bad("bill_date") from error
        trades, refunds = self.ledger.bill(begin.timestamp(), (begin + timedelta(days=1)).timestamp())
        return bill_text(self.keys, trades, refunds) if trades or refunds else None

    def _certificates(self) -> Answer:
        certificate = self.keys.platform_certificate
        pem = certificate.public_bytes(Encoding.PEM)
        entry = {
            "serial_no": self.keys.certificate_serial,
            "effective_time": rfc3339(certificate.not_valid_before_utc.timestamp()),
            "expire_time": rfc3339(certificate.not_valid_after_utc.timestamp()),
            "encrypt_certificate": seal(self.keys, pem, associated="certificate"),
        }
        return 200, {"data": [entry]}

    def _check_merchant(self, wanted: dict[str, Any]) -> None:
        if wanted.get("mchid") != self.keys.mchid:
            raise Refusal(400, "PARAM_ERROR", "商户号与签名的商户号不一致")


def _bad(name: str) -> Refusal:
    return Refusal(400, "PARAM_ERROR", f"参数错误: {name}")


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError as error:
        raise _bad("body") from error
    if not isinstance(value, dict):
        raise _bad("body")
    return value


def _part(wanted: dict[str, Any], name: str) -> dict[str, Any]:
    value = wanted.get(name)
    if not isinstance(value, dict):
        raise _bad(name)
    return value


def _words(wanted: dict[str, Any], name: str, longest: int) -> str:
    value = wanted.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise _bad(name)
    return value


def _number(wanted: dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = _words(wanted, name, 64)
    if not pattern.fullmatch(value):
        raise _bad(name)
    return value


def _fen(amount: dict[str, Any], name: str) -> int:
    value = amount.get(name)
    if type(value) is not int or value < 1:
        raise _bad(f"amount.{name}")
    return value


def _instant(wanted: dict[str, Any], name: str) -> float | None:
    if name not in wanted:
        return None
    try:
        value = datetime.fromisoformat(_words(wanted, name, 64))
    except ValueError as error:
        raise _bad(name) from error
    if value.tzinfo is None:
        raise _bad(name)
    return value.astimezone(UTC).timestamp()
