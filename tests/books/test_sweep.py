"""Sweeps run in this process, without a broker."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command

from groupbuy.config.management.commands.check_books import checks
from groupbuy.models import Campaign
from groupbuy.selectors.books import violations
from tests.world import shift_clock, world

pytestmark = pytest.mark.django_db


def swept(*args: str) -> list[str]:
    out = io.StringIO()
    call_command("sweep", *args, stdout=out)
    return out.getvalue().splitlines()


def test_the_list_names_every_stage_in_order_and_runs_nothing() -> None:
    names = swept("--list")

    assert names[0] == "groupbuy.close_due_campaigns"
    assert names[-1] == "leaders.settle_commissions"
    assert "fulfillment.build_due_waves" in names


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CommandError, match=r"no sweep is called close; known: groupbuy\.close_due_campaigns,"):
        swept("close")


def test_one_sweep_can_be_run_by_its_short_name() -> None:
    campaign = world().campaign
    shift_clock(by=dt.timedelta(hours=7))

    assert swept("close_due_campaigns") == ["✓ groupbuy.close_due_campaigns"]

    campaign.refresh_from_db()
    assert campaign.state == "closing"


def test_one_run_of_all_sweeps_takes_a_due_campaign_from_cutoff_to_its_end() -> None:
    world()
    shift_clock(by=dt.timedelta(hours=7))

    assert len(swept()) == len(swept("--list"))

    assert list(Campaign.objects.values_list("state", flat=True)) == ["frozen"]
    assert violations(checks(ages=True)) == []
