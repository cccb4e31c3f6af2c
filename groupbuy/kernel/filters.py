"""Filters of lists that turn every odd value into a 400."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField


class _UtcDateTimeField(IsoDateTimeField):
    """Offsets such as -19:08 parse but PostgreSQL refuses them; years 1 and 9999 have no UTC."""

    def clean(self, value: Any) -> dt.datetime | None:
        instant: dt.datetime | None = super().clean(value)
        try:
            return instant and instant.astimezone(dt.UTC)
        except OverflowError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class InstantFilter(filters.IsoDateTimeFilter):
    """An ISO 8601 instant; UTC where it has no offset."""

    field_class = _UtcDateTimeField
