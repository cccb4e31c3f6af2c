"""Bar codes and QR codes as small vector images, sharp at every size."""

from itertools import groupby
from typing import Final

MOST_MODULES: Final = 190
"""Finest bar code: 36 mm wide on a pick list, so 0.19 mm a module, which common scanners still read."""


MASK: Final = 3
"""Diagonal, so that even a text of one letter leaves no large fields of one colour."""


def barcode_svg(code: str) -> str:
    """
    Code 128 without its quiet zone, one unit high; empty when ``code`` is empty, too long for a scanner, or not ASCII.

    Also right for the digits of an EAN-13: a scanner gives the same number from either kind.
    """
    from barcode.codex import Code128

    if not (code and code.isascii() and code.isprintable()) or len(code) > MOST_MODULES // 5:
        return ""
    modules: str = Code128(code).build()[0]
    return _svg([modules], stretched=True) if len(modules) <= MOST_MODULES else ""


def qr_svg(text: str) -> str:
    """
    A full QR code (never the micro kind, which phones cannot read), quality M, without its quiet zone.

    The mask is given: to try all eight takes five times as long, and readers are told which one it is.
    """
    import segno

    rows = segno.make(text, micro=False, error="m", boost_error=False, mask=MASK).matrix
    return _svg(["".join(map(str, row)) for row in rows], stretched=False)


def _svg(lines: list[str], *, stretched: bool) -> str:
    """:param lines: of ``0`` (light) and ``1`` (dark), all of the same length."""
    path = "".join(_bars(line, top) for top, line in enumerate(lines))
    shape = ' preserveAspectRatio="none"' if stretched else ""
    size = f'viewBox="0 0 {len(lines[0])} {len(lines)}"{shape}'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path d="{path}"/></svg>'


def _bars(line: str, top: int) -> str:
    parts: list[str] = []
    left = 0
    for module, run in groupby(line):
        width = len(list(run))
        if module == "1":
            parts.append(f"M{left} {top}h{width}v1h-{width}z")
        left += width
    return "".join(parts)
