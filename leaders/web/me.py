"""我的: posts, share codes, the way out; and 申请: becoming a leader."""

from django.conf import settings
from django.contrib.auth import login as session_login
from django.contrib.auth import logout as session_logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from groupbuy.kernel import guesses, pages
from groupbuy.kernel.errors import DomainError, Invalid
from groupbuy.models import Community, User
from groupbuy.providers import login_code
from groupbuy.services.accounts import phone_login
from leaders.domain.states import ApplicationState
from leaders.models import LeaderApplication
from leaders.selectors import applications, pages_desk
from leaders.services.applications import ApplicationPending, application_submit
from leaders.web.forms import ApplyForm, Search, clean_phone
from leaders.web.gates import Desk, at_desk

BACKEND = "groupbuy.services.accounts.PhoneOrNameBackend"


@require_GET
@at_desk
def me(request: HttpRequest, desk: Desk) -> HttpResponse:
    codes = pages_desk.share_codes_of(desk.user)
    posts = [(post, codes.get(post.point_id)) for post in desk.posts]
    return render(request, "leaders/me.html", {"desk": desk, "posts": posts, "public_url": settings.PUBLIC_URL})


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    session_logout(request)
    return redirect("leader:login")


@pages.page
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """Show where an application stands; without one, or with a rejected one, choose a community and fill in the form."""
    user = request.user if request.user.is_authenticated else None
    earlier = applications.last(user) if user else None
    if earlier and earlier.state != ApplicationState.REJECTED:
        return render(request, "leaders/apply_status.html", {"application": earlier})
    community = Community.objects.filter(code=request.GET.get("community", "")[:12].replace("\0", "")).first()
    if community is None:
        q = Search(request.GET).wanted
        found = pages_desk.communities_found(q) if q else []
        return render(request, "leaders/apply_community.html", {"q": q, "found": found, "earlier": earlier})
    return _form(request, user, community, earlier)


def _form(
    request: HttpRequest, user: User | None, community: Community, earlier: LeaderApplication | None
) -> HttpResponse:
    known = user is not None and bool(clean_phone(user))
    form = ApplyForm(request.POST or None, known=known, initial=_initial(user, earlier))
    if request.method == "POST" and form.is_valid():
        try:
            applicant = user if user and known else _applicant(request, form)
            phone = clean_phone(applicant)
            application_submit(applicant=applicant, form=form.application(community_id=community.pk, phone=phone))
        except ApplicationPending:  # his phone has applied before: show him where that stands
            return redirect("leader:apply")
        except DomainError as error:
            pages.blame(form, error)
        else:
            return redirect("leader:apply")
    available = login_code.available()
    context = {"form": form, "community": community, "earlier": earlier, "known": known, "available": available}
    return render(request, "leaders/apply.html", context | {"code": login_code.DEVELOPMENT_CODE})


def _applicant(request: HttpRequest, form: ApplyForm) -> User:
    """
    Log in whoever holds the phone.

    :raises DomainError: phone or code is wrong, or too many wrong ones.
    """
    if request.user.is_authenticated:
        raise Invalid("您的账号没有手机号，请退出后用手机号申请。")
    phone = form.cleaned_data["phone"]
    guesses.count(pages.CODE_SCOPE, phone, limit=pages.WRONG_TRIES, seconds=pages.WRONG_TRIES_SECONDS)
    applicant = phone_login(phone=phone, code=form.cleaned_data["code"], display_name=form.cleaned_data["name"])
    guesses.forgive(pages.CODE_SCOPE, phone)
    session_login(request, applicant, backend=BACKEND)
    return applicant


def _initial(user: User | None, earlier: LeaderApplication | None) -> dict[str, object]:
    if earlier is None:
        return {"name": user.display_name if user else ""}
    names = (
        "name",
        "kind",
        "point_name",
        "address",
        "opening_hours",
        "room_m2",
        "freezer",
        "group_size",
        "invite_code",
    )
    return {name: getattr(earlier, name) for name in names}
