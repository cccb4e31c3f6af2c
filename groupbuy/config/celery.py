"""The Celery application: ``celery -A groupbuy.config worker`` and ``... beat``."""

from __future__ import annotations

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import import_modules, setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "groupbuy.config.settings")

app = Celery("groupbuy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_like_django(**_: Any) -> None:
    """Keep Celery from installing log handlers of its own."""
    from django.conf import settings

    dictConfig(settings.LOGGING)


@import_modules.connect(sender=app, weak=False)
def plan_sweeps(sender: Celery, **_: Any) -> None:
    """
    Hand the beat its schedule.

    Connected after the autodiscovery above, so every task module is complete; a task's name finalizes the
    application, so Celery's own ``on_after_finalize`` would come in the middle of the first module.
    """
    from groupbuy.config import beat

    sender.conf.beat_schedule = beat.schedule()
