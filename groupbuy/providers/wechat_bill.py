"""
Reading WeChat Pay's trade bill (交易账单, all orders): a head, rows whose cells begin with a backtick, a total.

Amounts are yuan with two decimals and become fen without passing through a float. Times are Beijing's.

A refund may stand there as PROCESSING: it was accepted and counts as done (the provider's FAQ on reconciliation,
https://pay.weixin.qq.com/wiki/doc/api/wxpay/en/faq/Reconciliation.shtml). So a bill names the refunds of a day by when
they were accepted; that a day's bill has them by that and no other time, no page of the provider's says.
"""

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator

from groupbuy.providers.payment import BillKind, BillRow
from groupbuy.providers.wechat_wire import Malformed

YUAN = re.compile(r"(\d{1,12})\.(\d{2})")
TOTAL = "总交易单数"
PAYMENT_STATES = ("SUCCESS", "REVOKED")
BLOCK = 1 << 20


def check_digest(packed: bytes, sha1: str) -> None:
    """:raises Malformed: the unpacked file is not the one whose SHA-1 the signed answer named."""
    digest = hashlib.sha1(usedforsecurity=False)
    try:
        with gzip.open(io.BytesIO(packed)) as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except (OSError, EOFError, zlib.error) as error:
        raise Malformed("gzip") from error
    if digest.hexdigest() != sha1.lower():
        raise Malformed("digest")


def read_bill(packed: bytes) -> Iterator[BillRow]:
    """
    Yield the rows of a bill whose digest was checked.

    :raises Malformed: a cell is not what the format says, or the file ends without the total of its rows.
    """
    with gzip.open(io.BytesIO(packed), "rt", encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        head = next(lines, [])
        for count, cells in enumerate(lines):
            if cells and cells[0] == TOTAL:
                _check_total(next(lines, []), count)
                return
            yield _row(dict(zip(head, (cell.removeprefix("`").strip() for cell in cells), strict=False)))
    raise Malformed("no total")


def _check_total(cells: list[str], count: int) -> None:
    if not cells or cells[0].removeprefix("`") != str(count):
        raise Malformed("total")


def _row(cells: dict[str, str]) -> BillRow:
    try:
        if cells["交易状态"] in PAYMENT_STATES:
            return BillRow(BillKind.PAYMENT, cells["商户订单号"], _fen(cells["订单金额"]), cells["交易状态"])
        if cells["交易状态"] == "REFUND":
            return BillRow(BillKind.REFUND, cells["商户退款单号"], _fen(cells["申请退款金额"]), cells["退款状态"])
    except KeyError as error:
        raise Malformed(f"column {error}") from error
    raise Malformed("trade state")


def _fen(yuan: str) -> int:
    found = YUAN.fullmatch(yuan)
    if not found:
        raise Malformed("amount")
    return int(found[1]) * 100 + int(found[2])
