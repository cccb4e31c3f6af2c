"""Writing an order, its lines and the first row of its history as one statement, whatever the number of lines."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Model

from groupbuy.domain.states import ORDER
from groupbuy.kernel.db import prepared
from groupbuy.models import Order, OrderLine


def _columns(model: type[Model], *, without: set[str]) -> dict[str, str]:
    """Return column -> attribute of every field that the insert names itself."""
    named = {str(field.column): field.attname for field in model._meta.concrete_fields}
    return {column: attribute for column, attribute in named.items() if column not in without}


# The columns come from the models, so that a new field of theirs is written here without being named.
_ORDER: Final = _columns(Order, without={"id"})
_LINE: Final = _columns(OrderLine, without={"id", "order_id"})

_INSERT: Final = f"""
    WITH placed AS (
        INSERT INTO groupbuy_order ({", ".join(_ORDER)})
        SELECT {", ".join(_ORDER)} FROM jsonb_populate_record(NULL::groupbuy_order, %s::jsonb)
        RETURNING id, state, placed_at
    ), told AS (
        INSERT INTO groupbuy_statechange (machine, subject_id, old, new, actor_id, reason, at)
        SELECT '{ORDER.name}', id, '', state, %s::bigint, '', placed_at FROM placed
    )
    INSERT INTO groupbuy_orderline (order_id, {", ".join(_LINE)})
    SELECT placed.id, {", ".join(f"line.{column}" for column in _LINE)}
    FROM placed, jsonb_populate_recordset(NULL::groupbuy_orderline, %s::jsonb) AS line
    RETURNING order_id, offer_id, id
"""  # noqa: S608 - the columns of our own tables


def insert(order: Order, lines: Sequence[OrderLine], *, actor_id: int) -> None:
    """
    Insert an order with its lines, one per offer, and give them their ids; ``order.lines`` then is these lines.

    Plain INSERTs, so every constraint of the tables holds.

    :param actor_id: who placed it, for its history.
    """
    assert order.state in ORDER.start
    found = prepared(_INSERT, [_text(_row(order, _ORDER)), actor_id, _text([_row(line, _LINE) for line in lines])])
    line_ids = {row["offer_id"]: row["id"] for row in found}
    order.pk = found[0]["order_id"]
    for line in lines:
        line.pk = line_ids[line.offer_id]
        line.order = order
    for saved in (order, *lines):
        saved._state.adding = False  # noqa: SLF001 - what Model.save does after its own INSERT
        saved._state.db = "default"  # noqa: SLF001
    known = order.lines.all()
    known._result_cache = list(lines)  # noqa: SLF001 - as prefetch_related leaves it
    order._prefetched_objects_cache = {"lines": known}  # type: ignore[attr-defined]  # noqa: SLF001 - ditto


def _row(instance: Model, columns: dict[str, str]) -> dict[str, Any]:
    return {column: getattr(instance, attribute) for column, attribute in columns.items()}


def _text(values: Any) -> str:
    return json.dumps(values, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    assert isinstance(value, dt.datetime), f"{type(value)} has no text yet"
    return value.isoformat()
