"""A 快团团 export becomes one frozen campaign, to the fen, once, or nothing at all."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models

from fulfillment.services.waves import wave_build
from groupbuy.config.management.commands.check_books import checks
from groupbuy.domain.ktt import KttFile, KttLine, KttOrder, KttPoint, read_ktt
from groupbuy.domain.ktt.merging import MergedLine, merged_lines, merged_offers, sku_code
from groupbuy.domain.words import RefundReason
from groupbuy.models import Campaign, LedgerLeg, Offer, Order, OrderLine, OrderOutcome, Payment, Sku, User
from groupbuy.providers.ktt_file import load_sheets
from groupbuy.providers.payment import ProviderRefused
from groupbuy.providers.registry import get_provider
from groupbuy.selectors.books import violations
from groupbuy.services.ktt_import import ktt_import, ktt_place
from groupbuy.services.refund_sending import refund_send
from groupbuy.services.refunds import refund_request
from tests.world import World, world

pytestmark = pytest.mark.django_db

SAMPLE = Path(__file__).parents[2] / "fixtures" / "kuaituantuan" / "ktt_community_export_clean_110.xlsx"


@pytest.fixture
def w() -> World:
    return world()


def load(*more: str, file: Path = SAMPLE, point: str = "HZ0001", leader: str = "13800000011") -> str:
    out = io.StringIO()
    call_command("import_ktt", str(file), "--point", point, "--leader", leader, "--title", "水果团", *more, stdout=out)
    return out.getvalue()


def imported() -> Campaign:
    return Campaign.objects.get(title="水果团")


def counts() -> dict[type[models.Model], int]:
    return {model: model._default_manager.count() for model in apps.get_models()}


def test_the_sample_comes_in_to_the_fen(w: World) -> None:
    said = load("--commit")

    assert said.startswith("78 单 / orders, 110 件 / pieces, 8647.40 元 / yuan\n")
    campaign = imported()
    orders = Order.objects.filter(campaign=campaign)
    assert campaign.state == "frozen"
    assert orders.count() == 78
    assert set(orders.values_list("state", "source")) == {("accepted", "ktt")}
    assert sum(orders.values_list("total_fen", flat=True)) == 864_740
    assert sum(OrderLine.objects.filter(campaign=campaign).values_list("quantity", flat=True)) == 110
    assert OrderOutcome.objects.filter(campaign=campaign, kind="accepted").count() == 78
    assert set(Payment.objects.values_list("provider", "state", "counts")) == {("ktt", "paid", True)}
    held = LedgerLeg.objects.filter(account="held").values_list("amount_fen", flat=True)
    assert sum(held) == -864_740


def test_the_books_are_sound_after_an_import_and_its_wave(w: World) -> None:
    load("--commit")
    campaign = imported()

    wave = wave_build(warehouse_id=w.warehouse.pk, delivery_date=campaign.delivery_date)

    assert wave is not None
    assert sum(wave.pick_lines.values_list("quantity", flat=True)) == 110
    assert violations(checks(ages=True)) == []


def test_offers_have_sold_what_the_export_says(w: World) -> None:
    load("--commit")

    sold = Offer.objects.filter(campaign=imported()).order_by("-sold").values_list("sku__name", "sku__spec", "sold")
    assert list(sold)[:2] == [("冰淇淋黄心西瓜", "一箱四个约14斤", 24), ("西柚", "十个一份", 20)]
    assert sum(pieces for _, _, pieces in sold) == 110


def test_a_line_that_was_sold_at_another_price_keeps_it(w: World) -> None:
    load("--commit")

    odd = [line for line in OrderLine.objects.select_related("offer") if line.price_fen != line.offer.price_fen]
    assert len(odd) == 1
    assert odd[0].amount_fen == odd[0].net_fen == odd[0].price_fen * odd[0].quantity


def test_the_true_time_of_the_last_order_is_kept(w: World) -> None:
    load("--commit")

    campaign = imported()
    assert campaign.original_cutoff_at is not None
    assert campaign.original_cutoff_at.year == 2022
    assert campaign.closed_at is not None


def test_a_shopper_with_a_known_phone_gets_the_order_in_his_account(w: World) -> None:
    sample = read_ktt(load_sheets(SAMPLE.read_bytes()))
    known = User.objects.create_user("known", None, phone=sample.orders[0].phones[0], display_name="早就在")

    load("--commit")

    assert Order.objects.get(source_ref=str(sample.orders[0].number)).shopper == known
    assert set(Order.objects.values_list("shopper__is_active", flat=True)) == {True}


def test_people_are_told_apart_by_phone_and_never_by_name(w: World) -> None:
    """1 and 2 are namesakes, 3 is 1 again under another name, 4 and 5 left no phone."""
    phones = [("13900000001",), ("13900000002",), ("13900000001", "13900000009"), (), ()]
    orders = tuple(
        replace(order(line("西瓜", 1, 100), number=number), phones=numbers)
        for number, numbers in enumerate(phones, start=1)
    )
    file = KttFile(title="", orders=orders, blocks=(), custom_headers=(), doubts=())

    campaign = ktt_import(file=file, place=ktt_place(point_code="HZ0001", login="13800000011"), title="水果团")

    one, two, again, blank, other_blank = (each.shopper for each in campaign.orders.order_by("pk"))
    assert one == again
    assert len({one, two, blank, other_blank}) == 4
    assert one.phone == "13900000001"
    assert blank.phone == ""
    assert not blank.has_usable_password()


def test_a_dry_run_says_everything_and_changes_nothing(w: World) -> None:
    before = counts()

    said = load("--dry-run")

    assert counts() == before
    assert "24 ×" in said
    assert "存疑的行 / doubtful rows: " in said
    assert "成交单价" in said
    assert said.endswith("未写入任何数据 / nothing was written\n")


def test_the_same_file_is_refused_the_second_time_and_changes_nothing(w: World) -> None:
    load("--commit")
    before = counts()

    with pytest.raises(CommandError, match="没有导入：这份导出已经导入过。"):
        load("--commit")

    assert counts() == before
    assert "已经导入过" in load("--dry-run")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "没有导入：文件不是 xlsx 表格"),
        (b"not a spreadsheet", "没有导入：文件不是 xlsx 表格"),
        (SAMPLE.read_bytes()[:-999], "没有导入：文件不完整或已损坏，请重新导出"),
    ],
    ids=["empty", "text", "cut short"],
)
def test_a_bad_file_gives_one_sentence_and_changes_nothing(
    w: World, tmp_path: Path, content: bytes, message: str
) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(content)
    before = counts()

    with pytest.raises(CommandError) as error:
        load("--commit", file=bad)

    assert str(error.value) == message
    assert error.value.returncode == 1
    assert counts() == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"file": Path("missing.xlsx")}, "打不开文件 missing.xlsx：No such file or directory"),
        ({"point": "NOWHERE"}, "没有导入：没有编号为 NOWHERE 的自提点。"),
        ({"leader": "nobody"}, "没有导入：没有登录名或手机号为 nobody 的团长。"),
        ({"leader": "13800000012"}, "没有导入：这个人不是该自提点的团长。"),
    ],
    ids=["no file", "no point", "no leader", "another point's leader"],
)
def test_a_wrong_argument_gives_one_sentence_and_changes_nothing(w: World, wrong: dict[str, Any], message: str) -> None:
    before = counts()

    with pytest.raises(CommandError) as error:
        load("--commit", **wrong)

    assert str(error.value) == message
    assert counts() == before


def test_an_import_needs_to_be_told_whether_to_write(w: World) -> None:
    with pytest.raises(CommandError, match="--dry-run --commit is required"):
        load()


def test_a_refund_of_imported_money_goes_to_a_person(w: World, settings: Any) -> None:
    settings.GROUPBUY_SWEEP_ATTEMPTS = 1
    load("--commit")
    line = OrderLine.objects.order_by("pk")[0]

    refund = refund_request(
        order_id=line.order_id, pieces={line.pk: 1}, reason=RefundReason.OPERATOR, actor_id=w.staff.pk
    )
    refund_send(refund_id=refund.pk)

    refund.refresh_from_db()
    assert refund.state == "manual"
    assert "BY_HAND" in refund.last_error
    with pytest.raises(ProviderRefused):
        get_provider("ktt").refund(out_trade_no="t", out_refund_no="r", amount_fen=1, total_fen=1, reason="")


def order(*lines: KttLine, number: int = 1) -> KttOrder:
    return KttOrder(
        number=number,
        buyer="",
        receiver="王小明",
        phones=(),
        address="",
        building="",
        room="",
        fields={},
        remark="",
        leader_remark="",
        leader="",
        point=KttPoint("", "", "", ""),
        delivery="",
        placed_at=None,
        lines=lines,
    )


def line(sku: str, quantity: int, price_fen: int) -> KttLine:
    return KttLine(2, sku, "", quantity, price_fen, quantity * price_fen)


def test_lines_of_one_sku_in_one_order_become_one_whose_money_is_exact() -> None:
    merged = merged_lines(order(line("西瓜（大）", 2, 1000), line("西瓜(大)", 1, 900), line("香蕉", 1, 500)))

    assert merged == (
        MergedLine(sku_code("西瓜(大)"), 3, 1000, 100),
        MergedLine(sku_code("香蕉"), 1, 500, 0),
    )
    assert sum(one.amount_fen - one.discount_fen for one in merged) == 3400


def test_an_offer_stands_at_the_price_of_most_pieces() -> None:
    (offer,) = merged_offers([order(line("西瓜", 1, 1000)), order(line("西瓜", 3, 900), number=2)])

    assert (offer.price_fen, offer.pieces, offer.amount_fen) == (900, 4, 3700)


def test_one_sku_serves_every_file(w: World) -> None:
    load("--commit")

    assert Sku.objects.filter(code__startswith="KTT-").count() == 9
    assert "新商品 / new SKUs: 0" in load("--dry-run")
