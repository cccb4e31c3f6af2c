"""Columns of back-office lists and read-only fields: money in yuan, states as labels, links between rows, local times."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeAlias

from django.conf import settings
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from groupbuy.kernel.money import yuan

# A function of the row. The admin takes one wherever it takes a field's name; its published types do not know that.
Column: TypeAlias = Any
EMPTY = "-"

# What a state asks of the person who looks at the list.
WAITING, MOVING, GOOD, BAD, OVER = "warning", "info", "success", "danger", "default"


def named(column: Column, *, title: str, ordering: str | None) -> Column:
    """Give a column the attributes by which the admin finds its title and its order."""
    column.short_description = title
    column.admin_order_field = ordering
    return column


def _serial(row: Any) -> int:
    return int(row.pk)


SERIAL = named(_serial, title="号", ordering="pk")


def money(field: str, title: str) -> Column:
    """Show a column of fen as ``¥ 1,234.56`` (with a no-break space); NULL as a dash. ``field`` may be an annotation."""

    def column(row: Any) -> str:
        return as_yuan(getattr(row, field))

    return named(column, title=title, ordering=field)


def as_yuan(amount_fen: int | None) -> str:
    if amount_fen is None:
        return EMPTY
    sign, (whole, cents) = "-" if amount_fen < 0 else "", yuan(abs(amount_fen)).split(".")
    return f"{sign}¥\N{NO-BREAK SPACE}{int(whole):,}.{cents}"


def percent(field: str, title: str) -> Column:
    """Show basis points as per cent: 1000 -> ``10.00 %``."""

    def column(row: Any) -> str:
        value = getattr(row, field)
        return EMPTY if value is None else f"{yuan(value)} %"

    return named(column, title=title, ordering=field)


def label(field: str, title: str, colours: Mapping[Any, str]) -> Column:
    """Show a field with choices as a coloured label."""

    def column(row: Any) -> SafeString:
        value = getattr(row, field)
        return tag(getattr(row, f"get_{field}_display")(), colours.get(value, OVER))

    return named(column, title=title, ordering=field)


def tag(text: str, colour: str) -> SafeString:
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def link(path: str, title: str, *, ordering: str | None = None) -> Column:
    """Link to the row behind a foreign key; ``path`` may go over several (``order__campaign``)."""

    def column(row: Any) -> SafeString | str:
        for name in path.split("__"):
            row = getattr(row, name) if row is not None else None
        return EMPTY if row is None else to_row(row)

    return named(column, title=title, ordering=ordering or path)


def to_row(row: Model, text: str | None = None) -> SafeString:
    """Return an anchor to the change page of ``row``."""
    return format_html('<a class="text-link" href="{}">{}</a>', row_url(type(row), row.pk), text or str(row))


def share_link(code: str) -> SafeString:
    """Return an anchor to the page that neighbours open."""
    return format_html('<a class="text-link" href="{0}" target="_blank">{0}</a>', f"{settings.PUBLIC_URL}/g/{code}")


def row_url(model: type[Model], pk: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])


def list_link(model: type[Model], count: Any, **filters: Any) -> SafeString | str:
    """Return a number that links to the list of ``model`` under ``filters``."""
    meta = model._meta
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return format_html('<a class="text-link" href="{}?{}">{}</a>', url, query, count or 0)


def moment(field: str, title: str) -> Column:
    """Show an instant as ``2026-11-22 23:00`` where the platform works."""

    def column(row: Any) -> str:
        return local(getattr(row, field))

    return named(column, title=title, ordering=field)


def local(instant: dt.datetime | None) -> str:
    return EMPTY if instant is None else localtime(instant).strftime("%Y-%m-%d %H:%M")
