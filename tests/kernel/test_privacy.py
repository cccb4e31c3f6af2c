"""Personal data: sealed so that nobody reads or alters it, found without being read, shown masked."""

import base64

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel.privacy import blind, clean_phone, mask_name, mask_phone, seal, unseal

PHONE = "13812341234"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_what_was_sealed_comes_back(text: str) -> None:
    assert unseal(seal(text)) == text


def test_the_same_phone_is_sealed_differently_every_time() -> None:
    first, second = seal(PHONE), seal(PHONE)

    assert first != second
    assert PHONE not in first
    assert seal("") == ""
    assert unseal("") == ""


@pytest.mark.parametrize("position", [0, 5, 11, 12, 20, -1])
def test_one_altered_bit_is_refused(position: int) -> None:
    key_id, _, body = seal(PHONE).partition(":")
    raw = bytearray(base64.b64decode(body))

    raw[position] ^= 1

    with pytest.raises(InvalidTag):
        unseal(f"{key_id}:{base64.b64encode(raw).decode()}")


def test_the_key_id_cannot_be_exchanged() -> None:
    with pytest.raises(InvalidTag):
        unseal(seal(PHONE).replace("k1:", "k2:"))


def test_a_phone_is_found_by_the_same_hash_every_time() -> None:
    assert blind(PHONE) == blind(PHONE)
    assert blind(PHONE) != blind("13812341235")
    assert len(blind(PHONE)) == 64
    assert PHONE not in blind(PHONE)


@pytest.mark.parametrize(
    "raw", ["13812341234", "138 1234 1234", "138-1234-1234", "+8613812341234", "+86 138 1234 1234"]
)
def test_a_phone_is_cleaned_of_what_people_type(raw: str) -> None:
    assert clean_phone(raw) == PHONE


@pytest.mark.parametrize(
    "raw", ["", "1381234123", "138123412345", "23812341234", "1381234123a", "1３８１２３４１２３４", "1٣٨١٢٣٤١٢٣٤"]
)
def test_what_is_no_mobile_number_is_refused(raw: str) -> None:
    assert clean_phone(raw) is None


def test_masks_keep_what_a_neighbour_recognises_and_no_more() -> None:
    assert mask_phone(PHONE) == "138****1234"
    assert mask_phone("12345") == "****"
    assert mask_phone("") == "****"
    assert mask_name("王小明") == "王**"
    assert mask_name("王") == "王*"
    assert mask_name("  王小 ") == "王*"
    assert mask_name("") == ""
