"""
Build the two subset fonts that the PDF papers embed. Not used at run time.

    python build_font.py /usr/share/fonts/opentype/noto

The folder must hold NotoSansCJK-Regular.ttc and NotoSansCJK-Bold.ttc (Debian: fonts-noto-cjk); needs fonttools.
The regular weight covers every name a warehouse meets, the bold one the headings: a rare glyph that the bold lacks
is taken from the regular weight by the typesetter.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SIMPLIFIED_CHINESE_FACE = 2
"""Index of the SC face in the collection; 0 is the Japanese one, whose shapes differ."""

EXTENSION_A = (
    "㑇㑊㕮㘎㙍㙘㙦㛃㛚㛹㟃㠇㠓㤘㥄㧐㧑㧟㫰㬊㬎㬚㭎㭕㮾㰀㳇㳘㳚㴔㵐㶲㸆㸌㺄㻬㽏㿠䁖䂮䃅䃎䅟䌹䎃䎖䏝䏡䏲䐃䓖䓛䓨䓫䓬"
    "䗖䗛䗪䗴䜣䝙䢺䢼䣘䥽䦃䲟䲠䲢䴓䴔䴕䴖䴗䴘䴙䶮"
)
"""Characters of the standard list (通用规范汉字表) that GBK lacks, in Unicode's extension A."""


def two_byte_characters(codec: str) -> Iterator[int]:
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            text = bytes((lead, trail)).decode(codec, errors="ignore")
            if len(text) == 1:
                yield ord(text)


def marks() -> set[int]:
    """Latin, punctuation, arrows, numerals in circles, boxes, kana, CJK marks and full-width forms."""
    spans = ((0x20, 0x7E), (0xA0, 0x17F), (0x2010, 0x2044), (0x20A9, 0x20AC), (0x2100, 0x22FF))
    wide = ((0x2460, 0x24FF), (0x2500, 0x266F), (0x3000, 0x30FF), (0x3200, 0x33FF), (0xFF00, 0xFFEF))
    return {point for first, last in spans + wide for point in range(first, last + 1)}


def name_ideographs() -> set[int]:
    """Rare ideographs of personal names: beyond the BMP (such as U+2CB2D) and at the end of the first block."""
    return {*range(0x20000, 0x32000), *range(0x9FA6, 0xA000), *map(ord, EXTENSION_A)}


def build(*, source: Path, target: Path, points: set[int]) -> None:
    font = TTFont(source, fontNumber=SIMPLIFIED_CHINESE_FACE, lazy=True, recalcTimestamp=False)
    options = subset.Options(
        layout_features=["kern"],
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        notdef_outline=True,
        desubroutinize=False,
        hinting=False,
        drop_tables=["VORG", "vhea", "vmtx", "BASE"],
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    font.save(target, reorderTables=True)


def main(folder: Path) -> None:
    here = Path(__file__).parent
    common = marks() | set(two_byte_characters("gb2312"))
    full = common | set(two_byte_characters("gbk")) | name_ideographs()
    build(source=folder / "NotoSansCJK-Regular.ttc", target=here / "NotoSansCJKsc-Regular-GBK.otf", points=full)
    build(source=folder / "NotoSansCJK-Bold.ttc", target=here / "NotoSansCJKsc-Bold-GB2312.otf", points=common)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
