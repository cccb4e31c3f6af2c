"""Log-in by name or phone and password, as every desk with a door of its own has it."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from groupbuy.kernel import guesses, pages
from groupbuy.kernel.errors import DomainError


class PasswordLogin(AuthenticationForm):
    """Django's form with a limit on wrong passwords per name."""

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username", "")
        try:
            guesses.count(pages.PASSWORD_SCOPE, name, limit=pages.WRONG_TRIES, seconds=pages.WRONG_TRIES_SECONDS)
        except DomainError as error:
            raise ValidationError(error.detail) from error
        cleaned = super().clean()
        guesses.forgive(pages.PASSWORD_SCOPE, name)
        return cleaned
