"""C1, C3: retry storms and a sold-out storm, over HTTP as clients send them."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx

from groupbuy.models import Campaign, Offer, Order, User
from groupbuy.services import idempotency, stock
from groupbuy.services.idempotency import Answer, run_once
from groupbuy.services.sessions import token_issue
from tests.concurrency.races import after, at_once
from tests.concurrency.test_stock import LOOK_THEN_ADD
from tests.faults.ground import Ground, broken, key
from tests.faults.rows import Run
from tests.faults.seams import replaced, without_constraint
from tests.world import person

EQUAL = 30
CLIENTS = 300
UNITS = 100
AT_ONCE = 16


class Shopper:
    """Somebody with a token; each thread has a connection of its own."""

    def __init__(self, ground: Ground, user: User) -> None:
        self.url = f"{ground.web}/api/v1/"
        self.token = token_issue(user=user).token
        self._local = threading.local()

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        if not hasattr(self._local, "client"):
            self._local.client = httpx.Client(base_url=self.url, timeout=30)
        bearer = {"Authorization": f"Bearer {self.token}"}
        answer: httpx.Response = self._local.client.post(path, json=body, headers=bearer | (headers or {}))
        return answer

    def order(self, body: Any, tried: str) -> httpx.Response:
        return self.post("orders/", body, {"Idempotency-Key": tried})


def basket(campaign: Campaign, quantities: dict[str, int]) -> dict[str, Any]:
    """:param quantities: SKU code -> sale units."""
    offers = dict(campaign.offers.values_list("sku__code", "public_id"))
    lines = [{"offer": str(offers[code]), "quantity": quantity} for code, quantity in quantities.items()]
    group = campaign.groups.order_by("pk")[0]
    return {"group": str(group.public_id), "lines": lines}


def many(works: list[Callable[[], Any]], *, at_once: int = AT_ONCE) -> list[Any]:
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return [done.result() for done in [pool.submit(work) for work in works]]


def retry_storm(run: Run) -> None:
    """C1: thirty equal requests at once are one order and thirty equal answers."""
    shopper = Shopper(run.ground, run.ground.world.shopper)
    for _ in run.count():
        campaign = run.ground.campaign()
        send = partial(shopper.order, basket(campaign, {"TOMATO": 2}), key())
        answers = Counter(
            (answer.status_code, json.dumps(answer.json(), sort_keys=True))
            for answer in many([send] * EQUAL, at_once=EQUAL)
        )
        orders = Order.objects.filter(campaign=campaign).count()
        fault = "" if (len(answers), orders) == (1, 1) else f"{orders} orders, answers {[a[0] for a in answers]}"
        run.tally.guarded(fault)
    run.tally.guarded(broken())
    for _ in range(3):
        run.tally.control(unkeyed(run.ground))


def unkeyed(ground: Ground) -> str:
    campaign, tried = ground.campaign(), key()

    def once() -> Answer:
        return run_once(
            actor_id=ground.world.shopper.pk,
            key=tried,
            request={},
            work=lambda: Answer(201, ground.order(campaign).number),
        )

    with replaced(idempotency, "prepared", lambda *_: [True]):
        at_once([once] * 4)
    orders = Order.objects.filter(campaign=campaign).count()
    return "" if orders == 1 else f"{orders} orders"


def sold_out_storm(run: Run) -> None:
    """C3: three hundred clients, a hundred units, one or two lines in any order: sold is stock exactly."""
    for _ in run.count():
        run.ground.fresh()
        buyers = [person(name=f"顾客{i}", phone=f"139{i:08d}") for i in range(20)]
        shoppers = [Shopper(run.ground, buyer) for buyer in buyers]
        campaign = run.ground.campaign(stock=UNITS)
        campaign.offers.filter(sku__code="EGGS").update(per_shopper=None)
        works: list[Callable[[], Any]] = []
        for number in range(CLIENTS):
            lines = run.draw.choice([["TOMATO"], ["TOMATO", "EGGS"], ["EGGS", "TOMATO"]])
            works.append(partial(shoppers[number % 20].order, basket(campaign, dict.fromkeys(lines, 1)), key()))
        answers = Counter(answer.status_code for answer in many(works))
        sold = Offer.objects.get(campaign=campaign, sku__code="TOMATO").sold
        right = (sold, answers) == (UNITS, {201: UNITS, 409: CLIENTS - UNITS})
        run.tally.guarded(("" if right else f"sold {sold}, answers {dict(answers)}") or broken())
    run.tally.control(oversold(run.ground))


def oversold(ground: Ground) -> str:
    """Looking first and adding then, two buyers of six of ten both get them."""
    import pytest

    campaign = ground.campaign(stock=10)
    buy = partial(ground.order, campaign, tomatoes=6)
    with without_constraint("groupbuy_offer", "offer_not_oversold"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(stock, "_TAKE", LOOK_THEN_ADD)
        seam = after(patch, stock, "take", buy)
        buy()
        seam.join()
        fault = broken()
    ground.fresh()
    return fault
