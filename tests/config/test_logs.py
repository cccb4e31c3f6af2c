"""What a log line holds: all that was said of an event, and no phone number."""

from __future__ import annotations

import json
import logging

import pytest

from groupbuy.config.logs import configuration, mask_phones


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13812341234", "138****1234"),
        ("call 13812341234 or 12000000001.", "call 138****1234 or 120****0001."),
        ("order 138123412345678", "order 138123412345678"),
        ("nothing", "nothing"),
    ],
)
def test_phones_are_masked_and_longer_numbers_kept(text: str, shown: str) -> None:
    event = mask_phones(logging.getLogger(), "info", {"event": text, "count": 3})

    assert event == {"event": shown, "count": 3}


def test_what_is_said_beside_an_event_is_in_its_line() -> None:
    made = dict(configuration(style="json", level="INFO")["formatters"]["lines"])
    formatter = made.pop("()")(**made)
    beside = {"why": "signature", "sender": "10.0.0.7"}
    record = logging.getLogger("api").makeRecord(
        "api", logging.WARNING, "", 0, "notice refused", (), None, extra=beside
    )

    line = json.loads(formatter.format(record))

    assert {name: line[name] for name in ("event", "why", "sender")} == {"event": "notice refused", **beside}
