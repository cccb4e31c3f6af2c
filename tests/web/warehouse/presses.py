"""Pressing the console's buttons as a worker does."""

from typing import Any
from uuid import uuid4

from django.test import Client

from tests.web.reading import words


def press(client: Client, where: str, **form: Any) -> str:
    """Send a form as a page does and return the words of the page that follows."""
    return words(client.post(where, {"event": str(uuid4()), "sku": "TOMATO", **form}, follow=True))
