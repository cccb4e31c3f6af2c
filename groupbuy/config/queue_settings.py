"""
Settings of Celery, which here is only a hint that work may be due: the record is in PostgreSQL.

Hence no result backend, and a broker that hangs must cost a caller a second, not a minute.
"""

from typing import Any

QUEUES = ("default", "money", "cutoff", "exports", "notices")

CELERY_TASK_DEFAULT_QUEUE = "default"
# By the task's name: "money.*" and so on; `shared_task(queue=...)` says it for any other name.
CELERY_TASK_ROUTES = {f"{queue}.*": {"queue": queue} for queue in QUEUES[1:]}

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A child that rendered a large PDF keeps its memory; it is replaced now and then.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for ever
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    # Longer than the worker's blocking pop of one second; a producer gives up at once.
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "max_retries": 0,
    "visibility_timeout": 900,
    "health_check_interval": 10,
}
CELERY_TIMEZONE = "UTC"
