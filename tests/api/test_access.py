"""
Who may use which route: one table of route x method x role. A route or method that is missing from it fails.

The world of the table: the shopper's order of the open campaign at the leader's point; his paid order of a campaign
that is in a wave which is not dispatched; the shopper's application.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import URLPattern, reverse
from knox.models import AuthToken

from fulfillment.models import PurchaseLine, Receipt, Shortage, WeightEntry
from fulfillment.services.paper_jobs import paper_job_ask
from fulfillment.services.receipts import Arrived, receipt_record
from fulfillment.services.weights import weight_undo
from groupbuy.models import Order, Sku
from groupbuy.selectors.pay_links import pay_url
from groupbuy.services.campaigns import OfferWanted
from leaders.models import Leader, LeaderApplication
from leaders.services.applications import ApplicationForm, application_submit
from tests.api.callers import Caller
from tests.promotions import coupon_kind
from tests.shortages import short, weigh
from tests.world import PASSWORD, World, build_wave, open_campaign, place, place_and_pay

ROLES = ("visitor", "shopper", "neighbour", "leader", "other_leader", "picker", "staff")
Row = tuple[int, int, int, int, int, int, int]

ALL: Row = (200, 200, 200, 200, 200, 200, 200)
KNOWN: Row = (401, 200, 200, 200, 200, 200, 200)
OWNER: Row = (401, 200, 404, 404, 404, 404, 404)
ON_DUTY: Row = (401, 403, 403, 200, 200, 403, 403)
HIS_POINT: Row = (401, 403, 403, 200, 404, 403, 403)
WAREHOUSE: Row = (401, 403, 403, 403, 403, 200, 200)
REVIEWER: Row = (401, 403, 403, 403, 403, 403, 200)


def but(row: Row, *, for_200: int) -> Row:
    """The same people get through, to another answer."""
    return tuple(for_200 if status == 200 else status for status in row)  # type: ignore[return-value]


TABLE: dict[str, dict[str, Row]] = {
    "api-auth-code": {"POST": but(ALL, for_200=202)},
    "api-auth-token": {"POST": but(ALL, for_200=201), "DELETE": but(KNOWN, for_200=204)},
    "api-auth-token-password": {"POST": but(ALL, for_200=201)},
    "api-auth-password": {"POST": but(KNOWN, for_200=204)},
    "api-me": {"GET": KNOWN, "PATCH": KNOWN},
    "api-me-credit": {"GET": KNOWN},
    "api-messages": {"GET": KNOWN},
    "api-messages-read": {"POST": KNOWN},
    "api-points": {"GET": KNOWN},
    "api-groups-by-code": {"GET": ALL},
    "api-group": {"GET": ALL},
    "api-group-offers": {"GET": ALL},
    "api-group-promotions": {"GET": ALL},
    "api-coupons": {"GET": KNOWN, "POST": but(KNOWN, for_200=201)},
    "api-orders": {"GET": KNOWN, "POST": but(KNOWN, for_200=201)},
    "api-order-quote": {"POST": KNOWN},
    "api-order": {"GET": (401, 200, 404, 200, 404, 404, 200)},
    "api-order-amend": {"POST": but(OWNER, for_200=409)},  # it is not paid
    "api-order-cancel": {"POST": OWNER},
    "api-order-reorder": {"POST": OWNER},
    "api-order-pay": {"POST": but(OWNER, for_200=409)},  # it is paid
    "api-pay-link": {"GET": ALL},
    "api-pay-link-pay": {"POST": but(KNOWN, for_200=409)},  # it is paid
    "api-offer-terms": {"GET": REVIEWER, "PUT": REVIEWER},
    "api-payments-wechat-notice": {"POST": but(ALL, for_200=503)},  # no merchant is set up
    "api-pickups": {"GET": KNOWN},
    "api-leader-pickups": {"GET": ON_DUTY},
    "api-leader-pickup-confirm": {"POST": but(HIS_POINT, for_200=409)},  # nothing has arrived
    "api-leader-stops": {"GET": ON_DUTY},
    "api-leader-stop": {"GET": HIS_POINT},
    "api-leader-stop-sign": {"POST": but(HIS_POINT, for_200=409)},  # it is not on the way
    "api-warehouse-purchases": {"GET": WAREHOUSE},
    "api-warehouse-purchase": {"GET": WAREHOUSE},
    "api-warehouse-purchase-count": {"POST": but(WAREHOUSE, for_200=201)},
    "api-warehouse-purchase-undo": {"POST": WAREHOUSE},
    "api-warehouse-purchase-close": {"POST": WAREHOUSE},
    "api-warehouse-paper-jobs": {"GET": WAREHOUSE, "POST": but(WAREHOUSE, for_200=202)},
    "api-warehouse-paper-job": {"GET": WAREHOUSE},
    "api-warehouse-paper-job-cancel": {"POST": WAREHOUSE},
    "api-warehouse-paper-job-retry": {"POST": but(WAREHOUSE, for_200=409)},  # it has not failed
    "api-warehouse-paper-job-file": {"GET": but(WAREHOUSE, for_200=409)},  # it is not made yet
    "api-warehouse-waves": {"GET": WAREHOUSE},
    "api-warehouse-wave": {"GET": WAREHOUSE},
    "api-warehouse-wave-paper": {"GET": WAREHOUSE},
    "api-warehouse-wave-dispatch": {"POST": WAREHOUSE},
    "api-warehouse-wave-routes": {"GET": WAREHOUSE},
    "api-warehouse-wave-route-plans": {"GET": WAREHOUSE, "POST": but(WAREHOUSE, for_200=409)},  # no vehicles
    "api-warehouse-stop-move": {"POST": WAREHOUSE},
    "api-warehouse-route": {"PATCH": WAREHOUSE},
    "api-warehouse-route-depart": {"POST": but(WAREHOUSE, for_200=409)},  # the pick is open
    "api-warehouse-route-driver-link": {"POST": but(WAREHOUSE, for_200=201)},
    "api-warehouse-shortages": {"GET": WAREHOUSE, "POST": but(WAREHOUSE, for_200=201)},
    "api-warehouse-shortage-shares": {"GET": WAREHOUSE},
    "api-warehouse-shortage-undo": {"POST": WAREHOUSE},
    "api-warehouse-weights": {"GET": WAREHOUSE, "POST": but(WAREHOUSE, for_200=201)},
    "api-warehouse-weight-undo": {"POST": WAREHOUSE},
    "api-warehouse-pick-close": {"GET": WAREHOUSE, "POST": WAREHOUSE},
    "api-warehouse-scan": {"GET": WAREHOUSE},
    "api-warehouse-pick": {"GET": WAREHOUSE},
    "api-warehouse-put": {"GET": WAREHOUSE},
    "api-warehouse-progress": {"GET": WAREHOUSE},
    "api-warehouse-events": {"POST": WAREHOUSE},
    "api-leader-applications": {"GET": KNOWN, "POST": (401, 409, 201, 409, 409, 201, 201)},  # pending, already leaders
    "api-review-applications": {"GET": REVIEWER},
    "api-review-application-approve": {"POST": REVIEWER},
    "api-review-application-reject": {"POST": REVIEWER},
    "api-leader-today": {"GET": ON_DUTY},
    "api-leader-groups": {"GET": ON_DUTY},
    "api-leader-group-orders": {"POST": but(HIS_POINT, for_200=201)},
    "api-leader-orders": {"GET": ON_DUTY},
    "api-leader-earnings": {"GET": KNOWN},
}

# No key: who logs in is nobody yet and the answers are secret; a quote changes nothing; the provider's notices carry
# their own id.
UNKEYED = {
    "api-auth-code",
    "api-auth-token",
    "api-auth-token-password",
    "api-auth-password",
    "api-order-quote",
    "api-payments-wechat-notice",
}


def routes() -> list[URLPattern]:
    modules = [import_module(f"{app}.api.urls") for app in ("groupbuy", "fulfillment", "leaders")]
    return [pattern for module in modules for pattern in module.urlpatterns]


def view_of(pattern: URLPattern) -> Any:
    return cast("Any", pattern.callback).view_class


def methods(pattern: URLPattern) -> set[str]:
    view = view_of(pattern)
    return {name.upper() for name in view.http_method_names if hasattr(view, name)} - {"OPTIONS"}


def test_every_route_and_method_is_in_the_table() -> None:
    assert {str(pattern.name): methods(pattern) for pattern in routes()} == {
        name: set(rows) for name, rows in TABLE.items()
    }


def test_every_write_asks_for_a_key_unless_it_is_excused() -> None:
    for pattern in routes():
        writes = methods(pattern) - {"GET"}
        keyed = set(getattr(view_of(pattern), "keyed", ()))

        assert keyed == (set() if pattern.name in UNKEYED else writes), pattern.name


class Scene:
    """Paths and bodies of the table's requests."""

    def __init__(self, world: World) -> None:
        self.world = world
        taken = place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
        self.wave = build_wave(campaign=world.campaign)
        campaign = open_campaign(
            warehouse=world.warehouse, points=[world.near, world.far], offers=[OfferWanted(sku=world.tomato.sku)]
        )
        self.group = campaign.groups.get(point=world.near)
        self.offer = campaign.offers.get()
        self.order = place(shopper=world.shopper, group=self.group, quantities={self.offer: 1})
        self.paid = taken
        self.receipt = self._count()
        self.job = paper_job_ask(wave_id=self.wave.pk, kind="sort", format="csv", version=1, actor_id=None)
        self.missing, self.weighing = self._lack()
        self.kind = coupon_kind(100, 100_000)
        self.application = self._apply()
        self.tokens = {role: self._token(role) for role in ROLES}

    def _count(self) -> Receipt:
        line = PurchaseLine.objects.get(order__wave=self.wave)
        return receipt_record(
            order_id=line.order_id,
            arrived={line.public_id: Arrived(1)},
            edition=0,
            actor_id=self.world.picker.pk,
            uuid=uuid4(),
        )

    def _lack(self) -> tuple[Shortage, WeightEntry]:
        """One of the three tomatoes is missing; they were weighed, which was undone, so that it can be done again."""
        Sku.objects.filter(pk=self.world.tomato.sku_id).update(weighed=True)
        missing = short(self.wave, self.world.tomato, 1, by=self.world.picker)
        weighing = weigh(self.wave, self.world.tomato, 2, by=self.world.picker, point=self.world.near)
        weight_undo(weight_id=weighing.pk, actor_id=self.world.picker.pk)
        return missing, weighing

    def _apply(self) -> LeaderApplication:
        inviter = Leader.objects.get(user=self.world.leader)
        self.form = {
            "name": "林小满",
            "phone": "13800000001",
            "kind": "shop",
            "point_name": "小满便利店",
            "address": "文二路 8 号",
            "group_size": 120,
            "invite_code": inviter.invite_code,
        }
        form = ApplicationForm(community_id=self.world.near.community_id, **self.form)  # type: ignore[arg-type]
        return application_submit(applicant=self.world.shopper, form=form)

    def _token(self, role: str) -> str | None:
        return None if role == "visitor" else AuthToken.objects.create(user=getattr(self.world, role))[1]

    def path(self, name: str) -> str:
        wave, stop = self.wave.public_id, self.wave.stops.get(point=self.world.near).public_id
        purchase = self.receipt.order
        route = self.wave.routes.get().public_id
        ids: dict[str, UUID] = {
            "api-group": self.group.public_id,
            "api-group-offers": self.group.public_id,
            "api-group-promotions": self.group.public_id,
            "api-order": self.order.public_id,
            "api-order-amend": self.order.public_id,
            "api-order-cancel": self.order.public_id,
            "api-order-reorder": self.order.public_id,
            "api-order-pay": self.paid.public_id,
            "api-offer-terms": self.offer.public_id,
            "api-leader-pickup-confirm": self.world.shopper.pickups.get().public_id,
            "api-leader-group-orders": self.group.public_id,
            "api-leader-stop": stop,
            "api-leader-stop-sign": stop,
            "api-warehouse-purchase": purchase.public_id,
            "api-warehouse-purchase-count": purchase.public_id,
            "api-warehouse-purchase-undo": purchase.public_id,
            "api-warehouse-purchase-close": purchase.public_id,
            "api-warehouse-paper-job": self.job.public_id,
            "api-warehouse-paper-job-cancel": self.job.public_id,
            "api-warehouse-paper-job-retry": self.job.public_id,
            "api-warehouse-paper-job-file": self.job.public_id,
            "api-warehouse-wave": wave,
            "api-warehouse-wave-paper": wave,
            "api-warehouse-wave-dispatch": wave,
            "api-warehouse-wave-routes": wave,
            "api-warehouse-wave-route-plans": wave,
            "api-warehouse-stop-move": stop,
            "api-warehouse-route": route,
            "api-warehouse-route-depart": route,
            "api-warehouse-route-driver-link": route,
            "api-warehouse-scan": wave,
            "api-warehouse-pick": wave,
            "api-warehouse-put": wave,
            "api-warehouse-progress": wave,
            "api-warehouse-events": wave,
            "api-review-application-approve": self.application.public_id,
            "api-review-application-reject": self.application.public_id,
        }
        of_wave = ("api-warehouse-short", "api-warehouse-weight", "api-warehouse-pick-close")
        ids |= {name: wave} if name.startswith(of_wave) else {}
        kwargs: dict[str, Any] = {"public_id": ids[name]} if name in ids else {}
        kwargs |= {"code": self.world.share_code.code} if name == "api-groups-by-code" else {}
        links = {"api-pay-link": self.order, "api-pay-link-pay": self.paid}
        kwargs |= {"token": pay_url(links[name]).split("/")[-2]} if name in links else {}
        rows: dict[str, Any] = {
            "api-warehouse-purchase-undo": self.receipt,
            "api-warehouse-shortage-undo": self.missing,
            "api-warehouse-shortage-shares": self.missing,
            "api-warehouse-weight-undo": self.weighing,
        }
        kwargs |= {"uuid": rows[name].uuid} if name in rows else {}
        kwargs |= {"kind": "pick"} if name == "api-warehouse-wave-paper" else {}
        query = {"api-warehouse-scan": "?code=TOMATO", "api-warehouse-put": "?sku=TOMATO"}.get(name, "")
        return reverse(name, kwargs=kwargs).removeprefix("/api/v1/") + query

    def body(self, name: str) -> Any:
        line = {"line": str(self.paid.lines.get().public_id), "quantity": 1}
        bodies: dict[str, Any] = {
            "api-auth-code": {"phone": "13800000001"},
            "api-auth-token": {"phone": "13800000001", "code": "246810"},
            "api-auth-token-password": {"username": "13800000001", "password": PASSWORD},
            "api-auth-password": {"password": "five green bottles"},
            "api-me": {"display_name": "小满"},
            "api-messages-read": {"until": "2026-11-22T10:00:00Z"},
            "api-orders": {
                "group": str(self.group.public_id),
                "lines": [{"offer": str(self.offer.public_id), "quantity": 1}],
            },
            "api-coupons": {"kind": str(self.kind.public_id)},
            "api-order-amend": {"lines": [{"line": str(self.order.lines.get().public_id), "quantity": 0}]},
            "api-order-quote": {
                "group": str(self.group.public_id),
                "lines": [{"offer": str(self.offer.public_id), "quantity": 1}],
            },
            "api-offer-terms": {
                "price_fen": 599,
                "price_steps": [],
                "stock": 9,
                "per_shopper": 2,
                "per_community": None,
                "reason": "x",
            },
            "api-warehouse-shortages": {"uuid": str(uuid4()), "sku": "TOMATO", "pieces": 1},
            "api-warehouse-weights": {"uuid": str(uuid4()), "sku": "TOMATO", "point": "HZ0001", "real_base": 3},
            "api-leader-group-orders": {
                "neighbour": {"phone": "13800000099", "name": "钱阿婆"},
                "lines": [{"offer": str(self.offer.public_id), "quantity": 1}],
                "pay": "link",
            },
            "api-leader-pickup-confirm": {"event": str(uuid4()), "lines": [line]},
            "api-warehouse-events": {"events": [{"uuid": str(uuid4()), "kind": "pick", "sku": "TOMATO", "pieces": 1}]},
            "api-leader-applications": {"community": self.world.near.community.code, **self.form},
            "api-warehouse-purchase-count": {
                "uuid": str(uuid4()),
                "edition": 1,
                "lines": [{"line": str(self.receipt.lines.get().line.public_id), "counted": 1}],
            },
            "api-warehouse-purchase-undo": {"edition": 1},
            "api-warehouse-purchase-close": {"edition": 1},
            "api-warehouse-stop-move": {"route": None, "sequence": 1},
            "api-warehouse-route": {"vehicle": None, "driver": None},
            "api-review-application-reject": {"reason": "x"},
            "api-warehouse-paper-jobs": {"wave": str(self.wave.public_id), "kind": "pick", "as": "csv"},
        }
        return bodies.get(name, {})

    def ask(self, role: str, name: str, method: str) -> int:
        """Ask with the person's own token and leave no trace."""
        caller = Caller(None)
        if self.tokens[role]:
            caller.client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.tokens[role]}")
        # A plain savepoint: the service insists on being outermost in its transaction, the test's own apart.
        before = transaction.savepoint()
        if method == "GET":
            answer = caller.get(self.path(name))
        else:
            answer = caller.send(method.lower(), self.path(name), None if method == "DELETE" else self.body(name))
        transaction.savepoint_rollback(before)
        cache.clear()
        return int(answer.status_code)


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def test_every_role_gets_what_the_table_says(scene: Scene) -> None:
    found = {
        name: {method: tuple(scene.ask(role, name, method) for role in ROLES) for method in rows}
        for name, rows in TABLE.items()
    }

    assert found == TABLE


def test_without_its_key_no_write_does_anything(scene: Scene) -> None:
    """Each keyed route is asked by somebody whom the table lets through."""
    for name, rows in TABLE.items():
        if name in UNKEYED:
            continue
        for method, row in rows.items():
            if method == "GET":
                continue
            role = ROLES[next(place for place, status in enumerate(row) if status in (200, 201, 202, 409))]
            caller = Caller(getattr(scene.world, role))
            answer = getattr(caller.client, method.lower())(
                f"/api/v1/{scene.path(name)}", scene.body(name), format="json"
            )
            assert (name, answer.status_code) == (name, 400)
            assert answer.json()["errors"][0]["code"] == "idempotency_key_required"
    assert Order.objects.count() == 2
