"""What a visitor of the demo needs to know, in a text that the start prints."""

import datetime as dt

from django.conf import settings

from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.models import Campaign, ShareCode
from groupbuy.providers import login_code
from leaders.demo.logins import INVITE_CODE, LEADERS, OFFICE, PASSWORD

FILE = "demo-guide.txt"

TEXT = """
选购 / shop       {shop}
{shares}
团长 / leader     {url}/leader/           {leader} … 05, cd-…, wh-…    密码 / password {password}
后台 / office     {url}/admin/            {office}        密码 / password {password}
接口 / API        {url}/api/v1/docs/
顾客 / shopper    手机号 / phone 12020000001 … 12020000060，验证码 / code {code}
申请团长 / apply  邀请码 / invite code {invite}；有一份申请待审核 / one application waits for review

下一次截单 / next cutoff（北京时间 / Beijing time）: {cutoff}
  截单后约一分钟出波次与单据，三分钟发车；请用 {leader} 的手机页面看。
  The wave and its papers follow within a minute of the cutoff, the truck three minutes after it.

试试 / try
  .venv/bin/python manage.py check_books              账目核对，静默即无误 / silent when sound
  .venv/bin/python manage.py export_paper pick --wave latest --format pdf --out pick.pdf
  .venv/bin/python manage.py import_ktt fixtures/kuaituantuan/ktt_community_export_clean_110.xlsx \\
      --point SH001 --leader {leader} --dry-run
"""


def write_guide() -> str:
    """Write the guide into the data folder and return it."""
    text = TEXT.strip().format(
        shop=f"{settings.PUBLIC_URL}/",
        shares="\n".join(_shares()),
        url=settings.PUBLIC_URL,
        password=PASSWORD,
        leader=LEADERS[0],
        office=", ".join(OFFICE),
        code=login_code.DEVELOPMENT_CODE,
        invite=INVITE_CODE,
        cutoff=_next_cutoff(clock.now()),
    )
    (settings.VAR_DIR / FILE).write_text(text + "\n", encoding="utf-8")
    return text


def _shares() -> list[str]:
    """One link for each of the leaders to try: his first point's."""
    shares = ShareCode.objects.filter(leader__username__in=LEADERS).select_related("point", "leader")
    return [
        f"  团 / group       {settings.PUBLIC_URL}/g/{share.code}/    {share.point.name}，团长 {share.leader.username}"
        for share in shares.order_by("leader", "point").distinct("leader")
    ]


def _next_cutoff(now: dt.datetime) -> str:
    due = Campaign.objects.filter(state=CampaignState.OPEN, cutoff_at__gt=now).order_by("cutoff_at")
    return "，".join(
        f"{campaign.cutoff_at.astimezone(clock.local_zone()):%H:%M:%S} {campaign.warehouse.city}"
        for campaign in due.select_related("warehouse")[:3]
    )
