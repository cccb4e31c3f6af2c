"""A calculation of routes: asked for, running, done or failed; with what the plan was before and after."""

from django.db import models
from django.db.models import Q

from fulfillment.domain.states import RoutePlanState
from fulfillment.models.wave import Wave
from groupbuy.kernel.ids import uuid7


class RoutePlan(models.Model):
    """
    One run of the solver (线路优化) for a wave; a wave has at most one that is not over.

    ``seed`` and ``budget_s`` (seconds) decide the result together with the wave's papers of ``paper_version``. While it
    runs, a worker holds it until ``lease_ends_at``. Lengths are metres, costs fen, both of all tours there and back;
    ``left_out``: stops that no vehicle can serve. ``cut_short``: the clock stopped the search before its iterations.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="route_plans", verbose_name="波次")
    state = models.CharField(
        "状态",
        max_length=16,
        default=RoutePlanState.ASKED,
        choices=[
            (RoutePlanState.ASKED, "排队中"),
            (RoutePlanState.RUNNING, "计算中"),
            (RoutePlanState.DONE, "已采用"),
            (RoutePlanState.FAILED, "未采用"),
        ],
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    seed = models.PositiveIntegerField("随机种子")
    budget_s = models.PositiveIntegerField("时限（秒）")
    paper_version = models.PositiveIntegerField("单据版本", null=True)
    asked_by = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="发起人")
    asked_at = models.DateTimeField("发起时间")
    lease_ends_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField("结束时间", null=True)
    failure = models.CharField("未采用原因", max_length=200, blank=True)
    cut_short = models.BooleanField("因时限提前结束", default=False)
    before_fen = models.BigIntegerField("原费用（分）", null=True)
    after_fen = models.BigIntegerField("新费用（分）", null=True)
    before_m = models.BigIntegerField("原里程（米）", null=True)
    after_m = models.BigIntegerField("新里程（米）", null=True)
    before_left_out = models.PositiveIntegerField("原方案排不下", null=True)
    after_left_out = models.PositiveIntegerField("新方案排不下", null=True)

    class Meta:
        verbose_name = "线路优化"
        verbose_name_plural = "线路优化"
        constraints = (
            models.UniqueConstraint(
                fields=["wave"], condition=Q(state__in=["asked", "running"]), name="routeplan_one_open"
            ),
            models.CheckConstraint(condition=Q(budget_s__gte=1, budget_s__lte=300), name="routeplan_budget_bounded"),
        )
        indexes = (models.Index(fields=["id"], name="routeplan_open", condition=Q(state__in=["asked", "running"])),)

    def __str__(self) -> str:
        return f"{self.wave} #{self.pk}"
