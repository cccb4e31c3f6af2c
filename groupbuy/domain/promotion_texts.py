"""Discounts in words, Chinese, for pages and answers."""

from typing import Protocol

from groupbuy.domain.promotions import Hint, Why
from groupbuy.kernel.money import yuan


class NotUsed(Protocol):
    """A coupon that an order does not use."""

    @property
    def why(self) -> Why: ...
    @property
    def missing_fen(self) -> int: ...


def plain_yuan(amount_fen: int) -> str:
    """Write fen as yuan as people say it: 3000 -> ``30``, 2950 -> ``29.5``."""
    return yuan(amount_fen).rstrip("0").rstrip(".")


def rate_words(rate_bp: int) -> str:
    """8000 -> ``8 折``, 8500 -> ``8.5 折``, 0 -> ``免费``."""
    whole, rest = divmod(rate_bp, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") + " 折" if rate_bp else "免费"


def amount_off_text(spend_fen: int, off_fen: int, *, repeats: bool, cap_fen: int | None) -> str:
    text = f"{'每满' if repeats else '满'} {plain_yuan(spend_fen)} 元减 {plain_yuan(off_fen)} 元"
    return text if cap_fen is None else f"{text}，最多减 {plain_yuan(cap_fen)} 元"


def rate_text(pieces: int, rate_bp: int) -> str:
    return f"满 {pieces} 件 {rate_words(rate_bp)}"


def coupon_text(face_fen: int, threshold_fen: int) -> str:
    return (
        f"满 {plain_yuan(threshold_fen)} 元减 {plain_yuan(face_fen)} 元"
        if threshold_fen
        else f"减 {plain_yuan(face_fen)} 元"
    )


def hint_text(hint: Hint) -> str:
    if hint.missing_fen:
        return f"再买 {plain_yuan(hint.missing_fen)} 元可减 {plain_yuan(hint.off_fen)} 元"
    return f"再买 {hint.missing_pieces} 件可享 {rate_words(hint.rate_bp)}"


def why_text(unused: NotUsed) -> str:
    """Say why a coupon is not used."""
    return {
        Why.ELSEWHERE: "限其他团使用",
        Why.THRESHOLD: f"还差 {plain_yuan(unused.missing_fen)} 元可用",
        Why.NOT_STACKABLE: "不能与当前的满减满折同时使用",
        Why.OTHER_BETTER: "已选更优惠的",
    }[unused.why]
