"""Staff, leaders, shoppers, drivers and applicants, each with the rights of his part."""

import datetime as dt

from django.contrib.auth.hashers import make_password

from groupbuy.domain.words import PointKind, PointRole
from groupbuy.kernel.transition import born
from groupbuy.models import Community, PickupPoint, PointStaff, User, Warehouse
from groupbuy.services.people import rights_set, warehouse_post_set
from groupbuy.services.points import post_grant, rate_publish
from groupbuy.services.roles import CLERK, FINANCE, OPERATOR, roles_ensure
from leaders.demo.files import table
from leaders.demo.logins import INVITE_CODE, PASSWORD
from leaders.domain.states import LEADER, LeaderState
from leaders.models import InviteCode, Leader
from leaders.services.applications import (
    ApplicationForm,
    application_approve,
    application_submit,
    application_take,
)

RATE_BP = {"standard": 1000, "silver": 1100, "gold": 1200}
PICKERS = {"WH-SH": "sh-picker", "WH-CD": "cd-picker", "WH-WH": "wh-picker"}
APPLICANTS = (
    ("sh-applicant", "沈新月", "12040000001", "上海市"),
    ("cd-applicant", "唐锦程", "12040000002", "成都市"),
    ("wh-applicant", "汪一诺", "12040000003", "武汉市"),
    ("applicant", "待审小店", "12040000004", "上海市"),
)


def load_people(now: dt.datetime) -> None:
    """Make everybody who is not there yet."""
    _make_accounts()
    InviteCode.objects.get_or_create(code=INVITE_CODE, defaults={"note": "演示"})
    _appoint_staff()
    _appoint_leaders(now)
    _apply()


def _make_accounts() -> None:
    """Insert missing accounts; they share one hash, since hashing a password is slow on purpose."""
    wanted = [("admin", "运营小周", ""), ("finance", "财务小钱", "")]
    wanted += [(name, f"拣货员 {code}", "") for code, name in PICKERS.items()]
    wanted += [(row["username"], row["name"], row["phone"]) for row in (*table("leaders"), *table("shoppers"))]
    wanted += [(row["driver"], row["driver_name"], row["driver_phone"]) for row in table("vehicles")]
    wanted += [(username, name, phone) for username, name, phone, _city in APPLICANTS]
    known = set(User.objects.filter(username__in=[row[0] for row in wanted]).values_list("username", flat=True))
    missing = [row for row in wanted if row[0] not in known]
    if not missing:
        return
    password = make_password(PASSWORD)
    users = [User(username=username, display_name=name, password=password) for username, name, _phone in missing]
    for user, (_username, _name, phone) in zip(users, missing, strict=True):
        user.keep_phone(phone)
    User.objects.bulk_create(users)


def _appoint_staff() -> None:
    """Give the office its rights; an older demo's roles get what a newer release has added."""
    roles = roles_ensure()
    admin = User.objects.get(username="admin")
    if admin.is_staff:
        return
    User.objects.filter(pk=admin.pk).update(is_superuser=True)
    rights_set(user=admin, is_staff=True, roles=[roles[OPERATOR]], actor_id=None)
    finance = User.objects.get(username="finance")
    rights_set(user=finance, is_staff=True, roles=[roles[FINANCE]], actor_id=admin.pk)
    for code, username in PICKERS.items():
        picker = User.objects.get(username=username)
        rights_set(user=picker, is_staff=True, roles=[roles[CLERK]], actor_id=admin.pk)
        warehouse = Warehouse.objects.get(code=code)
        warehouse_post_set(user=picker, warehouse=warehouse, active=True, actor_id=admin.pk)


def picker_of(warehouse: Warehouse) -> User:
    return User.objects.get(username=PICKERS[warehouse.code])


def _appoint_leaders(now: dt.datetime) -> None:
    """Make leaders of the file's leaders, at the rate of their tier, and give each his points."""
    users = User.objects.in_bulk([row["username"] for row in table("leaders")], field_name="username")
    known = set(Leader.objects.values_list("user_id", flat=True))
    rows = [row for row in table("leaders") if users[row["username"]].pk not in known]
    made = Leader.objects.bulk_create(
        Leader(
            user=users[row["username"]],
            kind=row["kind"],
            recommender=users.get(row["recommender"]),
            approved_at=now,
        )
        for row in rows
    )
    born(LEADER, ids=[leader.pk for leader in made], state=LeaderState.ACTIVE, now=now)
    for row in rows:
        rate_publish(leader=users[row["username"]], rate_bp=RATE_BP[row["tier"]])
    points = PickupPoint.objects.in_bulk(field_name="code")
    posts = set(PointStaff.objects.values_list("point_id", "user_id"))
    for row in table("points"):
        point, user = points[row["code"]], users[row["leader"]]
        if (point.pk, user.pk) not in posts:
            post_grant(point=point, user=user, role=PointRole.LEADER, now=now)


def _apply() -> None:
    """Hand in one application a city and approve it; one more waits for the operator."""
    admin = User.objects.get(username="admin")
    for username, name, phone, city in APPLICANTS:
        applicant = User.objects.get(username=username)
        if applicant.applications.exists():
            continue
        community = Community.objects.filter(city=city, points=None).order_by("-code")[0]
        application = application_submit(applicant=applicant, form=_form(name, phone, community))
        if username != "applicant":
            application_take(application_id=application.pk, actor_id=admin.pk)
            application_approve(application_id=application.pk, actor_id=admin.pk)


def _form(name: str, phone: str, community: Community) -> ApplicationForm:
    return ApplicationForm(
        name=name,
        phone=phone,
        kind=PointKind.SHOP,
        community_id=community.pk,
        point_name=f"{community.name}邻里便利店",
        address=f"{community.city}{community.district}{community.street}{community.name}1号底商",
        group_size=120,
        invite_code=INVITE_CODE,
        opening_hours="08:00-21:00",
        room_m2=12,
        freezer=True,
    )
