"""Every sweep runs by itself, on a queue that somebody empties, under the name of its app."""

from importlib import import_module
from types import ModuleType

import pytest
from django.conf import settings

from groupbuy.config.beat import SCHEDULES, schedule
from groupbuy.config.celery import app
from groupbuy.config.queue_settings import QUEUES
from tests.architecture.sources import sources

MODULES = [import_module(name) for name in SCHEDULES]


def test_every_module_of_tasks_is_on_the_schedules_list() -> None:
    found = sorted(
        source.name.removesuffix(".py").replace("/", ".") for source in sources() if source.name.endswith("/tasks.py")
    )

    assert sorted(SCHEDULES) == found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_beat_knows_every_sweep_and_nothing_else(module: ModuleType) -> None:
    tasks = {entry["task"] for entry in module.BEAT.values()}

    assert tasks == {task.name for task in module.SWEEPS}
    assert all(name.startswith(f"{module.__name__.partition('.')[0]}.") for name in tasks)


def test_every_task_of_ours_is_a_sweep_on_the_schedule() -> None:
    app.loader.import_default_modules()
    for module in SCHEDULES:
        import_module(module)
    ours = {name for name in app.tasks if name.partition(".")[0] in {"groupbuy", "fulfillment", "leaders"}}

    assert ours == {entry["task"] for entry in schedule().values()}


def test_every_sweep_goes_to_a_queue_and_expires_before_it_piles_up() -> None:
    for entry in schedule().values():
        assert entry["options"]["queue"] in QUEUES
        assert entry["schedule"] == settings.GROUPBUY_SWEEP_SECONDS
        assert entry["options"]["expires"] == 3 * settings.GROUPBUY_SWEEP_SECONDS


def test_a_sweeps_function_has_the_name_of_its_task_and_says_what_it_does() -> None:
    for module in MODULES:
        for task in module.SWEEPS:
            assert task.name == f"{module.__name__.partition('.')[0]}.{task.run.__name__}"
            assert task.run.__doc__
