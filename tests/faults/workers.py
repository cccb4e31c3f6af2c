"""A2, A3, A18: workers killed or told to stop at any moment of a cutoff."""

from __future__ import annotations

import os
import random
import signal
import time

from django.conf import settings
from django.db import connections
from redis import Redis

from groupbuy.config.embedded.processes import wait_until
from groupbuy.models import Campaign
from groupbuy.tasks import close_due_campaigns
from tests.faults.cases import crowd, crowds_fault
from tests.faults.ground import Ground, broken, quiet
from tests.faults.killing import dies, forked
from tests.faults.kills import halved_crowd
from tests.faults.races import close_and_freeze_due
from tests.faults.rows import Run

A_CUTOFF_S = 0.25
RECOVERED_WITHIN_S = 60.0
MOST_CONTROLS = 40


def killed_at_random(run: Run) -> None:
    """A2: two workers at one cutoff die by SIGKILL at any moment; a later sweep finishes."""
    for _ in run.each():
        campaign = crowd(run.ground)
        pids = [forked(close_and_freeze_due) for _ in range(2)]
        time.sleep(run.draw.uniform(0, A_CUTOFF_S))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        connections.close_all()
        run.tally.guarded(quiet() or crowds_fault(campaign) or broken())
    while not run.tally.control_broken and run.tally.control_tries < MOST_CONTROLS:
        campaign = crowd(run.ground)
        dies(close_and_freeze_due, at=run.draw.randrange(10, 60), split=True)
        run.tally.control(halved_crowd(campaign))
    run.ground.fresh()


def tree_killed(run: Run) -> None:
    """A3: the whole tree of a real Celery worker dies by SIGKILL; started again, it does what is due."""
    restarts(run, signal.SIGKILL)


def told_to_stop(run: Run) -> None:
    """A18: a deployment stops the worker by SIGTERM in the middle of a cutoff and starts it again."""
    restarts(run, signal.SIGTERM)


def restarts(run: Run, how: signal.Signals) -> None:
    beat = run.ground.child("beat")
    beat.start()
    try:
        for _ in run.count():
            campaign = crowd(run.ground)
            worker_dies(run.ground, campaign, how, run.draw)
            run.tally.guarded(recovers(run.ground, campaign) or crowds_fault(campaign) or broken())
    finally:
        beat.stop()
    run.tally.control(lost_message(run.ground))


def worker_dies(ground: Ground, campaign: Campaign, how: signal.Signals, draw: random.Random) -> None:
    """Start a worker and end it at some moment between the first step of the cutoff and its end."""
    worker = ground.child("worker")
    worker.start()
    assert worker.process is not None
    try:
        assert wait_until(lambda: state(campaign) != "open", patience_s=RECOVERED_WITHIN_S), worker.log.read_text()
        time.sleep(draw.uniform(0, A_CUTOFF_S))
        os.killpg(worker.process.pid, how)
        worker.process.wait(RECOVERED_WITHIN_S)
    finally:
        worker.stop()


def recovers(ground: Ground, campaign: Campaign) -> str:
    worker = ground.child("worker")
    worker.start()
    try:
        frozen = wait_until(lambda: state(campaign) == "frozen", patience_s=RECOVERED_WITHIN_S)
    finally:
        worker.stop()
    return quiet() if frozen else f"still {state(campaign)} after {RECOVERED_WITHIN_S} s"


def state(campaign: Campaign) -> str:
    return Campaign.objects.values_list("state", flat=True).get(pk=campaign.pk)


def lost_message(ground: Ground) -> str:
    """Where the message is the record: told once, lost with Redis, and nobody looks into the database."""
    campaign = crowd(ground)
    close_due_campaigns.apply_async(queue="cutoff")
    Redis.from_url(settings.REDIS_URL).flushall()
    worker = ground.child("worker")
    worker.start()
    try:
        done = wait_until(lambda: state(campaign) != "open", patience_s=10)
    finally:
        worker.stop()
    ground.fresh()
    return "" if done else "nobody closed it"
