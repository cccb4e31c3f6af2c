"""The trade bill (交易账单) in the protocol's own form: cells begin with a backtick, amounts are yuan."""

from datetime import datetime, timedelta, timezone

from tests.payment_provider.keys import KeyRing
from tests.payment_provider.ledger import Row

BEIJING = timezone(timedelta(hours=8))
HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
FOOT = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def bill_text(keys: KeyRing, trades: list[Row], refunds: list[Row]) -> bytes:
    """:param refunds: accepted that day, joined with their trades; ``refund_fen`` is the refund's amount."""
    lines = [HEAD]
    lines += [_line(keys, trade, trade["paid_at"], "SUCCESS", trade["amount_fen"], None) for trade in trades]
    lines += [_line(keys, refund, refund["refunded_at"], "REFUND", 0, refund) for refund in refunds]
    paid = sum(trade["amount_fen"] for trade in trades)
    back = sum(refund["refund_fen"] for refund in refunds)
    total = [str(len(trades) + len(refunds)), _yuan(paid), _yuan(back), "0.00", "0.00000", _yuan(paid), _yuan(back)]
    return "\r\n".join(["\ufeff" + lines[0], *lines[1:], FOOT, _cells(total), ""]).encode()


def _line(keys: KeyRing, trade: Row, moment: float, state: str, paid_fen: int, refund: Row | None) -> str:
    back = _yuan(refund["refund_fen"]) if refund else "0.00"
    when = datetime.fromtimestamp(moment, BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    head = [when, keys.appid, keys.mchid, "0", "", trade["transaction_id"], trade["out_trade_no"], trade["openid"]]
    kind = ["JSAPI", state, "OTHERS", "CNY", _yuan(paid_fen), "0.00"]
    numbers = [refund["refund_id"], refund["out_refund_no"]] if refund else ["0", "0"]
    words = ["ORIGINAL", refund["refund_state"]] if refund else ["", ""]
    tail = [trade["description"].replace(",", " "), "", "0.00000", "0.60%", _yuan(paid_fen), back, ""]
    return _cells([*head, *kind, *numbers, back, "0.00", *words, *tail])


def _cells(values: list[str]) -> str:
    return ",".join(f"`{value}" for value in values)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
