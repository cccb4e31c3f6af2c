"""B1 to B4: notices repeated, out of order, forged and replayed, through the real door."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from groupbuy.kernel import clock
from groupbuy.models import LedgerEntry, Order, Payment
from groupbuy.providers.payment import ProviderError
from groupbuy.providers.wechat import WechatPayment
from groupbuy.providers.wechat_wire import SignedHead
from groupbuy.services import payments, refunds
from groupbuy.services.orders import order_cancel
from groupbuy.services.payments import payment_apply, payment_notice, payment_query
from groupbuy.tasks import send_refunds
from tests.concurrency.races import at_once
from tests.faults.ground import Ground, bring_forward, broken, quiet
from tests.faults.money import judged
from tests.faults.rows import Run
from tests.faults.seams import replaced, without_constraint, without_row_locks
from tests.payment_provider.keys import KeyRing
from tests.payment_provider.signing import notice_body, signed_headers

Letter = tuple[dict[str, str], bytes]
SLOWEST_S = 5.0
KINDS = 10
COPIES = 15
REFUSED, AMOUNT_DIFFERS = "notice refused", "payment amount differs"


def waiting(ground: Ground) -> Payment:
    """A payment that was announced and is not paid yet."""
    assert ground.web
    return ground.announce(ground.order(ground.campaign()))


def deliver(ground: Ground, letter: Letter) -> httpx.Response:
    headers, body = letter
    address = f"{ground.web}/api/v1/payments/wechat/notice"
    return httpx.post(address, content=body, headers={"Content-Type": "application/json", **headers}, timeout=30)


def post(ground: Ground, letter: Letter) -> int:
    return deliver(ground, letter).status_code


def entries(payment: Payment) -> int:
    return LedgerEntry.objects.filter(source_kind="payment", source_id=payment.pk).count()


def repeated(run: Run) -> None:
    """B1: the provider sends a notice once, then fifteen times at once; one entry, every copy answered in time."""
    for _ in run.each():
        payment = waiting(run.ground)
        run.ground.pay(payment, notify=True)
        begun = time.monotonic()
        answers = set(run.ground.provider.judge("resend", out_trade_no=payment.out_trade_no, times=COPIES)["results"])
        late = time.monotonic() - begun > SLOWEST_S
        agree = (answers, entries(payment), late) == ({"204"}, 1, False)
        run.tally.guarded("" if agree else f"answers {answers}, {entries(payment)} entries, late: {late}")
    run.tally.guarded(broken())
    booked_twice(run)


def booked_twice(run: Run) -> None:
    """Without locks, moves and the ledger's key every copy is booked."""
    payment = waiting(run.ground)
    copy = partial(
        payment_apply,
        out_trade_no=payment.out_trade_no,
        transaction_id="42",
        amount_fen=payment.amount_fen,
        paid_at=clock.now(),
    )
    with (
        without_constraint("groupbuy_ledgerentry", "ledgerentry_once"),
        without_row_locks(),
        replaced(payments, "move", passes),
        replaced(payments, "moved", lambda *_, **__: True),
    ):
        at_once([copy] * 4)
        run.tally.control("" if entries(payment) == 1 else "booked twice")
    run.ground.fresh()


def passes(*_: Any, **__: Any) -> None:
    """Stand where a guard stood."""


def permuted(run: Run) -> None:
    """B2: notice, its copy, question, cancelling and refund in any order; the money is back once, the goods too."""
    for _ in run.each():
        fault = shuffled(run.ground, run.draw)
        run.tally.guarded(quiet() or fault() or broken())
    with replaced(refunds, "refund_payment", passes):
        payment = waiting(run.ground)
        order_cancel(order=payment.order, actor=run.ground.world.shopper)
        run.ground.pay(payment)
        payment_query(payment_id=payment.pk)
        run.tally.control(judged(run.ground, payment))
    run.ground.fresh()


def shuffled(ground: Ground, draw: random.Random) -> Callable[[], str]:
    payment = waiting(ground)
    ground.pay(payment)
    letter = genuine(ground.provider.keys, payment)
    steps: list[Callable[[], Any]] = [
        lambda: post(ground, letter),
        lambda: post(ground, letter),
        partial(payment_query, payment_id=payment.pk),
        partial(order_cancel, order=payment.order, actor=ground.world.shopper),
        send_refunds_now,
    ]
    draw.shuffle(steps)
    for step in steps:
        step()
    return lambda: judged(ground, payment)


def send_refunds_now() -> None:
    bring_forward()
    send_refunds()


