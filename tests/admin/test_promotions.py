"""Promotions and coupons in the back office: made by a form through the service, stopped by a deed, never edited."""

from typing import Any

from django.test import Client

from groupbuy.models import CouponKind, Offer, Promotion
from tests import world as build
from tests.admin.test_forms import ADD as ADD_CAMPAIGN
from tests.admin.test_forms import offers, terms
from tests.promotions import claimed, coupon_kind, spend_and_save
from tests.web.reading import words

PROMOTION, KIND = "/admin/groupbuy/promotion/", "/admin/groupbuy/couponkind/"


def times(*names: str) -> dict[str, str]:
    """Each a day later than the one before, as the browser sends them."""
    sent: dict[str, str] = {}
    for day, name in enumerate(names, 1):
        sent |= {f"{name}_0": f"2030-01-0{day}", f"{name}_1": "06:00"}
    return sent


def promotion(**changed: Any) -> dict[str, Any]:
    base = {"name": "周末满减", "kind": "amount_off", "spend_fen": "30", "off_fen": "5", "pieces": "0"}
    return base | {"rate_bp": "10000", "with_coupon": "on"} | times("starts_at", "ends_at") | changed


def test_a_promotion_is_made_for_chosen_goods(world: build.World, operator: Client) -> None:
    sent = promotion(campaign=world.campaign.pk, offers=[world.tomato.pk, world.eggs.pk], repeats="on", cap_fen="20")

    answer = operator.post(f"{PROMOTION}add/", sent)

    made = Promotion.objects.get()
    assert answer.status_code == 302
    assert (made.spend_fen, made.off_fen, made.cap_fen, made.repeats, made.with_coupon) == (3000, 500, 2000, True, True)
    assert set(made.offers.all()) == {world.tomato, world.eggs}
    assert made.rule == "每满 30 元减 5 元，最多减 20 元"


def test_a_rate_is_made_for_all_campaigns_and_nonsense_is_told(world: build.World, operator: Client) -> None:
    rate = {"kind": "rate", "spend_fen": "", "off_fen": "", "pieces": "3"}
    operator.post(f"{PROMOTION}add/", promotion(**rate, rate_bp="8000"))
    wrong = operator.post(f"{PROMOTION}add/", promotion(**rate), follow=True)

    made = Promotion.objects.get()
    assert (made.campaign, made.pieces, made.rate_bp, made.rule) == (None, 3, 8000, "满 3 件 8 折")
    assert "满件折须有件数，折后须在 0 到 9999 之间。" in words(wrong)


def test_a_coupon_kind_is_made_for_a_group(world: build.World, operator: Client) -> None:
    sent = {
        "name": "翠苑专享",
        "face_fen": "5",
        "threshold_fen": "30",
        "total": "100",
        "per_shopper": "1",
        "use_days": "7",
    }
    sent |= {"group": str(world.group.pk)} | times("claim_starts_at", "claim_ends_at")

    operator.post(f"{KIND}add/", sent)

    made = CouponKind.objects.get()
    assert (made.face_fen, made.threshold_fen, made.total, made.use_days, made.group) == (
        500,
        3000,
        100,
        7,
        world.group,
    )


def test_what_was_made_can_be_stopped_but_not_changed(world: build.World, operator: Client) -> None:
    made, kind = spend_and_save(2000, 300), coupon_kind(500)

    for url in (f"{PROMOTION}{made.pk}/", f"{KIND}{kind.pk}/"):
        assert operator.post(f"{url}change/", promotion()).status_code == 403
        operator.post(f"{url}stop/", {"confirmed": "1"})

    made.refresh_from_db()
    kind.refresh_from_db()
    assert None not in (made.stopped_at, kind.stopped_at)


def test_the_lists_tell_uses_and_costs_of_live_orders(world: build.World, operator: Client) -> None:
    spend_and_save(700, 120)
    claimed(coupon_kind(80), world.shopper)
    build.place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})
    build.place(shopper=world.neighbour, group=world.group, quantities={world.tomato: 2})

    assert "0.80" in words(operator.get(KIND))
    assert "2.40" in words(operator.get(PROMOTION))


def test_a_line_of_an_order_names_what_took_its_discount_off(world: build.World, operator: Client) -> None:
    spend_and_save(1000, 300, name="满 10 减 3")
    claimed(coupon_kind(100), world.shopper)
    order = build.place(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    plain = build.place(shopper=world.neighbour, group=world.group, quantities={world.tomato: 1})

    page, without = (words(operator.get(f"/admin/groupbuy/order/{each.pk}/change/")) for each in (order, plain))

    assert "满 10 减 3 −¥ 3.00；100 分券 −¥ 1.00" in page
    assert "优惠来源" in without
    assert "−¥" not in without


def test_a_draft_gets_its_newcomer_price(world: build.World, operator: Client) -> None:
    operator.post(
        ADD_CAMPAIGN,
        terms(world, **offers(0, sku=world.tomato.sku_id, price_fen="3.99", newcomer_fen="0.99", newcomer_pieces="2")),
    )

    offer = Offer.objects.latest("pk")
    assert (offer.newcomer_fen, offer.newcomer_pieces) == (99, 2)
