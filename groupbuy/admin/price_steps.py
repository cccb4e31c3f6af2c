"""The price steps of an offer as a person writes them: one a line, local time and yuan."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from groupbuy.domain.prices import PriceStep
from groupbuy.kernel import clock
from groupbuy.kernel.backoffice.fields import YuanField
from groupbuy.kernel.money import yuan

_TIME = "%Y-%m-%d %H:%M"


class PriceStepsField(forms.CharField):
    """Text such as ``2026-11-22 21:00 3.50``, one step a line; clean to ``PriceStep``s."""

    widget = UnfoldAdminTextareaWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=2000, **options)
        self.widget.attrs.update(rows=2, placeholder="2026-11-22 21:00 3.50", style="min-width: 14rem")

    def prepare_value(self, value: Any) -> Any:
        """Write stored steps; what was typed (text) stays as it was typed."""
        return value if value is None or isinstance(value, str) else written(value)

    def clean(self, value: Any) -> Any:
        lines = [line.strip() for line in super().clean(value).splitlines()]
        return [_read(line) for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (data or "").split() != written(initial or ()).split()


def written(steps: Sequence[PriceStep]) -> str:
    """Write steps as they are typed."""
    zone = clock.local_zone()
    return "\n".join(f"{step.starts_at.astimezone(zone):{_TIME}} {yuan(step.price_fen)}" for step in steps)


def _read(line: str) -> PriceStep:
    moment, _, price = line.rpartition(" ")
    try:
        starts_at = dt.datetime.strptime(moment.strip(), _TIME).replace(tzinfo=clock.local_zone()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise forms.ValidationError(f"看不懂“{line}”，应为“2026-11-22 21:00 3.50”。") from None
    return PriceStep(starts_at, YuanField().clean(price))
