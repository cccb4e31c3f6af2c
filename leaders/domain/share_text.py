"""The text that a leader forwards into his chat group: what, how much, until when, where, and the link."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from groupbuy.kernel.money import yuan

# A chat folds longer messages away.
MOST_OFFERS = 20


@dataclass(frozen=True)
class OfferText:
    """``left``: sale units that can still be sold, None without limit. ``price_fen`` a sale unit."""

    name: str
    spec: str
    sale_unit: str
    price_fen: int
    left: int | None = None


def share_text(
    *, title: str, cutoff_at: dt.datetime, delivery_date: dt.date, point: str, offers: Sequence[OfferText], link: str
) -> str:
    """
    Write the message. Sold-out offers are left out, and all beyond the first twenty.

    :param cutoff_at: on the wall clock where the group lives.
    """
    available = [offer for offer in offers if offer.left is None or offer.left > 0]
    lines = [
        f"【{title}】",
        f"截单：{cutoff_at.month}月{cutoff_at.day}日 {cutoff_at:%H:%M}",
        f"到货：{delivery_date.month}月{delivery_date.day}日",
        f"自提：{point}",
        "",
        *(_offer_line(i, offer) for i, offer in enumerate(available[:MOST_OFFERS], start=1)),
    ]
    if len(available) > MOST_OFFERS:
        lines.append(f"……共 {len(available)} 款，点链接看全部")
    return "\n".join([*lines, "", f"下单链接：{link}"])


def _offer_line(number: int, offer: OfferText) -> str:
    few = f"（仅剩 {offer.left}）" if offer.left is not None and offer.left <= 10 else ""
    goods = f"{offer.name} {offer.spec}".strip()
    return f"{number}. {goods} ¥{yuan(offer.price_fen)}/{offer.sale_unit}{few}"
