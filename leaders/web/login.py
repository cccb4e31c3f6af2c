"""Log-in of the leader dashboard: name or phone, and password."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView

from groupbuy.kernel.password_login import PasswordLogin
from leaders.demo import logins


class Login(LoginView):
    template_name = "leaders/login.html"
    authentication_form = PasswordLogin
    next_page = "leader:today"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = {"name": logins.LEADERS[0], "password": logins.PASSWORD} if settings.DEV_PROVIDERS else None
        return super().get_context_data(demo=demo, **kwargs)
