"""The roof: settings, queue, addresses and servers; the one place that knows all three apps, by name."""

from groupbuy.config.celery import app as celery_app

__all__ = ["celery_app"]
