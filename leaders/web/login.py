"""Log-in of the leader dashboard: name or phone, and password."""

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError

from groupbuy.kernel import guesses, pages
from groupbuy.kernel.errors import DomainError
from leaders.demo import logins


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


class Login(LoginView):
    template_name = "leaders/login.html"
    authentication_form = PasswordLogin
    next_page = "leader:today"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = {"name": logins.LEADERS[0], "password": logins.PASSWORD} if settings.DEV_PROVIDERS else None
        return super().get_context_data(demo=demo, **kwargs)
