"""The leader as a business partner, and the application by which he becomes one."""

from django.db import models
from django.db.models import F, Q

from groupbuy.kernel import privacy
from groupbuy.kernel.ids import share_code, uuid7
from groupbuy.models.places import POINT_KINDS
from leaders.domain.states import ApplicationState, LeaderState


class Leader(models.Model):
    """
    A leader (团长). ``recommender`` brought him and earns a share of his sales for a limited time, nothing else;
    a recommender's own recommender earns nothing from them (DOMAIN "Levels").
    """

    user = models.OneToOneField("groupbuy.User", models.PROTECT, related_name="leader", verbose_name="用户")
    kind = models.CharField("类型", max_length=16, choices=POINT_KINDS)
    invite_code = models.CharField("邀请码", max_length=16, unique=True, default=share_code)
    recommender = models.ForeignKey(
        "groupbuy.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="推荐人"
    )
    state = models.CharField(
        "状态",
        max_length=16,
        default=LeaderState.ACTIVE,
        choices=[
            (LeaderState.ACTIVE, "营业"),
            (LeaderState.RESTING, "休息"),
            (LeaderState.SUSPENDED, "停用"),
            (LeaderState.CLOSED, "关闭"),
        ],
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    approved_at = models.DateTimeField("通过时间")

    class Meta:
        verbose_name = "团长"
        verbose_name_plural = "团长"
        constraints = (
            models.CheckConstraint(
                condition=Q(recommender=None) | ~Q(recommender=F("user")), name="leader_not_own_recommender"
            ),
        )

    def __str__(self) -> str:
        return str(self.user)


class LeaderApplication(models.Model):
    """A request to become a leader. ``reason`` is why it was rejected."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    applicant = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="applications", verbose_name="申请人")
    name = models.CharField("姓名", max_length=64)
    phone_sealed = models.TextField(editable=False)
    kind = models.CharField("类型", max_length=16, choices=POINT_KINDS)
    community = models.ForeignKey("groupbuy.Community", models.PROTECT, related_name="+", verbose_name="社区")
    point_name = models.CharField("自提点名称", max_length=64)
    address = models.CharField("地址", max_length=200)
    opening_hours = models.CharField("营业时间", max_length=64, blank=True)
    room_m2 = models.PositiveIntegerField("可用面积（平方米）", default=0)
    freezer = models.BooleanField("有冷柜", default=False)
    group_size = models.PositiveIntegerField("群人数")
    invite_code = models.CharField("邀请码", max_length=16, blank=True)
    state = models.CharField(
        "状态",
        max_length=16,
        default=ApplicationState.DRAFT,
        choices=[
            (ApplicationState.DRAFT, "草稿"),
            (ApplicationState.SUBMITTED, "已提交"),
            (ApplicationState.UNDER_REVIEW, "审核中"),
            (ApplicationState.APPROVED, "已通过"),
            (ApplicationState.REJECTED, "已驳回"),
            (ApplicationState.RESUBMITTED, "已重新提交"),
        ],
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    reason = models.CharField("驳回原因", max_length=200, blank=True)
    submitted_at = models.DateTimeField("提交时间", null=True)

    class Meta:
        verbose_name = "团长申请"
        verbose_name_plural = "团长申请"
        constraints = (
            models.UniqueConstraint(
                fields=["applicant"],
                condition=~Q(state__in=[ApplicationState.APPROVED]),
                name="leaderapplication_one_open",
            ),
        )
        indexes = (models.Index(fields=["state", "submitted_at"], name="leaderapplication_review"),)

    def __str__(self) -> str:
        return f"{self.name} · {self.point_name}"

    @property
    def masked_phone(self) -> str:
        return privacy.mask_phone(privacy.unseal(self.phone_sealed))


class InviteCode(models.Model):
    """An invite code given out by an operator (a leader's own is on Leader)."""

    code = models.CharField("邀请码", max_length=16, unique=True, default=share_code)
    note = models.CharField("说明", max_length=100, blank=True)
    active = models.BooleanField("有效", default=True)

    class Meta:
        verbose_name = "邀请码"
        verbose_name_plural = "邀请码"

    def __str__(self) -> str:
        return self.code
