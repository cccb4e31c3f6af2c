"""The beat and the worker agree on what there is to do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from groupbuy.config.queue_settings import QUEUES

ROOT = Path(__file__).resolve().parents[2]
# What `celery beat` and `celery worker` do before they start, in a process that has imported nothing yet.
PRINT = """
import json
from groupbuy.config import celery_app
celery_app.loader.import_default_modules()
celery_app.finalize()
print(json.dumps([sorted(celery_app.tasks), list(celery_app.conf.beat_schedule.values())]))
"""


def test_every_planned_sweep_is_a_known_task_on_a_queue_that_the_worker_serves() -> None:
    run = subprocess.run([sys.executable, "-c", PRINT], cwd=ROOT, capture_output=True, text=True, check=True)
    tasks, planned = json.loads(run.stdout.splitlines()[-1])

    names = {entry["task"] for entry in planned}
    assert {"groupbuy.close_due_campaigns", "groupbuy.relay_outbox"} <= names
    assert names <= set(tasks)
    assert {entry["options"]["queue"] for entry in planned} <= set(QUEUES)
    assert all(entry["schedule"] > 0 for entry in planned)
