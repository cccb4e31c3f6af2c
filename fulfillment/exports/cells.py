"""
Hostile and broken text made harmless, the same way for every format.

Names come from strangers: a shopper's name must neither run as a formula nor make a whole paper unreadable.
"""

import re
from collections.abc import Callable
from typing import Final

from fulfillment.domain.layouts import CODES, WORDS, Cell, Column
from fulfillment.domain.papers import SHANGHAI, PaperHead, Value

LONGEST_TEXT: Final = 32_767
"""Characters in one cell of a spreadsheet, the narrowest limit of the three formats."""

_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # refused by XML 1.0
    "\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"  # would turn round the neighbours' text
)
_BREAKS = re.compile("[\t\n\r\u2028\u2029]+")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
_SUSPECT = re.compile(
    f'["\t\r\u2028\u2029\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000{_ILLEGAL.pattern[1:]}'  # blanks may hide a formula
    r"|[ =+\-@＝＋－＠](?:(?<=[,\n].)|(?<=\A.))"
)


def clean(text: str) -> str:
    """One line of at most ``LONGEST_TEXT`` characters that XML, CSV and a typesetter all accept."""
    if not text.isalnum():  # most texts are, and need no more than this look
        text = _BREAKS.sub(" ", _ILLEGAL.sub("", text))
    return text[:LONGEST_TEXT]


def inert(text: str) -> str:
    """Cleaned text that no spreadsheet takes for a formula when it opens a CSV file: such text gets a leading ``'``."""
    safe = clean(text)
    return f"'{safe}" if text[:1] in ("\t", "\r") or _FORMULA.match(safe) else safe


def looks_harmless(text: str) -> bool:
    """
    Whether lines of CSV hold nothing quoted and no field that ``inert`` would change; a doubt is a no.

    One look at all of it, at some hundred million characters a second. Long fields are not looked for.
    """
    return _SUSPECT.search(text) is None


def worded(column: Column, value: Value, lang: str) -> str:
    """What a person reads in this cell, not cleaned yet."""
    if isinstance(value, int) and column.cell in _PRINTED:
        return _PRINTED[column.cell](value)
    text = str(value)
    return CODES[text].text(lang) if column.cell is Cell.CODE and text in CODES else text


def _kilograms(grams: int) -> str:
    """To a tenth, half up."""
    tenths = (grams + 50) // 100
    return f"{tenths // 10}.{tenths % 10}"


def _yuan(fen: int) -> str:
    sign, whole = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{whole // 100}.{whole % 100:02d}"


_PRINTED: Final[dict[Cell, Callable[[int], str]]] = {Cell.GRAMS: _kilograms, Cell.FEN: _yuan}


def head_facts(head: PaperHead, lang: str) -> tuple[tuple[str, str], ...]:
    """What every page shows, as pairs of wording and text; the time of issue in Asia/Shanghai."""
    facts = {
        "wave": head.wave,
        "version": f"v{head.version}",
        "warehouse": head.warehouse,
        "delivery_date": head.delivery_date.isoformat(),
        "issued_at": head.issued_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"),
    }
    return tuple((WORDS[key].text(lang), text) for key, text in facts.items())
