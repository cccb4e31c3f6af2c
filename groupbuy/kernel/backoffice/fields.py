"""Form fields of the back office."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    RowForm = forms.ModelForm[Any]
else:
    RowForm = forms.ModelForm

LARGEST_YUAN = Decimal("99999999.99")


class YuanField(forms.DecimalField):
    """
    Yuan with at most two decimals for the person, integer fen for the model. Exact in both directions.

    >>> YuanField().clean("12.30")
    1230
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=10, decimal_places=2, min_value=Decimal(0), max_value=LARGEST_YUAN, **options)
        self.widget.attrs.setdefault("style", "min-width: 6.5rem")

    def prepare_value(self, value: Any) -> Any:
        """Turn stored fen into yuan; what was typed (text) stays as it was typed."""
        return Decimal(value).scaleb(-2) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        return None if cleaned is None else int(cleaned.scaleb(2))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
