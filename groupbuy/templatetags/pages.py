"""How the pages write money, days, names, icons and QR codes."""

import datetime as dt

import segno
from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from groupbuy.domain import promotion_texts
from groupbuy.kernel import privacy
from groupbuy.kernel.money import yuan as in_yuan
from groupbuy.models import Order

register = template.Library()

WEEKDAYS = "一二三四五六日"
CATEGORY_ICONS = {
    "LEAF": "leaf",
    "ROOT": "carrot",
    "FRUIT": "apple",
    "MEAT": "beef",
    "FISH": "fish",
    "TOFU": "bean",
    "DAIRY": "milk",
    "FROZ": "snowflake",
    "GRAIN": "wheat",
    "SNACK": "cookie",
    "HOME": "house",
}

register.filter("yuan", in_yuan)
register.filter("masked_name", privacy.mask_name)
register.filter("hint_text", promotion_texts.hint_text)
register.filter("why_text", promotion_texts.why_text)


@register.simple_tag
def money(amount_fen: int) -> SafeString:
    """Write ``¥12.30`` with the sign and the cents small, for prices and totals."""
    whole, _, cents = in_yuan(amount_fen).partition(".")
    return format_html('<span class="money"><small>¥</small>{}<small>.{}</small></span>', whole, cents)


@register.filter
def day(value: dt.date) -> str:
    """11月23日 周日."""
    return f"{value.month}月{value.day}日 周{WEEKDAYS[value.weekday()]}"


@register.filter
def percent(rate_bp: int) -> str:
    """1000 -> 10%, 1250 -> 12.5%."""
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


@register.filter
def all_collected(order: Order) -> bool:
    """Has the shopper everything that he was to get? Reads the lines that the selectors prefetch."""
    lines = order.lines.all()
    return any(line.collected for line in lines) and all(line.collected >= line.due for line in lines)


@register.filter
def category_icon(code: str) -> str:
    return CATEGORY_ICONS.get(code.upper(), "shopping-basket")


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """Show an icon of the sprite (``make css``). It is decoration: the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        classes,
        static("groupbuy/icons.svg"),
        name,
    )


@register.simple_tag
def qr(text: str) -> SafeString:
    """Draw a QR code as inline SVG that fills its box. Never Micro QR, which phones cannot read."""
    code = segno.make(text, micro=False, error="m")
    return mark_safe(code.svg_inline(border=2, omitsize=True, dark="#2b2a26", light="#ffffff"))  # noqa: S308 - drawn here
