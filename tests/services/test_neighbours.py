"""Ordering for a neighbour: whose order it is, who pays, and what the leader does not learn."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from groupbuy.domain.words import PayBy, PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.errors import Missing
from groupbuy.models import AuditEvent, Offer, Order, Outbox, PointStaff, Refund, StateChange, User
from groupbuy.selectors.orders import own
from groupbuy.selectors.pay_links import is_payable, order_behind, pay_url
from groupbuy.services.accounts import PhoneWrong, account_for_phone
from groupbuy.services.campaign_changes import campaign_cancel
from groupbuy.services.group_moves import group_move
from groupbuy.services.neighbours import Neighbour, TooManyNeighbours, neighbour_order, neighbour_quote
from groupbuy.services.order_terms import CampaignClosed, GroupMoved, LineWanted, PriceChanged
from groupbuy.services.orders import LimitReached, order_cancel
from groupbuy.services.points import post_grant
from tests.books import assert_books
from tests.clocks import stop_clock
from tests.world import World, pay, person, place, place_and_pay, world

pytestmark = pytest.mark.django_db

PHONE = "139 0000 0001"
GRANNY = Neighbour(phone=PHONE, name="钱阿婆", room="2-1-101")


def wanted(offer: Offer, quantity: int = 1) -> list[LineWanted]:
    return [LineWanted(offer.public_id, quantity)]


def order_for(w: World, neighbour: Neighbour = GRANNY, pay_by: PayBy = PayBy.LINK, actor: User | None = None) -> Order:
    return neighbour_order(
        actor=actor or w.leader,
        group_id=w.group.public_id,
        neighbour=neighbour,
        lines=wanted(w.tomato, 2),
        pay_by=pay_by,
        remark="放门口",
    )


def test_the_order_is_the_neighbours_and_waits_in_the_account_of_his_phone() -> None:
    w = world()

    order = order_for(w)

    account = account_for_phone(phone="13900000001")
    assert (order.shopper, order.payer, account.display_name) == (account, account, "钱阿婆")
    assert (order.receiver_name, order.receiver_phone, order.room, order.remark) == (
        "钱阿婆",
        "13900000001",
        "2-1-101",
        "放门口",
    )
    assert list(own(account)) == [order]
    assert list(own(w.leader)) == []
    assert StateChange.objects.get(machine="order", subject_id=order.pk).actor == w.leader
    assert AuditEvent.objects.get(action="neighbour_order").facts == {"pay_by": "link"}


def test_whoever_collects_and_whoever_pays_are_both_told_once() -> None:
    w = world()
    own_order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    order = order_for(w, pay_by=PayBy.LEADER)

    pay(order=order)
    order_cancel(order=order, actor=order.shopper)

    told = Counter(Outbox.objects.values_list("payload__number", "topic", "payload__person_id"))
    assert told == {
        (own_order.number, "order.paid", w.shopper.pk): 1,
        (order.number, "order.paid", w.leader.pk): 1,
        (order.number, "order.paid", order.shopper_id): 1,
        (order.number, "order.cancelled", w.leader.pk): 1,
        (order.number, "order.cancelled", order.shopper_id): 1,
    }


def test_an_account_that_exists_keeps_its_name_and_gets_the_order() -> None:
    w = world()

    order = order_for(w, Neighbour(phone="13800000002", name="隔壁老赵"))

    w.neighbour.refresh_from_db()
    assert (order.shopper, w.neighbour.display_name, order.receiver_name) == (w.neighbour, "赵邻居", "隔壁老赵")
    assert User.objects.with_phone("13800000002").count() == 1


def test_a_leader_who_pays_himself_gets_the_refund() -> None:
    w = world()
    order = order_for(w, pay_by=PayBy.LEADER)

    pay(order=order)
    order_cancel(order=order, actor=order.shopper)

    refund = Refund.objects.select_related("payment").get()
    assert (order.payer, refund.payment.payer, refund.amount_fen) == (w.leader, w.leader, 798)
    assert list(own(w.leader)) == [order]
    assert_books()


def test_a_cancelled_campaign_is_told_to_be_closed() -> None:
    w = world()
    campaign_cancel(campaign_id=w.campaign.pk, reason="冷库断电", actor_id=w.staff.pk)

    with pytest.raises(CampaignClosed):
        order_for(w)

    assert not User.objects.with_phone("13900000001").exists()


def test_a_moved_group_is_told_where_it_went() -> None:
    w = world()
    post = PointStaff.objects.get(point=w.far, user=w.other_leader)
    group_move(group_id=w.group.pk, post_id=post.pk, reason="团长住院", actor_id=w.staff.pk)

    with pytest.raises(GroupMoved) as refusal:
        order_for(w)

    assert refusal.value.facts["moved_to"] == w.other_group.public_id


@pytest.mark.parametrize("who", ["other_leader", "shopper", "staff"])
def test_nobody_orders_in_a_group_that_he_does_not_look_after(who: str) -> None:
    w = world()

    with pytest.raises(Missing):
        order_for(w, actor=getattr(w, who))

    assert not Order.objects.exists()
    assert not User.objects.with_phone("13900000001").exists()


def test_a_helper_of_the_point_may_order_too() -> None:
    w = world()
    helper = person(name="帮手", phone="13800000031")
    post_grant(point=w.near, user=helper, role=PointRole.HELPER, now=clock.now())

    assert order_for(w, actor=helper).leader == w.leader


def test_a_wrong_phone_is_refused() -> None:
    w = world()

    with pytest.raises(PhoneWrong):
        order_for(w, Neighbour(phone="12345", name="钱阿婆"))


def test_limits_count_for_the_neighbour_and_not_for_the_leader() -> None:
    w = world()
    place(shopper=w.leader, group=w.group, quantities={w.eggs: 2})

    def eggs() -> Order:
        return neighbour_order(
            actor=w.leader,
            group_id=w.group.public_id,
            neighbour=GRANNY,
            lines=wanted(w.eggs, 2),
            pay_by=PayBy.LEADER,
        )

    eggs()
    with pytest.raises(LimitReached):
        eggs()
    assert_books()


def test_a_leader_orders_for_so_many_people_a_day_with_or_without_accounts(settings: Any) -> None:
    w = world()
    settings.GROUPBUY_NEIGHBOURS_PER_DAY = 2
    granny, known = GRANNY, Neighbour(phone="13800000002", name="隔壁老赵")
    for each in (granny, known, granny):
        order_for(w, each)

    for phone in ("13900000009", "13800000001"):
        with pytest.raises(TooManyNeighbours) as refused:
            order_for(w, Neighbour(phone=phone, name="孙"))
        assert (refused.value.attr, refused.value.facts) == ("phone", {"most": 2})

    assert not User.objects.with_phone("13900000009").exists()
    assert order_for(w, known).shopper == w.neighbour
    assert Order.objects.count() == 4


@pytest.mark.parametrize("known", [True, False])
def test_a_newcomers_price_tells_nothing_of_the_neighbour(known: bool) -> None:
    w = world()
    Offer.objects.filter(pk=w.tomato.pk).update(newcomer_fen=1, newcomer_pieces=1)
    if known:
        place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    neighbour = Neighbour(phone="13800000002", name="赵")

    quote = neighbour_quote(actor=w.leader, group_id=w.group.public_id, neighbour=neighbour, lines=wanted(w.tomato, 2))

    assert (quote.total_fen, quote.discount_fen) == (798, 0)
    assert order_for(w, neighbour).total_fen == 798


def test_a_quote_makes_no_account() -> None:
    w = world()

    quote = neighbour_quote(actor=w.leader, group_id=w.group.public_id, neighbour=GRANNY, lines=wanted(w.tomato, 2))

    assert quote.total_fen == 798
    assert not User.objects.with_phone("13900000001").exists()


def test_a_total_that_was_not_shown_and_a_closed_campaign_leave_no_order() -> None:
    w = world()
    asked = {
        "actor": w.leader,
        "group_id": w.group.public_id,
        "neighbour": GRANNY,
        "lines": wanted(w.tomato, 2),
        "pay_by": PayBy.LINK,
    }
    with pytest.raises(PriceChanged):
        neighbour_order(**asked, expected_fen=1)  # type: ignore[arg-type]
    stop_clock(at=w.campaign.cutoff_at)
    with pytest.raises(CampaignClosed):
        neighbour_order(**asked)  # type: ignore[arg-type]

    assert not Order.objects.exists()


def test_a_pay_link_leads_to_its_order_and_ends_with_the_time_to_pay() -> None:
    order = order_for(world())
    token = pay_url(order).split("/")[-2]

    assert order_behind(token) == order
    assert is_payable(order, order.pay_by - dt.timedelta(microseconds=1))
    assert not is_payable(order, order.pay_by)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"),
        lambda t: "0" + t[1:] if t[0] != "0" else "1" + t[1:],
        lambda _: "x",
        lambda t: t.split(".")[0],
    ],
)
def test_a_pay_link_that_nobody_signed_leads_nowhere(change: "object") -> None:
    token = pay_url(order_for(world())).split("/")[-2]

    with pytest.raises(Missing):
        order_behind(change(token))  # type: ignore[operator]
