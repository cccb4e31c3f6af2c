"""A whole day in the small world: orders, a refund, a wave, a shortage at the door, a pickup, commission, applications."""

import uuid
from typing import Any

from fulfillment.domain.states import DiscrepancyKind
from fulfillment.models import Pickup, PickupItem, Wave
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.handover import Counted, handover_sign
from fulfillment.services.pickups import pickup_confirm
from fulfillment.services.route_plans import route_plan
from fulfillment.services.shortages import shortage_record, shortage_undo
from fulfillment.services.waves import wave_build
from fulfillment.services.weights import weight_record, weight_undo
from groupbuy.domain.words import BaseUnit, PointKind, RefundReason
from groupbuy.kernel import clock
from groupbuy.models import BillDay, BillDifference, GridWarehouse, OrderLine, Sku, SweepFailure
from groupbuy.services.credit import credit_grant
from groupbuy.services.outbox import relay
from groupbuy.services.refunds import refund_request
from groupbuy.services.roles import roles_ensure
from groupbuy.services.sweeping import heartbeat
from leaders.models import InviteCode
from leaders.services.applications import ApplicationForm, application_submit
from leaders.services.commission import commission_accrue
from tests import world as build
from tests.fleet import driver, locate, vehicle
from tests.promotions import claimed, coupon_kind, spend_and_save


def make_busy(world: build.World) -> None:
    roles_ensure()
    GridWarehouse.objects.create(code="G1", name="城西网格仓", warehouse=world.warehouse, address="文三路 1 号")
    order = build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3, world.eggs: 1})
    build.place_and_pay(shopper=world.neighbour, group=world.other_group, quantities={world.dumplings: 2})
    build.close_and_freeze(campaign=world.campaign)
    wave = wave_build(warehouse_id=world.warehouse.pk, delivery_date=world.campaign.delivery_date)
    assert wave is not None
    tomatoes = order.lines.get(offer=world.tomato)
    refund_request(order_id=order.pk, pieces={tomatoes.pk: 1}, reason=RefundReason.OPERATOR, actor_id=world.staff.pk)
    locate(world.warehouse)
    vehicle(world.warehouse, "浙A00001", driver=driver(world.warehouse))
    route_plan(wave_id=wave.pk, seed=1, budget_s=1)
    lack(world, wave)
    dispatch_send(wave_id=wave.pk)
    short = Counted(sku_id=world.tomato.sku_id, kind=DiscrepancyKind.SHORT, quantity=1, note="少一份")
    handover_sign(stop_id=wave.stops.get(point=world.near).pk, actor=world.leader, counted=[short])
    pickup = Pickup.objects.get(shopper=world.shopper)
    pickup_confirm(pickup=pickup, actor=world.leader, event=uuid.uuid4(), pieces={tomatoes.public_id: 1})
    commission_accrue(item_ids=list(PickupItem.objects.values_list("pk", flat=True)))
    credit_grant(person=world.shopper, amount_fen=500, reason="补偿", actor_id=world.staff.pk)
    spend_and_save(2000, 300, campaign=world.campaign)
    claimed(coupon_kind(500, 3000, group=world.group), world.shopper, world.group)
    relay()
    apply(world, name="王店长", kind=PointKind.SHOP, phone="13900000001")
    bill = BillDay.objects.create(provider="wechat", bill_date=clock.local_date(clock.now()), checked_at=clock.now())
    BillDifference.objects.create(
        bill=bill, kind="payment", number="T1", what="missing_here", theirs_fen=990, found_at=clock.now()
    )
    heartbeat("groupbuy.close_due_campaigns")
    SweepFailure.objects.create(
        sweep="groupbuy.query_payments",
        subject_id=1,
        tries=5,
        parked=True,
        last_error="ReadTimeout",
        last_at=clock.now(),
    )


def lack(world: build.World, wave: Wave) -> None:
    """A bag of dumplings is found again, and a weighing was wrong: rows of both, and what is tested otherwise stays."""
    Sku.objects.filter(pk=world.dumplings.sku_id).update(weighed=True, base_unit=BaseUnit.GRAM, base_per_sale=1000)
    OrderLine.objects.filter(offer=world.dumplings).update(base_unit=BaseUnit.GRAM, base_per_sale=1000)
    who: Any = {"wave_id": wave.pk, "sku_id": world.dumplings.sku_id, "point_id": world.far.pk}
    missing = shortage_record(pieces=1, actor_id=world.picker.pk, uuid=uuid.uuid4(), **who)
    shortage_undo(shortage_id=missing.pk, actor_id=world.picker.pk)
    weighing = weight_record(real_base=2000, actor_id=world.picker.pk, uuid=uuid.uuid4(), **who)
    weight_undo(weight_id=weighing.pk, actor_id=world.picker.pk)


def apply(world: build.World, *, name: str, kind: PointKind, phone: str) -> int:
    """Hand in an application by a new person with an operator's invite code; return its id."""
    form = ApplicationForm(
        name=name,
        phone=phone,
        kind=kind,
        community_id=world.near.community_id,
        point_name=f"{name}的店",
        address="文二路 9 号",
        group_size=80,
        invite_code=InviteCode.objects.create(note="测试").code,
    )
    return application_submit(applicant=build.person(name=name, phone=phone), form=form).pk
