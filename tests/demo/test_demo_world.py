"""The demo world is built by the services, is sound, and is continued rather than doubled by a second start."""

import datetime as dt
import io
from collections import Counter
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import models
from django.test import Client

from fulfillment.models import Discrepancy, PickLine, Pickup, PickupItem, PurchaseOrder, Route, Stop, Wave
from groupbuy.config.management.commands.check_books import checks
from groupbuy.kernel.db import run
from groupbuy.models import (
    Campaign,
    CouponKind,
    Group,
    LineDiscount,
    Offer,
    OfferPriceStep,
    Order,
    PickupPoint,
    Promotion,
    ShareCode,
    Sku,
    StateChange,
    User,
)
from groupbuy.selectors.books import violations
from leaders.demo.campaigns import book_commissions, play_finished, play_pickup, play_waiting
from leaders.demo.files import campaigns
from leaders.demo.fleet import load_fleet
from leaders.demo.people import load_people
from leaders.demo.places import load_catalogue, load_places
from leaders.models import CommissionEntry, Leader, LeaderApplication
from leaders.selectors.earnings import totals
from tests.world import shift_clock

pytestmark = pytest.mark.django_db


def load() -> str:
    out = io.StringIO()
    call_command("demo_world", stdout=out)
    run("ANALYZE")  # as ``prepare`` does; without it, checks are planned for empty tables and take minutes
    return out.getvalue()


def counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def states(queryset: models.QuerySet[Any]) -> dict[str, int]:
    return dict(Counter(queryset.values_list("state", flat=True)))


def test_it_is_refused_where_real_people_may_log_in(settings: Any) -> None:
    settings.DEV_PROVIDERS = False

    with pytest.raises(CommandError, match="DEV_PROVIDERS"):
        load()

    assert User.objects.count() == 0


def test_a_first_start_makes_the_whole_world_and_a_second_adds_nothing() -> None:
    guide = load()

    assert (PickupPoint.objects.count(), Sku.objects.count(), Leader.objects.count()) == (219, 148, 149)
    assert states(Campaign.objects.all()) == {"frozen": 7, "open": 6}
    assert states(Wave.objects.all()) == {"dispatched": 6, "built": 1}
    assert states(Stop.objects.all()) == {"signed": 27, "arrived": 3, "planned": 24}
    assert states(LeaderApplication.objects.all()) == {"approved": 3, "submitted": 1}
    assert Order.objects.filter(campaign__state="open", state="paid").count() >= 60
    assert (Promotion.objects.count(), Offer.objects.exclude(newcomer_fen=None).count()) == (3, 3)
    assert Offer.objects.exclude(per_community=None).count() == Offer.objects.exclude(price_steps=None).count() == 3
    assert CouponKind.objects.exclude(group=None).count() == CouponKind.objects.count() > 0
    assert LineDiscount.objects.filter(source="promotion").exists()
    assert violations(checks(ages=True)) == []
    assert "sh-driver-01: " in guide
    assert "验证码 / code 246810" in guide
    share = ShareCode.objects.get(leader__username="sh-leader-01", point__code="SH001")
    assert f"/g/{share.code}/    {share.point.name}，团长 sh-leader-01\n" in guide
    assert {
        user.username: [role.name for role in user.groups.all()] for user in User.objects.filter(is_staff=True)
    } == {
        "admin": ["平台运营"],
        "finance": ["财务"],
        "sh-picker": ["仓库文员"],
        "cd-picker": ["仓库文员"],
        "wh-picker": ["仓库文员"],
    }
    assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == ["admin"]
    assert (django_settings.VAR_DIR / "demo-guide.txt").read_text(encoding="utf-8") in guide
    assert authenticate(username="sh-leader-01", password="demo2026") == User.objects.get(username="sh-leader-01")
    before = counts()

    load()

    assert counts() == before


def test_price_steps_and_the_cap_of_a_community_are_seen_in_the_shop(client: Client) -> None:
    load()
    share = ShareCode.objects.get(leader__username="sh-leader-01", point__code="SH001")
    group = Group.objects.get(point=share.point, leader=share.leader, campaign__title__startswith="全天可订")

    shelf = client.get(f"/g/{share.code}/?group={group.public_id}").content.decode()

    step = OfferPriceStep.objects.get(offer__campaign=group.campaign)
    assert f"起 ¥{step.price_fen // 100}.{step.price_fen % 100:02d}" in shelf
    assert "本小区限 20 件" in shelf


