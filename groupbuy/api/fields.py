"""Input fields that several doors take."""

from typing import Any

from rest_framework import serializers

from groupbuy.kernel import privacy
from groupbuy.services.accounts import PhoneWrong


class PhoneField(serializers.CharField):
    """A mobile number of mainland China; spaces, dashes and +86 may stand in it. Gives the eleven digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        phone = privacy.clean_phone(super().to_internal_value(data))
        if phone is None:
            raise serializers.ValidationError(str(PhoneWrong.message), code=PhoneWrong.code)
        return phone
