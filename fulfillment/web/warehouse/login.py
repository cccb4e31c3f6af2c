"""Log-in of the warehouse console, and the way out."""

from django.contrib.auth import logout as session_logout
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from groupbuy.kernel.password_login import PasswordLogin


class Login(LoginView):
    template_name = "fulfillment/warehouse/login.html"
    authentication_form = PasswordLogin
    next_page = "warehouse:board"
    redirect_authenticated_user = True


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    session_logout(request)
    return redirect("warehouse:login")
