"""Every check is silent in a sound world and names exactly the row that is spoiled behind the services' back."""

import io
import json
from dataclasses import dataclass

import pytest
from django.core.management import CommandError, call_command

from groupbuy.config.management.commands.check_books import checks
from groupbuy.kernel.db import rows, run
from groupbuy.selectors.books import Check, violations
from tests.books.busy import busy_world

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Spoiled:
    """
    :param sql: what breaks the invariant; names of ids in braces.
    :param subject: whom the check must name.
    :param also: other checks that see the same damage.
    """

    sql: str
    subject: str
    also: tuple[str, ...] = ()


LATER = "groupbuy_now() - interval '61 seconds'"
HISTORY = "INSERT INTO groupbuy_statechange (machine, subject_id, old, new, reason, at) VALUES"
ENTRY = "INSERT INTO groupbuy_ledgerentry (id, kind, source_kind, source_id, at)"

SPOILED = {
    "I1": Spoiled("UPDATE groupbuy_offer SET sold = sold - 1 WHERE id = {tomato}", "offer {tomato}"),
    "I2": Spoiled(
        "UPDATE groupbuy_offershopper SET quantity = 2 WHERE offer_id = {eggs}", "offer {eggs} shopper {shopper}"
    ),
    "I2-community": Spoiled(
        "WITH capped AS (UPDATE groupbuy_offer SET per_community = 9 WHERE id = {eggs})"
        " INSERT INTO groupbuy_offercommunity (offer_id, community_id, quantity)"
        " SELECT {eggs}, community_id, 2 FROM groupbuy_order WHERE id = {mine}",
        "offer {eggs} community {community}",
    ),
    "I18-line": Spoiled(
        "DELETE FROM groupbuy_linediscount WHERE line_id = {waiting_line} AND source = 'promotion'",
        "order line {waiting_line}",
    ),
    "I18-order": Spoiled(
        "UPDATE groupbuy_order SET items_fen = items_fen + 1, discount_fen = discount_fen + 1 WHERE id = {waiting}",
        "order {waiting}",
    ),
    "I18-claimed": Spoiled(
        "UPDATE groupbuy_couponkind SET claimed = claimed + 1 WHERE id = {coupon_kind}", "coupon kind {coupon_kind}"
    ),
    "I18-coupon": Spoiled("UPDATE groupbuy_coupon SET order_id = NULL WHERE id = {coupon}", "coupon {coupon}"),
    "I18-newcomer": Spoiled("DELETE FROM groupbuy_newcomeruse WHERE order_id = {waiting}", "order {waiting}"),
    "I3": Spoiled("DELETE FROM groupbuy_orderoutcome WHERE order_id = {theirs}", "order {theirs}"),
    "I3-place": Spoiled("UPDATE groupbuy_order SET leader_id = {shopper} WHERE id = {theirs}", "order {theirs}"),
    "I5": Spoiled(
        "UPDATE groupbuy_order SET placed_at = (SELECT closed_at FROM groupbuy_campaign WHERE id = {campaign})"
        " WHERE id = {theirs}",
        "order {theirs}",
    ),
    "I6-entry": Spoiled(f"{ENTRY} VALUES (7700, 'sale', 'nothing', 1, now())", "ledger entry 7700"),
    "I6-ledger": Spoiled(
        "UPDATE groupbuy_ledgerleg SET amount_fen = amount_fen + 1 WHERE entry_id = {sale} AND account = 'held'",
        "ledger 1",
        also=("I6-entry", "I6-order"),
    ),
    "I6-order": Spoiled(
        "UPDATE groupbuy_ledgerleg SET order_id = NULL WHERE entry_id = {sale} AND account = 'held'", "order {mine}"
    ),
    "I6-credit": Spoiled(
        "UPDATE groupbuy_creditbalance SET fen = fen + 1 WHERE person_id = {neighbour}", "person {neighbour}"
    ),
    "I6-grant": Spoiled(
        "UPDATE groupbuy_creditgrant SET amount_fen = amount_fen - 1 WHERE id = {grant}", "credit grant {grant}"
    ),
    "I6-payment": Spoiled(
        "UPDATE groupbuy_ledgerentry SET kind = 'payment_to_refund'"
        " WHERE source_kind = 'payment' AND source_id = {mine_payment}",
        "payment {mine_payment}",
    ),
    "I6-refund": Spoiled(
        f"{ENTRY} VALUES (7700, 'refund_done', 'refund', {{part_refund}}, now())",
        "refund {part_refund}",
        also=("I6-entry",),
    ),
    "I6-sale": Spoiled(
        "UPDATE groupbuy_ledgerleg SET amount_fen = amount_fen + CASE account WHEN 'held' THEN -9 ELSE 9 END"
        " WHERE entry_id = {sale}",
        "order {mine}",
    ),
    "I7-payment": Spoiled(
        "UPDATE groupbuy_payment SET refunded_fen = refunded_fen - 1 WHERE id = {late_payment}",
        "payment {late_payment}",
    ),
    "I7-parcel": Spoiled(
        "UPDATE groupbuy_refund SET sent_as_id = id, sent_at = created_at WHERE id = {part_refund}",
        "refund {part_refund}",
    ),
    "I7-refund": Spoiled(
        "UPDATE groupbuy_refundline SET amount_fen = amount_fen - 1 WHERE id = {part_line}",
        "refund {part_refund}",
        also=("I7-line",),
    ),
    "I7-line": Spoiled(
        "UPDATE groupbuy_orderline SET refunded_fen = refunded_fen - 1 WHERE id = {line}",
        "order line {line}",
        also=("I9-line",),
    ),
    "I8-order": Spoiled(
        "UPDATE groupbuy_order SET items_fen = items_fen + 1, total_fen = total_fen + 1 WHERE id = {mine}",
        "order {mine}",
        also=("I18-order",),
    ),
    "I8-payment": Spoiled(
        "UPDATE groupbuy_refund SET amount_fen = amount_fen - 1 WHERE id = {late_refund}",
        "payment {late_payment}",
        also=("I7-payment",),
    ),
    "I11-edge": Spoiled(
        "UPDATE groupbuy_statechange SET old = 'paid', new = 'placed'"
        " WHERE machine = 'order' AND subject_id = {mine} AND old = 'placed'",
        "order {mine}",
        also=("I11-chain",),
    ),
    "I11-chain": Spoiled(
        "DELETE FROM groupbuy_statechange WHERE machine = 'order' AND subject_id = {mine} AND new = 'paid'",
        "order {mine}",
        also=("I12-groupbuy",),
    ),
    "I11-now-groupbuy": Spoiled(
        "UPDATE groupbuy_campaign SET state = 'closing' WHERE id = {campaign}",
        "campaign {campaign}",
        also=("I3", "I3-wave"),
    ),
    "I12-groupbuy": Spoiled("UPDATE groupbuy_refund SET version = 7 WHERE id = {part_refund}", "refund {part_refund}"),
    "I13": Spoiled("UPDATE groupbuy_idempotencykey SET status = NULL WHERE id = {key}", "idempotency key {key}"),
    "I14": Spoiled("DELETE FROM groupbuy_message WHERE outbox_id = {outbox}", "outbox {outbox}"),
    "I14-age": Spoiled(
        "WITH gone AS (DELETE FROM groupbuy_message WHERE outbox_id = {outbox})"
        " UPDATE groupbuy_outbox SET applied_at = NULL, created_at = {later} WHERE id = {outbox}",
        "outbox {outbox}",
    ),
    "I16-campaign": Spoiled(
        "UPDATE groupbuy_campaign SET cutoff_at = {later} WHERE id = {tomorrow}", "campaign {tomorrow}", also=("I5",)
    ),
    "I16-order": Spoiled("UPDATE groupbuy_order SET pay_by = {later} WHERE id = {waiting}", "order {waiting}"),
    "I16-payment": Spoiled(
        "UPDATE groupbuy_payment SET next_query_at = {later} WHERE id = {pending}", "payment {pending}"
    ),
    "I16-refund": Spoiled(
        "UPDATE groupbuy_refund SET next_try_at = {later} WHERE id = {part_refund}", "refund {part_refund}"
    ),
    "I16-parked": Spoiled(
        "INSERT INTO groupbuy_sweepfailure (sweep, subject_id, tries, parked, last_error, last_at)"
        " VALUES ('groupbuy.send_refunds', 5, 5, true, '', now())",
        "groupbuy.send_refunds 5",
    ),
    "I3-wave": Spoiled("UPDATE groupbuy_campaign SET taken_at = NULL WHERE id = {campaign}", "campaign {campaign}"),
    "I4-pick": Spoiled(
        "UPDATE fulfillment_pickline SET quantity = quantity + 1, pieces = pieces + 1 WHERE sku_id = {sku}",
        "wave {wave} version 1 sku {sku}",
        also=("I4-purchase", "I4-supplement"),
    ),
    "I4-sort": Spoiled(
        "UPDATE fulfillment_sortline SET quantity = 3 WHERE id = {sort}",
        "wave {wave} version 1 point {far} sku {sku}",
        also=("I4-pick",),
    ),
    "I4-issue": Spoiled(
        "WITH late AS (INSERT INTO fulfillment_paperissue (wave_id, version, issued_at, reason)"
        " SELECT wave_id, 3, issued_at, 'x' FROM fulfillment_paperissue WHERE wave_id = {wave})"
        " UPDATE fulfillment_wave SET paper_version = 3 WHERE id = {wave}",
        "wave {wave}",
        also=("I4-sort",),
    ),
    "I4-position": Spoiled(
        "UPDATE fulfillment_deliverynote SET position = position + 1 WHERE point_id = {far}",
        "wave {wave} version 1",
    ),
    "I4-grid": Spoiled(
        "UPDATE fulfillment_deliverynote SET grid_position = position + 2, grid_code = 'G' WHERE wave_id = {wave}",
        "wave {wave} version 1",
    ),
    "I4-copies": Spoiled("UPDATE groupbuy_orderline SET warehouse_id = 7700 WHERE id = {line}", "order line {line}"),
    "I4-purchase": Spoiled(
        "UPDATE fulfillment_purchaseline SET demand = demand - 1, surplus = surplus + 1 WHERE sku_id = {sku}",
        "wave {wave} sku {sku}",
        also=("I4-supplement",),
    ),
    "I4-supplement": Spoiled(
        "UPDATE fulfillment_purchaseline SET from_surplus = demand, cases = 0, surplus = 0, amount_fen = 0"
        " WHERE sku_id = {sku}",
        "wave {wave} sku {sku}",
    ),
    "I4-picked": Spoiled(
        "UPDATE fulfillment_pickprogress SET pieces = 4 WHERE sku_id = {sku}", "wave {wave} sku {sku}"
    ),
    "I4-put": Spoiled(
        "WITH more AS (UPDATE fulfillment_pickprogress SET put = put + 1 WHERE sku_id = {sku})"
        " UPDATE fulfillment_putprogress SET pieces = pieces + 1 WHERE point_id = {far} AND sku_id = {sku}",
        "wave {wave} point {far} sku {sku}",
    ),
    "I4-put-sum": Spoiled(
        "UPDATE fulfillment_pickprogress SET put = put + 1 WHERE sku_id = {sku}", "wave {wave} sku {sku}"
    ),
    "I4-route": Spoiled("UPDATE fulfillment_stop SET sequence = 3 WHERE point_id = {far}", "route {route}"),
    "I16-plan": Spoiled(
        "WITH made AS (INSERT INTO fulfillment_routeplan (id, public_id, wave_id, state, version, seed, budget_s,"
        " asked_at, lease_ends_at, failure, cut_short) VALUES (7700, gen_random_uuid(), {wave}, 'running', 2, 1, 1,"
        " now(), groupbuy_now() - interval '601 seconds', '', false))"
        " INSERT INTO groupbuy_statechange (machine, subject_id, old, new, reason, at) VALUES"
        " ('routeplan', 7700, '', 'asked', '', now()), ('routeplan', 7700, 'asked', 'running', '', now())",
        "route plan 7700",
    ),
    "I4-short": Spoiled(
        "UPDATE fulfillment_shortageshare SET pieces = 2 WHERE id = {share}",
        "order line {short_line}",
        also=("I4-sort", "I4-shortage", "I7-short"),
    ),
    "I4-shortage": Spoiled(
        "UPDATE fulfillment_shortage SET allocated = NULL WHERE id = {shortage}", "shortage {shortage}"
    ),
    "I4-spared": Spoiled(
        "UPDATE fulfillment_shortage SET pieces = 2 WHERE id = {shortage}", "wave {short_wave} sku {beef}"
    ),
    "I4-share": Spoiled(
        "UPDATE fulfillment_shortage SET sku_id = {sku} WHERE id = {shortage}", "shortage share {share}"
    ),
    "I4-weighed": Spoiled("UPDATE fulfillment_weightentry SET real_base = 951 WHERE id = {weight}", "weight {weight}"),
    "I7-short": Spoiled(
        "UPDATE groupbuy_refundline SET short = 0 WHERE id = {short_refund}",
        "refund line {short_refund}",
        also=("I4-sort",),
    ),
    "I7-weight": Spoiled(
        "UPDATE groupbuy_orderline SET base_per_sale = 501 WHERE id = {short_line}", "weight share {weight_share}"
    ),
    "I4-copies-wave": Spoiled(
        "UPDATE fulfillment_sortline SET warehouse_id = -1 WHERE id = {sort}", "wave {wave} point {far}"
    ),
    "I4-stop": Spoiled("DELETE FROM fulfillment_deliverynote WHERE point_id = {far}", "wave {wave} point {far}"),
    "I4-receipt": Spoiled(
        "UPDATE fulfillment_purchaseline SET missing = missing + 1 WHERE sku_id = {sku}", "purchase line {bought}"
    ),
    "I10-line": Spoiled("UPDATE groupbuy_orderline SET collected = 1 WHERE id = {line}", "order line {line}"),
    "I10-person": Spoiled(
        "UPDATE groupbuy_order SET shopper_id = {neighbour} WHERE id = {mine}",
        "pickup event {event}",
        also=("I2", "I10-open"),
    ),
    "I10-warehouse": Spoiled("UPDATE fulfillment_pickup SET warehouse_id = -1 WHERE id = {pickup}", "pickup {pickup}"),
    "I10-open": Spoiled(
        "UPDATE fulfillment_pickup SET done_at = now() WHERE shopper_id = {neighbour}", "order line {their_line}"
    ),
    "I11-now-fulfillment": Spoiled("UPDATE fulfillment_stop SET state = 'arrived' WHERE id = {stop}", "stop {stop}"),
    "I12-fulfillment": Spoiled("UPDATE fulfillment_wave SET version = 9 WHERE id = {wave}", "wave {wave}"),
    "I16-wave": Spoiled(
        "WITH free AS (UPDATE fulfillment_wavecampaign SET active = false WHERE campaign_id = {campaign})"
        " UPDATE groupbuy_campaign SET taken_at = NULL, frozen_at = {later} WHERE id = {campaign}",
        "campaign {campaign}",
    ),
    "I16-hold": Spoiled(
        "UPDATE groupbuy_campaign SET held_at = now(), dispatch_at = groupbuy_now() + interval '119 minutes'"
        " WHERE id = {tomorrow}",
        "campaign {tomorrow}",
    ),
    "I16-dispatch": Spoiled(
        "UPDATE fulfillment_wave SET state = 'built', dispatch_at = {later} WHERE id = {wave}",
        "wave {wave}",
        also=("I11-now-fulfillment",),
    ),
    "I9-line": Spoiled(
        "UPDATE leaders_commissionentry SET amount_fen = amount_fen + 1 WHERE id = {commission}",
        "order line {line}",
        also=("I9-ledger",),
    ),
    "I9-recommender": Spoiled(
        "UPDATE leaders_commissionentry SET rate_bp = 900 WHERE id = {recommended}", "order line {line}"
    ),
    "I9-person": Spoiled(
        "UPDATE leaders_leader SET recommender_id = {shopper} WHERE user_id = {leader}", "commission {recommended}"
    ),
    "I9-ledger": Spoiled(
        "UPDATE groupbuy_ledgerleg SET person_id = {shopper} WHERE account = 'commission_owed'"
        " AND person_id = {leader}",
        "commission {commission}",
    ),
    "I11-now-leaders": Spoiled(
        "UPDATE leaders_leader SET state = 'resting' WHERE id = {leader_row}", "leader {leader_row}"
    ),
    "I12-leaders": Spoiled(
        f"{HISTORY} ('leader', {{leader_row}}, '', 'active', '', now())", "leader {leader_row}", also=("I11-chain",)
    ),
    "I16-commission": Spoiled(
        "WITH old AS (UPDATE fulfillment_pickupevent SET at = {later})"
        " UPDATE fulfillment_pickupitem SET taken_at = NULL WHERE id = {item}",
        "pickup item {item}",
    ),
}


