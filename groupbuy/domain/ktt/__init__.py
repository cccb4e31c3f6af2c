"""
The order export of 快团团, a widely used group-buying mini-program, as facts.

``read_ktt(sheets)`` is the only door; ``groupbuy.providers.ktt_file`` makes the sheets from a file.
Layout as seen in exports of 2022: fixtures/README.md.
"""

from groupbuy.domain.ktt.cells import KttError
from groupbuy.domain.ktt.facts import (
    Doubt,
    DoubtCode,
    KttBlock,
    KttFile,
    KttLine,
    KttOrder,
    KttPoint,
    KttSheets,
)
from groupbuy.domain.ktt.reading import read_ktt

__all__ = [
    "Doubt",
    "DoubtCode",
    "KttBlock",
    "KttError",
    "KttFile",
    "KttLine",
    "KttOrder",
    "KttPoint",
    "KttSheets",
    "read_ktt",
]
