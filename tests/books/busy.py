"""A world in which everything has happened once: what the books have to bear, and the ids a test needs to spoil it."""

import uuid
from typing import Any

from fulfillment.models import Pickup, PickupItem, PurchaseLine, Route, SortLine, Stop, Wave
from fulfillment.selectors.pickups import lines_of
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.handover import handover_sign
from fulfillment.services.picking import pick_confirm, put_confirm, put_rest, put_undo
from fulfillment.services.pickups import pickup_confirm
from fulfillment.services.shortages import pick_close, shortage_record
from fulfillment.services.waves import wave_build
from fulfillment.services.weights import weight_record
from groupbuy.domain.words import BaseUnit, RefundReason, Zone
from groupbuy.kernel import clock
from groupbuy.models import IdempotencyKey, LedgerEntry, Outbox, Payment, Refund, RefundLine, Sku
from groupbuy.services import idempotency, outbox, payments, refunds
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.credit import credit_grant
from groupbuy.services.orders import order_cancel
from leaders.models import CommissionEntry, Leader
from leaders.tasks import settle_commissions
from tests.promotions import claimed, coupon_kind, newcomer_price, spend_and_save
from tests.world import World, build_wave, close_and_freeze, open_campaign, person, place, place_and_pay, sku, world


def busy_world() -> dict[str, int]:
    """
    Build it and return primary keys by name.

    Orders: ``mine`` 3 tomatoes and 1 eggs, of which 2 tomatoes are collected and 1 refunded; ``theirs`` 2 tomatoes;
    ``late`` paid after the cutoff; ``undone`` paid by credit and cancelled; ``waiting`` unpaid in another, open campaign,
    with a newcomer price, a promotion and a coupon. In a wave of its own one of three pieces of beef was short and the
    others light.
    """
    w = world()
    lacking = _lack(w)
    Leader.objects.filter(user=w.leader).update(recommender=w.other_leader)
    orders = _orders(w)
    close_and_freeze(campaign=w.campaign)
    _pay_late(orders["late_payment"])
    wave = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)
    assert wave is not None
    _pick_and_put(w, wave)
    _deliver(w, wave.pk)
    settle_commissions()
    line = w.tomato.lines.get(order=orders["mine"])
    refunds.refund_request(order_id=line.order_id, pieces={line.pk: 1}, reason=RefundReason.OPERATOR, actor_id=None)
    settle_commissions()
    idempotency.run_once(
        actor_id=w.shopper.pk, key="a-key-of-the-shopper", request={}, work=lambda: idempotency.Answer(201, {})
    )
    outbox.relay()
    return orders | lacking | _ids(w, wave.pk, line.pk)


def _lack(w: World) -> dict[str, int]:
    """Build a wave of three pieces of beef, 500 g at 20 yuan each: one is short, the others weigh 950 g together."""
    beef = sku(code="BEEF", name="牛腱", spec="500 g", unit="份", zone=Zone.CHILLED, list_fen=2600)
    Sku.objects.filter(pk=beef.pk).update(weighed=True, base_unit=BaseUnit.GRAM, base_per_sale=500)
    beef.refresh_from_db()
    early = open_campaign(
        warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=beef, price_fen=2000)], title="牛肉团"
    )
    eater = person(name="孙先生", phone="13800000031")
    order = place_and_pay(shopper=eater, group=early.groups.get(), quantities={early.offers.get(): 3})
    wave = build_wave(campaign=early)
    who: dict[str, Any] = {"wave_id": wave.pk, "sku_id": beef.pk, "actor_id": w.picker.pk, "point_id": w.near.pk}
    missing = shortage_record(pieces=1, uuid=uuid.uuid4(), **who)
    weighing = weight_record(real_base=950, uuid=uuid.uuid4(), **who)
    pick_close(wave_id=wave.pk)
    return {
        "short_wave": wave.pk,
        "beef": beef.pk,
        "short_line": order.lines.get().pk,
        "shortage": missing.pk,
        "share": missing.shares.get().pk,
        "weight": weighing.pk,
        "weight_share": weighing.shares.get().pk,
        "short_refund": RefundLine.objects.get(line__order=order).pk,
    }