@pytest.fixture
def unguarded(busy: dict[str, int]) -> None:
    """The database's own guards are asleep until the test is rolled back: what they would refuse is what is planted."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for row in rows("SELECT DISTINCT tgrelid::regclass::text AS name FROM pg_trigger WHERE NOT tgisinternal"):
        run(f"ALTER TABLE {row['name']} DISABLE TRIGGER USER")


def found() -> dict[str, tuple[str, ...]]:
    return {finding.id: finding.subjects for finding in violations(checks(ages=True))}


def test_a_world_in_which_everything_has_happened_breaks_nothing() -> None:
    busy_world()

    assert found() == {}


def test_an_empty_database_breaks_nothing() -> None:
    assert found() == {}


def test_every_check_has_a_test_that_breaks_it_and_a_name_of_its_own() -> None:
    ids = [check.id for check in checks(ages=True)]

    assert sorted(ids) == sorted(SPOILED)


@pytest.fixture
def busy() -> dict[str, int]:
    return busy_world()


@pytest.mark.parametrize("check", list(checks(ages=True)), ids=lambda check: check.id)
def test_the_check_names_exactly_the_row_that_was_spoiled(check: Check, busy: dict[str, int], unguarded: None) -> None:
    spoiled = SPOILED[check.id]

    run(spoiled.sql.format(later=LATER, **busy))

    seen = found()
    assert seen[check.id] == (spoiled.subject.format(**busy),)
    assert seen.keys() == {check.id, *spoiled.also}


def test_the_command_is_silent_when_all_is_well(busy: dict[str, int]) -> None:
    out = io.StringIO()

    call_command("check_books", stdout=out)

    assert out.getvalue() == ""


def test_the_command_shows_a_table_and_fails_when_something_is_wrong(busy: dict[str, int], unguarded: None) -> None:
    run("UPDATE groupbuy_offer SET sold = sold + 1")
    out = io.StringIO()

    with pytest.raises(CommandError, match="1 invariants are broken") as error:
        call_command("check_books", stdout=out)

    assert error.value.returncode == 1
    first, second = out.getvalue().splitlines()
    assert first.startswith("I1        5  已售数等于有效订单件数之和")
    assert f"offer {busy['tomato']}" in second


def test_the_command_names_the_first_five_offenders_and_counts_all(busy: dict[str, int], unguarded: None) -> None:
    run("UPDATE groupbuy_statechange SET machine = 'nothing' WHERE machine = 'order'")
    out = io.StringIO()

    with pytest.raises(CommandError):
        call_command("check_books", "--json", "--no-ages", stdout=out)

    findings = {finding["id"]: finding for finding in json.loads(out.getvalue())}
    assert findings["I11-now-groupbuy"]["count"] == 6
    assert len(findings["I11-edge"]["subjects"]) == 5
    assert findings["I11-edge"]["count"] == 9


def test_json_of_a_sound_world_is_an_empty_list(busy: dict[str, int]) -> None:
    out = io.StringIO()

    call_command("check_books", "--json", stdout=out)

    assert json.loads(out.getvalue()) == []


def test_what_is_merely_late_can_be_left_out(busy: dict[str, int], unguarded: None) -> None:
    run(SPOILED["I16-refund"].sql.format(later=LATER, **busy))
    out = io.StringIO()

    call_command("check_books", "--no-ages", stdout=out)

    assert out.getvalue() == ""
