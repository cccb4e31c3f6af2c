"""
What one cell of a 快团团 export means.

A cell is whatever the spreadsheet reader gives: str, float, int, bool, datetime or None; numbers are usually floats,
also whole ones and phones. An empty cell is None or ``""``.
"""

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MAX_TEXT = 1_000
MAX_FEN = 1_000_000_000
MAX_QUANTITY = 100_000
# A spreadsheet computes in binary: 59.9 may come as 59.900000000000006. More than this off a whole fen is no noise.
_FLOAT_NOISE = Decimal("0.0001")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(\D|$))")


class KttError(ValueError):
    """
    The file cannot be read as a 快团团 export; nothing of it may be used.

    :param reason_zh: one sentence for the operator, without personal data.
    :param row: the row as the spreadsheet shows it (the first is 1), or None if it is about the whole file.
    """

    def __init__(self, reason_zh: str, row: int | None = None) -> None:
        self.reason_zh = reason_zh
        self.row = row
        super().__init__(f"第 {row} 行：{reason_zh}" if row else reason_zh)


def is_empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def raw_text(cell: object, *, row: int | None = None) -> str:
    """
    Return the cell as text, blanks at both ends kept, control characters dropped (newlines stay).

    A whole float loses its ``.0``, so that a number typed as a number and as text read the same.

    :raises KttError: longer than ``MAX_TEXT`` characters.
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    kept = "".join(c for c in str(cell) if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})
    if len(kept) > MAX_TEXT:
        raise KttError(f"单元格文字超过 {MAX_TEXT} 字", row)
    return kept


def text(cell: object, *, row: int | None = None) -> str:
    return raw_text(cell, row=row).strip()


def _decimal(cell: object, *, header: str, row: int | None) -> Decimal:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        number = Decimal(repr(cell))
        if number.is_finite():
            return number
    elif isinstance(cell, str):
        plain = unicodedata.normalize("NFKC", cell).strip().removeprefix("¥").removesuffix("元").strip()
        plain = _GROUPED.sub("", plain)
        if _NUMBER.fullmatch(plain):
            return Decimal(plain)
    raise KttError(f"{header}为空" if is_empty(cell) else f"{header}不是数字", row)


def fen(cell: object, *, header: str, row: int | None) -> int:
    """
    Read an amount in yuan as fen, 0 to ``MAX_FEN``.

    :raises KttError: empty, not a number, negative, too large, or not a whole number of fen.
    """
    exact = _decimal(cell, header=header, row=row) * 100
    whole = exact.to_integral_value()
    if abs(exact - whole) > (_FLOAT_NOISE if isinstance(cell, float) else 0):
        raise KttError(f"{header}不是整分", row)
    if whole < 0:
        raise KttError(f"{header}为负数", row)
    if whole > MAX_FEN:
        raise KttError(f"{header}过大", row)
    return int(whole)


def quantity(cell: object, *, header: str, row: int) -> int:
    """
    Read a number of pieces, 1 to ``MAX_QUANTITY``.

    :raises KttError: empty, not a number, not whole, or out of range.
    """
    number = _decimal(cell, header=header, row=row)
    if number != number.to_integral_value():
        raise KttError(f"{header}不是整数", row)
    if not 1 <= number <= MAX_QUANTITY:
        raise KttError(f"{header}须在 1 到 {MAX_QUANTITY} 之间", row)
    return int(number)


def order_number(cell: object, *, row: int) -> int:
    """Read 跟团号, a positive number of at most nine digits given as text or number."""
    digits = text(cell, row=row)
    if not re.fullmatch(r"[1-9][0-9]{0,8}", digits):
        raise KttError("跟团号为空" if not digits else "跟团号不是数字", row)
    return int(digits)


def phones(cell: object, *, row: int) -> tuple[str, ...]:
    """
    Return the numbers in the cell without blanks, hyphens and +86, in order, each once.

    Nothing is judged here: a landline or a number cut short comes back as its digits, other words as they are.
    """
    plain = unicodedata.normalize("NFKC", text(cell, row=row))
    found: list[str] = []
    for part in re.split(r"[/,;、]|\s+(?=\+?\d{11,})", plain):
        number = re.sub(r"[\s\-]", "", part).removeprefix("+86")
        if number and number not in found:
            found.append(number)
    return tuple(found)


def instant(cell: object, *, header: str, row: int | None) -> datetime | None:
    """Read a local time of Shanghai as an aware instant in UTC; an empty cell is None."""
    if is_empty(cell):
        return None
    try:
        local = cell if isinstance(cell, datetime) else datetime.fromisoformat(text(cell, row=row).replace("/", "-"))
        return local.replace(tzinfo=SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise KttError(f"{header}不是时间", row) from error