def _orders(w: World) -> dict[str, int]:
    mine = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    theirs = place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})
    grant = credit_grant(person=w.neighbour, amount_fen=6000, reason="补偿", actor_id=w.staff.pk)
    undone = place(shopper=w.neighbour, group=w.group, quantities={w.dumplings: 2})
    payments.payment_start(order=undone, payer=w.neighbour, payer_ref="", provider="credit")
    order_cancel(order=undone, actor=w.neighbour)
    late = place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 4})
    late_payment = payments._pending(late, payments.DEFAULT_PROVIDER)
    tomorrow = open_campaign(
        warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=w.eggs.sku, price_fen=1500)], title="明日团"
    )
    kind = coupon_kind(200, group=tomorrow.groups.get())
    coupon = claimed(kind, w.picker, tomorrow.groups.get())
    newcomer_price(tomorrow.offers.get(), 1300)
    spend_and_save(1000, 100, campaign=tomorrow)
    waiting = place(shopper=w.picker, group=tomorrow.groups.get(), quantities={tomorrow.offers.get(): 1})
    pending = payments._pending(waiting, payments.DEFAULT_PROVIDER)
    return {
        "mine": mine.pk,
        "theirs": theirs.pk,
        "their_line": theirs.lines.get().pk,
        "undone": undone.pk,
        "grant": grant.pk,
        "late": late.pk,
        "waiting": waiting.pk,
        "waiting_line": waiting.lines.get().pk,
        "coupon": coupon.pk,
        "coupon_kind": kind.pk,
        "tomorrow": tomorrow.pk,
        "mine_payment": mine.payments.get().pk,
        "late_payment": late_payment.pk,
        "pending": pending.pk,
    }


def _pay_late(payment_id: int) -> None:
    payment = Payment.objects.get(pk=payment_id)
    payments.payment_apply(
        out_trade_no=payment.out_trade_no,
        transaction_id="4200000000000late",
        amount_fen=payment.amount_fen,
        paid_at=clock.now(),
    )


def _pick_and_put(w: World, wave: Wave) -> None:
    """Pick all five tomatoes and put them to their two positions; one press too many is undone."""
    sku_id, actor_id = w.tomato.sku_id, w.picker.pk
    press = uuid.uuid4()
    pick_confirm(wave_id=wave.pk, sku_id=sku_id, pieces=5, actor_id=actor_id, uuid=uuid.uuid4())
    put_confirm(wave_id=wave.pk, point_id=w.near.pk, sku_id=sku_id, pieces=1, actor_id=actor_id, uuid=press)
    put_undo(batch=press, actor_id=actor_id, uuid=uuid.uuid4())
    put_rest(wave_id=wave.pk, sku_id=sku_id, point_ids=[w.near.pk, w.far.pk], actor_id=actor_id, uuid=uuid.uuid4())


def _deliver(w: World, wave_id: int) -> None:
    """Dispatch, sign at the near point, hand two of three tomatoes out."""
    dispatch_send(wave_id=wave_id)
    handover_sign(stop_id=Stop.objects.get(wave=wave_id, point=w.near).pk, actor=w.leader)
    pickup = Pickup.objects.get(shopper=w.shopper)
    tomatoes = next(line for line in lines_of(pickup) if line.sku.code == "TOMATO")
    pickup_confirm(pickup=pickup, actor=w.leader, event=uuid.uuid4(), pieces={tomatoes.public_id: 2})


def _ids(w: World, wave_id: int, line_id: int) -> dict[str, int]:
    item = PickupItem.objects.get()
    return {
        "campaign": w.campaign.pk,
        "tomato": w.tomato.pk,
        "community": w.near.community_id,
        "eggs": w.eggs.pk,
        "sku": w.tomato.sku_id,
        "near": w.near.pk,
        "far": w.far.pk,
        "shopper": w.shopper.pk,
        "neighbour": w.neighbour.pk,
        "leader": w.leader.pk,
        "line": line_id,
        "wave": wave_id,
        "stop": Stop.objects.get(wave=wave_id, point=w.near).pk,
        "route": Route.objects.get(wave=wave_id).pk,
        "bought": PurchaseLine.objects.get(order__wave=wave_id, sku=w.tomato.sku_id).pk,
        "sort": SortLine.objects.get(wave=wave_id, point=w.far).pk,
        "item": item.pk,
        "event": item.event_id,
        "pickup": item.event.pickup_id,
        "part_refund": Refund.objects.get(order=item.line.order_id).pk,
        "part_line": RefundLine.objects.get(line=line_id).pk,
        "late_refund": Refund.objects.get(reason=RefundReason.LATE_PAYMENT).pk,
        "sale": LedgerEntry.objects.get(kind="sale").pk,
        "leader_row": Leader.objects.get(user=w.leader).pk,
        "commission": CommissionEntry.objects.get(leg="seller").pk,
        "recommended": CommissionEntry.objects.get(leg="recommender").pk,
        "outbox": Outbox.objects.order_by("pk")[0].pk,
        "key": IdempotencyKey.objects.get().pk,
    }
