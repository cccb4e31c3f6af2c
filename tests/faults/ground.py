"""The ground that rows run on: servers of their own, a world that can be made afresh, the payment provider."""

from __future__ import annotations

import os
import secrets
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

from groupbuy.config import embedded
from groupbuy.config.demo.child import Child
from groupbuy.config.embedded.processes import free_port, wait_until
from tests.conftest import ENVIRONMENT

if TYPE_CHECKING:
    from groupbuy.models import Campaign, Order, Payment
    from tests.providers.conftest import RunningProvider
    from tests.world import World

KEPT = ("django_migrations", "django_content_type", "auth_permission", "groupbuy_state_edge")


@contextmanager
def standing() -> Iterator[Ground]:
    """Start durable servers in a folder of their own, set Django up on them, and remove everything at the end."""
    folder = Path(tempfile.mkdtemp(prefix="groupbuy-faults-")).resolve()
    folder.chmod(0o711)  # as root the servers run as another user, who must get in
    ground = Ground(folder)
    try:
        servers = embedded.start(folder, die_with_us=True)
        os.environ.update(ENVIRONMENT)
        os.environ |= {
            "GROUPBUY_VAR": str(folder),
            "DATABASE_URL": servers.database_owner_url,
            "DATABASE_OWNER_URL": servers.database_owner_url,
            "REDIS_URL": servers.redis_url,
            "LOG_LEVEL": "CRITICAL",
        }
        django.setup()
        ground.prepare()
        yield ground
    finally:
        ground.close()
        embedded.remove(folder)