def genuine(keys: KeyRing, payment: Payment, *, age_s: int = 0, **changes: Any) -> Letter:
    """A notice as the provider would send it, about a payment; ``changes`` to what it says of the trade."""
    trade = {
        "appid": keys.appid,
        "mchid": keys.mchid,
        "out_trade_no": payment.out_trade_no,
        "transaction_id": f"43{payment.pk:020d}",
        "trade_state": "SUCCESS",
        "success_time": clock.now().isoformat(timespec="seconds"),
        "amount": {"total": payment.amount_fen, "payer_total": payment.amount_fen, "currency": "CNY"},
    }
    body = notice_body(keys, notice_id=f"N{payment.pk}", created=clock.now().isoformat(), trade=trade | changes)
    return signed_headers(keys, body, timestamp=int(time.time()) - age_s), body


def forgeries(keys: KeyRing, payment: Payment, draw: random.Random) -> dict[str, Letter]:
    """One letter of each kind that must not pass, with numbers drawn anew."""
    headers, body = genuine(keys, payment)
    at = draw.randrange(len(body))
    envelope = json.loads(body)
    sealed = envelope["resource"]["ciphertext"]
    envelope["resource"]["ciphertext"] = sealed[: -8 - draw.randrange(8)] + "AAAAAAA="
    torn = json.dumps(envelope).encode()
    off = draw.choice([-1, 1]) * draw.randrange(1, payment.amount_fen)
    return {
        "signature": ({**headers, "Wechatpay-Signature": headers["Wechatpay-Signature"][::-1]}, body),
        "probe": ({**headers, "Wechatpay-Signature": "WECHATPAY/SIGNTEST/b2xkIHNpZ25hdHVyZQ=="}, body),
        "serial": ({**headers, "Wechatpay-Serial": f"PUB_KEY_ID_{draw.randrange(10**9)}"}, body),
        "mchid": genuine(keys, payment, mchid=str(draw.randrange(10**9))),
        "appid": genuine(keys, payment, appid=f"wx{draw.randrange(10**9)}"),
        "amount": genuine(keys, payment, amount={"total": payment.amount_fen + off, "currency": "CNY"}),
        "currency": genuine(keys, payment, amount={"total": payment.amount_fen, "currency": "USD"}),
        "timestamp": genuine(keys, payment, age_s=draw.choice([-1, 1]) * draw.randrange(400, 10**6)),
        "altered body": (headers, body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]),
        "broken seal": (signed_headers(keys, torn), torn),
    }


def forged(run: Run) -> None:
    """B3: every answer is a 4xx, nothing changes, and the log has a line about each."""
    payment = waiting(run.ground)
    with run.ground.log("web").open() as log:
        for _ in run.batches(KINDS):
            for kind, letter in forgeries(run.ground.provider.keys, payment, run.draw).items():
                log.seek(0, os.SEEK_END)
                status = post(run.ground, letter)
                logged = log.read().count(AMOUNT_DIFFERS if kind == "amount" else REFUSED)
                seen = (400 <= status < 500, entries(payment), logged)
                run.tally.guarded(
                    "" if seen == (True, 0, 1) else f"{kind}: answered {status}, (4xx, booked, logged): {seen}"
                )
    run.tally.guarded(quiet() or broken())
    letters = forgeries(run.ground.provider.keys, payment, run.draw)
    with (
        replaced(SignedHead, "verify", passes),
        replaced(SignedHead, "check_age", passes),
        replaced(WechatPayment, "_require_ours", passes),
    ):
        for kind in ("signature", "probe", "serial", "mchid", "appid", "timestamp"):
            run.tally.control(believed_by_service(letters[kind]))


def believed_by_service(letter: Letter) -> str:
    headers, body = letter
    try:
        payment_notice(provider="wechat", headers=headers, body=body)
    except ProviderError:
        return ""
    return "believed"


def replayed(run: Run) -> None:
    """B4: a true notice comes again: after five minutes it is refused, within them it changes nothing."""
    keys = run.ground.provider.keys
    payment = waiting(run.ground)
    run.ground.pay(payment)
    assert post(run.ground, genuine(keys, payment)) == 204
    for number in run.count():
        old = bool(number % 2)
        letter = genuine(keys, payment, age_s=run.draw.randrange(400, 10**6) if old else run.draw.randrange(200))
        seen = (post(run.ground, letter), entries(payment), Order.objects.get(payments=payment).state)
        run.tally.guarded("" if seen == (401 if old else 204, 1, "paid") else f"old: {old}, {seen}")
    run.tally.guarded(broken())
    with replaced(SignedHead, "check_age", passes):
        for age_s in (301, 3_600, 86_400):
            run.tally.control(believed_by_service(genuine(keys, payment, age_s=age_s)))