def test_the_campaigns_that_close_run_through_to_the_truck_and_the_next_start_opens_fresh_ones() -> None:
    load()
    closing = list(Campaign.objects.filter(title__startswith="今晚截单").values_list("pk", flat=True))

    shift_clock(by=dt.timedelta(minutes=14))
    call_command("sweep", stdout=io.StringIO())
    load()

    assert states(Campaign.objects.filter(pk__in=closing)) == {"frozen": 3}
    assert states(Wave.objects.filter(campaigns__campaign__in=closing)) == {"dispatched": 2, "built": 1}
    grids = Stop.objects.filter(wave__campaigns__campaign__in=closing, grid__code="WH-WH-G1")
    assert (grids.count(), grids.values("grid_position").distinct().count()) == (2, 1)
    assert Campaign.objects.filter(title__startswith="今晚截单", state="open").exclude(pk__in=closing).count() == 3
    assert violations(checks(ages=True)) == []


def test_a_wave_waits_for_the_visitor_with_everything_to_do_and_a_vehicle_for_every_route() -> None:
    load()

    wave = Wave.objects.get(state="built")
    assert wave.dispatch_at - wave.built_at > dt.timedelta(hours=3)
    assert (
        PickLine.objects.filter(wave=wave, barcode="").count()
        == PickLine.objects.filter(wave=wave, bin="").count()
        == 0
    )
    assert PickLine.objects.filter(wave=wave, weighed=True).count() >= 3
    routes = Route.objects.filter(wave=wave)
    assert routes.count() == 7
    assert not routes.filter(vehicle=None).exists()
    assert not routes.filter(driver=None).exists()
    orders = PurchaseOrder.objects.filter(wave=wave)
    assert states(orders) == {"issued": orders.count()}
    assert orders.filter(receipts=None).count() == 3
    assert states(PurchaseOrder.objects.exclude(wave=wave)).keys() == {"received"}


@pytest.fixture
def furnished() -> None:
    """Places, goods, people and vehicles, no campaign yet."""
    load_places()
    load_catalogue()
    load_people(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    load_fleet()


def test_a_wave_that_is_about_to_leave_waits_for_nobody_and_the_next_start_makes_another(furnished: None) -> None:
    row = next(row for row in campaigns() if row["phase"] == "closing")
    play_waiting(row)
    play_waiting(row)
    (first,) = Wave.objects.all()

    shift_clock(by=dt.timedelta(hours=10))
    play_waiting(row)

    other = Wave.objects.exclude(pk=first.pk).get()
    assert (other.state, other.dispatch_at - other.built_at > dt.timedelta(hours=3)) == ("built", True)


def test_a_campaign_at_the_pickup_stage_has_something_in_every_state(furnished: None) -> None:
    row = next(row for row in campaigns() if row["phase"] == "pickup")

    play_pickup(row)

    found = states(Order.objects.all())
    assert found.keys() == {"accepted", "cancelled", "refunded"}
    assert found["accepted"] > 20
    assert states(Stop.objects.all()) == {"signed": 4, "arrived": 1}
    assert Discrepancy.objects.count() == 1
    done, waiting = Pickup.objects.exclude(done_at=None).count(), Pickup.objects.filter(done_at=None).count()
    assert done >= 5
    assert waiting >= 5
    assert violations(checks(ages=False)) == []


def test_a_finished_campaign_is_collected_and_its_leaders_have_earned(furnished: None) -> None:
    row = next(row for row in campaigns() if row["phase"] == "finished")

    play_finished(row)
    book_commissions()

    assert not Pickup.objects.filter(done_at=None).exists()
    assert not PickupItem.objects.filter(taken_at=None).exists()
    leader = User.objects.get(username="sh-leader-01")
    earned = totals(leader=leader, now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert earned.total_fen == sum(CommissionEntry.objects.filter(leader=leader).values_list("amount_fen", flat=True))
    assert earned.total_fen > 0
    assert violations(checks(ages=False)) == []


def test_no_state_was_written_without_its_history(furnished: None) -> None:
    play_finished(next(row for row in campaigns() if row["phase"] == "finished"))

    accepted = Order.objects.filter(state="accepted")[0]
    history = StateChange.objects.filter(machine="order", subject_id=accepted.pk).order_by("pk")
    assert list(history.values_list("old", "new")) == [("", "placed"), ("placed", "paid"), ("paid", "accepted")]
