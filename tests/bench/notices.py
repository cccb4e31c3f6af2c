"""Row ``notice``: payment notices, signed and sealed as WeChat Pay does, verified, decrypted and applied."""

import datetime as dt
import json
import uuid

from groupbuy.kernel import clock
from groupbuy.kernel.db import rows
from groupbuy.models import Order
from tests.bench import intake, meter
from tests.bench.report import Row, row
from tests.bench.site import Site
from tests.bench.town import Town, baskets, post
from tests.payment_provider.keys import KeyRing
from tests.payment_provider.signing import notice_body, signed_headers

START = """
    WITH begun AS (
        INSERT INTO groupbuy_payment (public_id, order_id, payer_id, provider, out_trade_no, amount_fen, prepay_id, state, version,
            counts, created_at, queries)
        SELECT gen_random_uuid(), o.id, o.payer_id, 'wechat', o.id || '-bench', o.total_fen, '', 'created', 1, false,
            groupbuy_now(), 0
        FROM groupbuy_order o WHERE o.state = 'placed' AND NOT EXISTS (
            SELECT FROM groupbuy_payment p WHERE p.order_id = o.id)
        RETURNING id, out_trade_no, amount_fen, created_at
    ), told AS (
        INSERT INTO groupbuy_statechange (machine, subject_id, old, new, reason, at)
        SELECT 'payment', id, '', 'created', '', created_at FROM begun
    )
    SELECT out_trade_no, amount_fen FROM begun
"""


def notices(site: Site, town: Town, *, number: int, rounds: int) -> Row:
    """Pay ``number`` new orders a round by their notices alone; each must end up paid."""
    done = []
    for each in range(rounds):
        intake.place(site, town, baskets(town, number=number, seed=1000 + each))
        trades = [(row["out_trade_no"], row["amount_fen"]) for row in rows(START)]
        now = clock.now()
        done.append(intake.call(site, [_request(site.keys, trade_no, fen, now) for trade_no, fen in trades]))
        assert done[-1].outcomes == {"204": len(trades)}, done[-1].outcomes
        assert not Order.objects.filter(state="placed").exists()
    return row(
        "notice",
        "notices/s",
        ours=[each.per_second for each in done],
        cpu_ms=[each.cpu_ms_each for each in done],
        peak_rss_mb=meter.peak_rss_mb(site.web),
    )


def _request(keys: KeyRing, trade_no: str, amount_fen: int, paid_at: dt.datetime) -> str:
    paid_text = paid_at.isoformat(timespec="seconds")
    trade = {
        "mchid": keys.mchid,
        "appid": keys.appid,
        "out_trade_no": trade_no,
        "transaction_id": f"42{uuid.uuid4().int % 10**26:026d}",
        "trade_type": "JSAPI",
        "trade_state": "SUCCESS",
        "success_time": paid_text,
        "payer": {"openid": "openid-shopper"},
        "amount": {"total": amount_fen, "payer_total": amount_fen, "currency": "CNY", "payer_currency": "CNY"},
    }
    body = notice_body(keys, notice_id=str(uuid.uuid4()), created=paid_text, trade=trade)
    # The notice is ASCII but for its summary, which the signature covers too: written with escapes.
    plain = json.dumps(json.loads(body))
    return post("/api/v1/payments/wechat/notice", plain, signed_headers(keys, plain.encode()))
