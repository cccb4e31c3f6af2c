"""A long paper's CSV, made by the server, is the very file that its rows one by one give."""

import pytest

from fulfillment.domain.layouts import LAYOUTS, PaperKind
from fulfillment.domain.papers import GroupedRows, Paper, Section
from fulfillment.exports.cells import looks_harmless
from fulfillment.selectors.flat_query import FlatQuery
from tests.exports.papers import HEAD, HOSTILE, rendered

pytestmark = pytest.mark.django_db

MORE = (
    *("", " ", " a", "a ", '"', '""', 'a"b', "a,b", ",", "'", "a\nb", "a\r\nb", "\\.", "\\N", "\\", "'=1", "-", "＝"),
    *("\u3000=1", "\xa0=1", "\u2003+1", "\u2028=1", "\x85=1", "\x1c=1", "\x0b=1", "\u200e=1", "\ufeff=1", "a=b", "3-2"),
    *("500 g", "5kg/袋", "（大）", "“优选”", "番茄", "１", "=", "@", "a" * 32_767, "长" * 32_768, "b" * 40_000),
)
TEXTS = tuple(
    text for text in (*HOSTILE, *MORE) if "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)
)


def paper(texts: tuple[str, ...], *, fast: bool) -> Paper:
    """A note whose texts are all the same in a row, a negative number in it."""
    query = FlatQuery(
        group="t, n, t, t",
        columns="t, t, t, t, -n",
        body="FROM unnest(%s::text[]) WITH ORDINALITY AS given (t, n)",
        order="n",
        params=[list(texts)],
    )
    sections = GroupedRows(query, 4, Section)
    return Paper(PaperKind.NOTE, HEAD, sections, flat=query if fast else None)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_every_text_comes_out_the_same_both_ways(text: str) -> None:
    fast = rendered(paper((text,), fast=True), "csv")

    assert fast == rendered(paper((text,), fast=False), "csv")
    assert fast.startswith(b"\xef\xbb\xbfnote_number,")
    assert fast.endswith(b",-1,\r\n")


def test_one_hostile_text_among_many_changes_no_other() -> None:
    texts = tuple("=1+1" if n == 10_000 else f"番茄{n}" for n in range(20_000))

    fast = rendered(paper(texts, fast=True), "csv")

    assert fast == rendered(paper(texts, fast=False), "csv")
    assert fast.count(b"\r\n") == 20_001
    assert "\r\n'=1+1,10001,'=1+1,'=1+1,'=1+1,'=1+1,'=1+1,'=1+1,-10001,\r\n番茄10001,10002," in fast.decode()


@pytest.mark.parametrize("text", ["番茄,1\n鸡蛋,2\n", "SKU-1,500 g,a=b,（大）,“优选”\n", "\n", ""])
def test_plain_lines_look_harmless(text: str) -> None:
    assert looks_harmless(text)


@pytest.mark.parametrize("text", ["=1\n", "a\n-1,2\n", "a, b\n", 'a,"b"\n', "a,＠b\n", "a\u200eb\n", "a,\u3000=1\n"])
def test_what_might_be_a_formula_does_not(text: str) -> None:
    assert not looks_harmless(text)


def test_a_paper_without_rows_is_its_heads() -> None:
    heads = ",".join(column.key for column in LAYOUTS[PaperKind.NOTE].flat)

    assert rendered(paper((), fast=True), "csv").decode("utf-8-sig") == f"{heads}\r\n"