@dataclass
class Ground:
    """:param folder: the data folder of the run's own servers."""

    folder: Path
    _provider: RunningProvider | None = None
    _world: World | None = None
    _web: str = ""
    _closing: list[Callable[[], Any]] = field(default_factory=list)

    def prepare(self) -> None:
        from django.conf import settings
        from django.core.management import call_command

        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        call_command("migrate", verbosity=0, skip_checks=True)
        call_command("grant_app_role", database="default")

    def close(self) -> None:
        for each in reversed(self._closing):
            each()

    def at_end(self, work: Callable[[], Any]) -> None:
        """Have something stopped when the run ends."""
        self._closing.append(work)

    @property
    def world(self) -> World:
        """The world as rows left it; the first asks for it make it."""
        return self._world or self.fresh()

    def fresh(self) -> World:
        """Empty every table and build the small world again, after books were broken on purpose."""
        from groupbuy.kernel.db import rows, run
        from tests.world import world

        names = [row["tablename"] for row in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        run(f"TRUNCATE {', '.join(name for name in names if name not in KEPT)} RESTART IDENTITY CASCADE")
        self._world = world()
        return self._world

    @property
    def provider(self) -> RunningProvider:
        """The payment provider, its ledger the judge; no notice goes out unless a row asks for it."""
        from django.conf import settings

        from tests.providers.conftest import start_provider

        if self._provider is None:
            self._provider = start_provider(self.folder, "--time-scale", "0.01")
            self.at_end(self._provider.stop)
            names = {name.removeprefix("WECHAT_"): value for name, value in self._provider.settings.items()}
            settings.WECHAT = names | {"BASE_URL": self._provider.url, "NOTIFY_URL": "http://127.0.0.1:9/notify"}
        return self._provider

    @property
    def web(self) -> str:
        """The address of a web process as shipped, under the app role; the provider's notices go there."""
        from django.conf import settings

        if not self._web:
            child, self._web = self.web_child()
            self.at_end(child.stop)
            settings.WECHAT = settings.WECHAT | {"NOTIFY_URL": f"{self._web}/api/v1/payments/wechat/notice"}
        return self._web

    def web_child(self) -> tuple[Child, str]:
        """Start a web process; return it and its address once it is ready."""
        from tests.rig import _is_ready

        port = free_port()
        url = f"http://127.0.0.1:{port}"
        child = self.child("web", port)
        child.start()
        assert wait_until(lambda: _is_ready(url), patience_s=60), child.log.read_text()[-3000:]
        return child, url

    def child(self, name: str, port: int = 0) -> Child:
        """Prepare one of the system's processes (web, worker, beat), not yet started."""
        from tests.rig import ROOT, _commands

        servers = embedded.addresses(self.folder)
        assert servers is not None
        environment = {
            **os.environ,
            **self.provider.settings,
            "DATABASE_URL": servers.database_url,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "WECHAT_BASE_URL": self.provider.url,
            "GROUPBUY_SWEEP_SECONDS": "1",
            "LOG_LEVEL": "WARNING",
        }
        command = _commands(port, self.folder)[name]
        return Child(name=name, command=command, log=self.log(name), environment=environment, folder=ROOT)

    def log(self, name: str) -> Path:
        """Where one of the system's processes writes its warnings and errors."""
        return self.folder / f"{name}.log"

    def campaign(self, *, stock: int | None = None, minimum: int = 0) -> Campaign:
        """
        Open one more campaign: tomato (399 fen), eggs (1590 fen, two a shopper), at both points, no grace.

        :param minimum: orders that a group needs; 0 is none.
        """
        from groupbuy.models import Campaign
        from groupbuy.services.campaigns import OfferWanted
        from tests.world import open_campaign

        w = self.world
        offers = [
            OfferWanted(sku=w.tomato.sku, price_fen=399, stock=stock),
            OfferWanted(sku=w.eggs.sku, price_fen=1590, per_shopper=2),
        ]
        opened = open_campaign(warehouse=w.warehouse, points=[w.near, w.far], offers=offers)
        if minimum:
            Campaign.objects.filter(pk=opened.pk).update(minimum_kind="orders", minimum_value=minimum)
        return opened

    def order(self, campaign: Campaign, *, far: bool = False, tomatoes: int = 2) -> Order:
        """Place an order of tomatoes in the campaign's group at the near (or far) point."""
        from tests.world import place

        group = campaign.groups.get(point=self.world.far if far else self.world.near)
        tomato = campaign.offers.get(sku__code="TOMATO")
        return place(shopper=self.world.shopper, group=group, quantities={tomato: tomatoes})

    def announce(self, order: Order) -> Payment:
        """Start paying at the provider."""
        from groupbuy.services.payments import payment_start

        assert self.provider.url
        return payment_start(order=order, payer=order.payer, payer_ref="openid-shopper")[0]

    def pay(self, payment: Payment, *, notify: bool = False, **how: Any) -> None:
        """Be the payer at the provider; our side learns of it by a notice or by asking."""
        self.provider.judge("pay", out_trade_no=payment.out_trade_no, notify=notify, **how)

    def paid(self, order: Order) -> Payment:
        """Pay an order at the provider and let our side find it."""
        from groupbuy.services.payments import payment_query

        payment = self.announce(order)
        self.pay(payment)
        payment_query(payment_id=payment.pk)
        return payment

    def refunded_at_provider(self, payment: Payment) -> list[int]:
        """What the provider's own ledger has given back of a trade, refund by refund, in fen."""
        report = self.provider.judge(f"ledger?out_trade_no={payment.out_trade_no}")
        return [refund["amount_fen"] for refund in report["refunds"]]


def key() -> str:
    return uuid.UUID(bytes=secrets.token_bytes(16)).hex


def broken() -> str:
    """Return the ids of the invariants that do not hold; nothing is well."""
    from tests.books import broken_books

    return " ".join(broken_books())


def bring_forward() -> None:
    """Make everything that waits for a later try due now, as hours of waiting would."""
    from groupbuy.kernel.db import run

    run("UPDATE groupbuy_refund SET next_try_at = groupbuy_now() WHERE next_try_at > groupbuy_now()")
    run("UPDATE groupbuy_payment SET next_query_at = groupbuy_now() WHERE next_query_at > groupbuy_now()")


def quiet(*, passes: int = 12) -> str:
    """Run the sweeps until no refund, notice or payment of an ended order is on its way; name what never ends."""
    from groupbuy.kernel.db import rows
    from groupbuy.tasks import SWEEPS

    waiting = []
    for _ in range(passes):
        bring_forward()
        for task in SWEEPS:
            task()
        waiting = rows(
            """
            SELECT 'refund ' || id || ' ' || state AS what FROM groupbuy_refund
            WHERE state IN ('intended', 'sending', 'failed')
            UNION ALL SELECT 'outbox ' || id FROM groupbuy_outbox WHERE applied_at IS NULL
            UNION ALL SELECT 'payment ' || p.id FROM groupbuy_payment p JOIN groupbuy_order o ON o.id = p.order_id
            WHERE p.state = 'created' AND o.state <> 'placed'
            UNION ALL SELECT 'campaign ' || id FROM groupbuy_campaign WHERE state = 'closing'
            UNION ALL SELECT 'parked ' || sweep || ' ' || subject_id FROM groupbuy_sweepfailure WHERE parked
            """
        )
        if not waiting:
            return ""
    return "never ends: " + ", ".join(row["what"] for row in waiting[:3])


def make_due(campaign: Campaign) -> None:
    """Let a campaign's cutoff be now, and with it the time to pay of its orders."""
    from groupbuy.kernel.db import run

    run("UPDATE groupbuy_campaign SET cutoff_at = groupbuy_now() WHERE id = %s", [campaign.pk])
    run(
        "UPDATE groupbuy_order o SET pay_by = least(o.pay_by, c.cutoff_at) FROM groupbuy_campaign c"
        " WHERE c.id = o.campaign_id AND c.id = %s",
        [campaign.pk],
    )
