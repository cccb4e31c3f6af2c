"""The cashier (收银台): the page on which a developer plays the payer. Nothing is loaded from elsewhere."""

import ipaddress
from dataclasses import dataclass
from html import escape
from string import Template
from time import time
from urllib.parse import quote, urlsplit

from tests.payment_provider.ledger import Ledger, Row
from tests.payment_provider.notices import Notifier

MERCHANT = "社区团购"
PAGE = Template("""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>$title</title><link rel="icon" href="data:,"><style>
*{box-sizing:border-box}
body{margin:0;background:#ededed;color:#191919;font:16px/1.5 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif}
main{max-width:30rem;
min-height:100vh;min-height:100dvh;margin:0 auto;background:#fff;display:flex;flex-direction:column}
.note{background:#fff4d6;color:#7a4d00;text-align:center;font-size:.875rem;padding:.5rem 1rem}
.sum{text-align:center;padding:3rem 1.5rem 2rem}
.sum p{margin:0 0 .25rem;overflow-wrap:anywhere}
.amount{font-size:3rem;font-weight:600;line-height:1.2;font-variant-numeric:tabular-nums}
.amount small{font-size:1.75rem;margin-right:.25rem}
.mark{width:4.5rem;height:4.5rem;margin:0 auto 1rem;display:block}
dl{margin:0 1.5rem;border-top:1px solid #e5e5e5;padding:1rem 0;display:grid;
grid-template-columns:auto 1fr;gap:.5rem 1.5rem}
dt{color:#666}dd{margin:0;text-align:right;overflow-wrap:anywhere}
.act{margin-top:auto;padding:1.5rem 1.5rem 3rem;display:grid;gap:.75rem;text-align:center}
.act button,.act .main{display:block;width:100%;min-height:3.25rem;padding:.75rem;border:0;border-radius:.5rem;
background:#06873f;color:#fff;font:inherit;font-size:1.125rem;font-weight:600;text-decoration:none;cursor:pointer}
.act button:active,.act .main:active{background:#056c33}
.act a.quiet{color:#576b95;padding:.625rem;text-decoration:none}
:focus-visible{outline:3px solid #576b95;outline-offset:2px}
</style></head><body><main><div class="note" role="note">开发用收银台 · 不会扣真钱</div>$content</main></body></html>
""")
MARKS = {
    "done": '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="12" fill="#06873f"/>'
    '<path d="M6.5 12.5l3.5 3.5 7.5-8" fill="none" stroke="#fff" stroke-width="2"/></svg>',
    "stop": '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="12" fill="#767676"/>'
    '<path d="M12 6v8M12 16.5v1.5" fill="none" stroke="#fff" stroke-width="2"/></svg>',
}


@dataclass(frozen=True)
class Page:
    """``location`` set means a 303 to it."""

    status: int
    html: str = ""
    location: str = ""


@dataclass(frozen=True)
class Cashier:
    ledger: Ledger
    notifier: Notifier

    def show(self, prepay_id: str, back: str) -> Page:
        trade = self._trade(prepay_id)
        return self._refused(trade, back) or Page(200, _pay_page(trade or {}, back))

    def pay(self, prepay_id: str, back: str) -> Page:
        """Pay, tell the merchant once before the payer returns, and send the payer back."""
        trade = self._trade(prepay_id)
        refused = self._refused(trade, back)
        if refused:
            return refused
        paid, mine = self.ledger.pay(prepay_id)
        if not mine:
            return self._refused(self._trade(prepay_id), back) or Page(409, _message("stop", "请重试", "", back))
        self.notifier.announce(paid, at_once=True)
        if back:
            return Page(303, location=quote(back, safe="%/:?#[]@!$&'()*+,;=~"))
        return Page(200, _message("done", "支付成功", "可以关闭本页面了。", back))

    def _trade(self, prepay_id: str) -> Row | None:
        trade = self.ledger.trade(prepay_id)
        return trade if trade and trade["prepay_id"] == prepay_id else None

    @staticmethod
    def _refused(trade: Row | None, back: str) -> Page | None:
        if trade is None:
            return Page(404, _message("stop", "订单不存在", "链接有误，请返回商家重新发起支付。", ""))
        if not back_is_safe(back, trade["notify_url"]):
            return Page(400, _message("stop", "返回地址无效", "back 只能是本机或商家网站的 http(s) 地址。", ""))
        if trade["state"] == "SUCCESS":
            return Page(200, _message("done", "该订单已支付", "无需重复支付。", back))
        if trade["state"] == "CLOSED":
            return Page(200, _message("stop", "订单已关闭", "商家已关闭该订单，不能再支付。", back))
        if trade["expires_at"] is not None and trade["expires_at"] <= time():
            return Page(200, _message("stop", "订单已过期", "已超过支付时间，请返回商家重新下单。", back))
        return None


def back_is_safe(back: str, notify_url: str) -> bool:
    """Empty, or http(s) on this machine or on the host that the merchant's notices go to: never an open redirect."""
    if not back:
        return True
    if not back.isprintable() or "\\" in back or " " in back:
        return False
    try:
        parts = urlsplit(back)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return False
    return _is_loopback(host) or host == urlsplit(notify_url).hostname


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def _pay_page(trade: Row, back: str) -> str:
    quiet = f'<a class="quiet" href="{escape(back)}">取消</a>' if back else ""
    content = f"""<section class="sum"><p><strong>{escape(MERCHANT)}</strong></p>
<p class="amount"><small>¥</small>{yuan(trade["amount_fen"])}</p></section>
<dl><dt>商品</dt><dd>{escape(trade["description"])}</dd><dt>商户单号</dt><dd>{escape(trade["out_trade_no"])}</dd></dl>
<form class="act" method="post"><input type="hidden" name="back" value="{escape(back)}">
<button type="submit">确认支付</button>{quiet}</form>"""
    return PAGE.substitute(title="确认支付", content=content)


def _message(mark: str, head: str, text: str, back: str) -> str:
    link = f'<div class="act"><a class="main" href="{escape(back)}">返回商家</a></div>' if back else ""
    content = f'<section class="sum">{MARKS[mark]}<p><strong>{escape(head)}</strong></p><p>{escape(text)}</p></section>'
    return PAGE.substitute(title=escape(head), content=content + link)
