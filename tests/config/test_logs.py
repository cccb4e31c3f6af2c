"""No phone number reaches a log."""

from __future__ import annotations

import logging

import pytest

from groupbuy.config.logs import mask_phones


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
