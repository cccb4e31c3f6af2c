"""Public identifiers say nothing but when they were made, and survive the telephone."""

import time
import uuid

from groupbuy.kernel.ids import ALPHABET, order_number, share_code, uuid7


def test_a_uuid7_has_its_version_its_variant_and_the_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after


def test_uuid7s_sort_by_the_millisecond_in_which_they_were_made() -> None:
    first = uuid7()
    time.sleep(0.002)
    second = uuid7()

    assert first < second
    assert first.bytes < second.bytes


def test_uuid7s_of_one_millisecond_differ() -> None:
    assert len({uuid7() for _ in range(10_000)}) == 10_000


def test_numbers_hold_no_letter_that_is_misheard() -> None:
    numbers = "".join(order_number() + share_code() for _ in range(500))

    assert len(ALPHABET) == 32
    assert set(numbers) == set(ALPHABET)
    assert not set("ILOU") & set(numbers)
    assert (len(order_number()), len(share_code())) == (12, 8)
