"""What a visitor of the demo needs to know, in a text that the start prints."""

import datetime as dt

from django.conf import settings

from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.models import Campaign, ShareCode
from groupbuy.providers import login_code
from leaders.demo.logins import DRIVER, INVITE_CODE, LEADERS, OFFICE, PASSWORD

FILE = "demo-guide.txt"

TEXT = """
选购 / shop       {shop}
{shares}
团长 / leader     {url}/leader/           {leader} … 05, cd-…, wh-…    密码 / password {password}
仓库 / warehouse  {url}/warehouse/        {picker}, cd-…, wh-…    密码 / password {password}
司机 / driver     {url}/driver/           {driver} … 07, cd-…, wh-…    密码 / password {password}
后台 / office     {url}/admin/            {office}        密码 / password {password}
接口 / API        {url}/api/v1/docs/
顾客 / shopper    手机号 / phone 12020000001 … 12020000060，验证码 / code {code}
申请团长 / apply  邀请码 / invite code {invite}；有一份申请待审核 / one application waits for review

下一次截单 / next cutoff（北京时间 / Beijing time）: {cutoff}
  截单后约一分钟出波次、采购单与全部单据；成都、武汉三分钟后自动发车，上海留一小时给您动手。
  The wave, its purchase orders and papers follow within a minute of the cutoff; the trucks of Chengdu and Wuhan leave
  three minutes after it, Shanghai's after an hour, so that you can walk it by hand.

从截单走到团长 / walk it from the warehouse to the leader（上海“等待拣货”的波次已备好 / a wave is ready）
  1 {picker}: {url}/warehouse/purchases/    点数、破损、关单 / count, close: what is short is entered
  2 {picker}: {url}/warehouse/              线路 / routes，拣货、分拣、称重、缺货 / pick, put, weigh, short; 单据 / papers
  3 {picker}:   结束拣货 / close the pick（退款自动 / refunds follow）→ 发车 / dispatch
  4 {driver}: {url}/driver/                 到站、周转箱 / arrive, crates
  5 {leader}: {url}/leader/deliveries/      清点签收 / count and sign

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
        picker=OFFICE[-1],
        driver=DRIVER,
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
