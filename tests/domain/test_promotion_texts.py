"""Discounts as people say them."""

from groupbuy.domain.promotion_texts import amount_off_text, coupon_text, hint_text, rate_text, why_text
from groupbuy.domain.promotions import Hint, Unused, Why


def test_promotions_and_coupons_say_what_they_give() -> None:
    assert amount_off_text(3000, 500, repeats=False, cap_fen=None) == "满 30 元减 5 元"
    assert amount_off_text(2950, 105, repeats=True, cap_fen=2000) == "每满 29.5 元减 1.05 元，最多减 20 元"
    assert [rate_text(3, rate_bp) for rate_bp in (8000, 8500, 9950, 0)] == [
        "满 3 件 8 折",
        "满 3 件 8.5 折",
        "满 3 件 9.95 折",
        "满 3 件 免费",
    ]
    assert (coupon_text(500, 3000), coupon_text(500, 0)) == ("满 30 元减 5 元", "减 5 元")


def test_a_hint_says_what_is_missing_and_what_it_brings() -> None:
    assert (
        hint_text(Hint(1, "", missing_fen=612, missing_pieces=0, off_fen=500, rate_bp=10_000))
        == "再买 6.12 元可减 5 元"
    )
    assert hint_text(Hint(1, "", missing_fen=0, missing_pieces=2, off_fen=0, rate_bp=8000)) == "再买 2 件可享 8 折"


def test_every_reason_has_its_words() -> None:
    assert why_text(Unused(1, "", Why.THRESHOLD, 601)) == "还差 6.01 元可用"
    assert len({why_text(Unused(1, "", why)) for why in Why}) == len(Why)
