"""What a visitor of the demo needs to know, in a text that the start prints."""

import datetime as dt

from django.conf import settings

from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.models import Campaign, ShareCode
from groupbuy.providers import login_code
from leaders.demo.people import INVITE_CODE, PASSWORD

FILE = "demo-guide.txt"
SHARED = ("sh-leader-01", "cd-leader-01", "wh-leader-01")

TEXT = """
选购 / shop       {shop}
{shares}
团长 / leader     {url}/leader/           sh-leader-01 … 05, cd-…, wh-…    密码 / password {password}
后台 / office     {url}/admin/            admin, finance, sh-picker        密码 / password {password}
接口 / API        {url}/api/v1/docs/
顾客 / shopper    手机号 / phone 12020000001 … 12020000060，验证码 / code {code}
申请团长 / apply  邀请码 / invite code {invite}；有一份申请待审核 / one application waits for review

下一次截单 / next cutoff（北京时间 / Beijing time）: {cutoff}
  截单后约一分钟出波次与单据，三分钟发车；请用 sh-leader-01 的手机页面看。
  The wave and its papers follow within a minute of the cutoff, the truck three minutes after it.

试试 / try
  python manage.py check_books                                  账目核对，静默即无误 / silent when sound
  python manage.py export_paper pick --wave latest --format pdf --out pick.pdf
  python manage.py import_ktt fixtures/kuaituantuan/ktt_community_export_clean_110.xlsx \\
      --point SH001 --leader sh-leader-01 --dry-run
"""


def write_guide() -> str:
    """Write the guide into the data folder and return it."""
    text = TEXT.strip().format(
        shop=f"{settings.PUBLIC_URL}/",
        shares="\n".join(_shares()),
        url=settings.PUBLIC_URL,
        password=PASSWORD,
        code=login_code.DEVELOPMENT_CODE,
        invite=INVITE_CODE,
        cutoff=_next_cutoff(clock.now()),
    )
    (settings.VAR_DIR / FILE).write_text(text + "\n", encoding="utf-8")
    return text


def _shares() -> list[str]:
    codes = ShareCode.objects.select_related("point").filter(leader__username__in=SHARED).order_by("leader", "point")
    seen: dict[int, str] = {}
    for share in codes:
        seen.setdefault(
            share.leader_id, f"  团 / group       {settings.PUBLIC_URL}/g/{share.code}/    {share.point.name}"
        )
    return list(seen.values())


def _next_cutoff(now: dt.datetime) -> str:
    due = Campaign.objects.filter(state=CampaignState.OPEN, cutoff_at__gt=now).order_by("cutoff_at")
    return "，".join(
        f"{campaign.cutoff_at.astimezone(clock.local_zone()):%H:%M:%S} {campaign.warehouse.city}"
        for campaign in due.select_related("warehouse")[:3]
    )
