"""How the console writes what stands on its papers: zones, cases and pieces."""

from django import template

from fulfillment.selectors.progress import PickState
from groupbuy.domain.words import BaseUnit
from groupbuy.models.catalogue import ZONES

register = template.Library()


@register.filter
def zone(code: str) -> str:
    """常温, 冷藏, 冷冻; what is no zone stays as it is."""
    return next((name for zone, name in ZONES if zone == code), code)


@register.filter
def in_cases(state: PickState) -> str:
    """What is left to pick as it stands on the shelf: ``6 箱 + 4 份``, ``6 箱``, ``4 份``."""
    parts = []
    if state.case_size > 1 and state.left_cases:
        parts.append(f"{state.left_cases} 箱")
    if state.left_pieces or not parts:
        parts.append(f"{state.left_pieces if parts else state.left} {state.unit}")
    return " + ".join(parts)


@register.filter
def base_unit(code: str) -> str:
    """克, 个."""
    return "克" if code == BaseUnit.GRAM else "个"


@register.filter
def lack(difference: int) -> int:
    """What is missing, without its sign."""
    return abs(difference)
