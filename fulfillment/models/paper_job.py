"""A long paper that a worker makes: asked for, in the making, ready to be fetched."""

import datetime as dt

from django.db import models
from django.db.models import Q

from fulfillment.domain.states import PaperJobState
from fulfillment.models.wave import Wave
from groupbuy.kernel.ids import uuid7

LIVE = (PaperJobState.QUEUED, PaperJobState.RUNNING, PaperJobState.DONE)


class PaperJob(models.Model):
    """
    One paper of a wave in one version, format and language (单据任务); whoever asks for the same one shares its file.

    While it runs, the worker that drew ``holder`` holds it until ``lease_ends_at``. ``token`` is the name of its folder,
    which cannot be guessed and is there while ``has_files``, until ``expires_at``. ``rows_total`` is null until the rows are counted. ``key`` is the asker's own.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="paper_jobs", verbose_name="波次")
    kind = models.CharField("单据", max_length=16)
    format = models.CharField("格式", max_length=8)
    lang = models.CharField("语言", max_length=2, default="zh")
    paper_version = models.PositiveIntegerField("单据版本")
    state = models.CharField(
        "状态",
        max_length=16,
        default=PaperJobState.QUEUED,
        choices=[
            (PaperJobState.QUEUED, "排队中"),
            (PaperJobState.RUNNING, "生成中"),
            (PaperJobState.DONE, "可下载"),
            (PaperJobState.FAILED, "未完成"),
            (PaperJobState.CANCELLED, "已取消"),
            (PaperJobState.EXPIRED, "已过期"),
        ],
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    rows_done = models.PositiveBigIntegerField("已完成行数", default=0)
    rows_total = models.PositiveBigIntegerField("总行数", null=True)
    asked_by = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+", verbose_name="发起人")
    key = models.CharField(max_length=64, blank=True, editable=False)
    asked_at = models.DateTimeField("发起时间")
    started_at = models.DateTimeField("开始时间", null=True)
    lease_ends_at = models.DateTimeField(null=True, editable=False)
    holder = models.UUIDField(null=True, editable=False)
    tries = models.PositiveIntegerField("尝试次数", default=0)
    finished_at = models.DateTimeField("结束时间", null=True)
    expires_at = models.DateTimeField("下载截止", null=True)
    has_files = models.BooleanField(default=True, editable=False)
    failure = models.CharField("原因", max_length=200, blank=True)
    token = models.CharField(max_length=32, unique=True, editable=False)
    file_name = models.CharField("文件名", max_length=120, blank=True)
    size_bytes = models.PositiveBigIntegerField("大小（字节）", default=0)

    class Meta:
        verbose_name = "单据任务"
        verbose_name_plural = "单据任务"
        constraints = (
            models.UniqueConstraint(
                fields=["wave", "kind", "paper_version", "format", "lang"],
                condition=Q(state__in=[state.value for state in LIVE]),
                name="paperjob_one_file",
            ),
            models.UniqueConstraint(fields=["asked_by", "key"], condition=~Q(key=""), name="paperjob_once_for_a_key"),
        )
        indexes = (
            models.Index(fields=["id"], name="paperjob_open", condition=Q(state__in=["queued", "running"])),
            models.Index(fields=["expires_at"], name="paperjob_kept", condition=Q(has_files=True)),
        )

    def __str__(self) -> str:
        return f"{self.kind}.{self.format} v{self.paper_version} #{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether a worker is yet to finish it."""
        return self.state in (PaperJobState.QUEUED, PaperJobState.RUNNING)

    @property
    def percent(self) -> int:
        """0 to 100, rounded down; 100 only when it is done."""
        if self.state == PaperJobState.DONE:
            return 100
        return min(99, self.rows_done * 100 // self.rows_total) if self.rows_total else 0

    def seconds_left(self, now: dt.datetime) -> int | None:
        """Return an estimate by what was done since its worker began; None while there is nothing to go by."""
        if self.state != PaperJobState.RUNNING or not (self.started_at and self.rows_total and self.rows_done):
            return None
        left = (now - self.started_at) * (self.rows_total - self.rows_done) // self.rows_done
        return max(1, left // dt.timedelta(seconds=1))
