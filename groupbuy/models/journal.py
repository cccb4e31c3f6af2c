"""What makes the rest trustworthy: history of states, audit trail, idempotency keys, outbox, messages, sweeps."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class StateChange(models.Model):
    """History of every state machine, written by the same statement as the move. Append-only."""

    machine = models.CharField("对象", max_length=16)
    subject_id = models.BigIntegerField("号")
    old = models.CharField("原状态", max_length=16, blank=True)
    new = models.CharField("新状态", max_length=16)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name="操作人"
    )
    reason = models.CharField("原因", max_length=200, blank=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "状态记录"
        verbose_name_plural = "状态记录"
        indexes = (models.Index(fields=["machine", "subject_id"], name="statechange_of_subject"),)

    def __str__(self) -> str:
        return f"{self.machine} {self.subject_id}: {self.old} → {self.new}"


class AuditEvent(models.Model):
    """What a person did that is not a move of a state machine (rights, unmasking, handover, edits). Append-only."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="操作人"
    )
    action = models.CharField("动作", max_length=48)
    subject_kind = models.CharField("对象", max_length=24)
    subject_id = models.BigIntegerField("号")
    facts = models.JSONField("内容", default=dict)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "审计记录"
        verbose_name_plural = "审计记录"
        indexes = (models.Index(fields=["subject_kind", "subject_id"], name="auditevent_of_subject"),)

    def __str__(self) -> str:
        return f"{self.action} {self.subject_kind}:{self.subject_id}"


class IdempotencyKey(models.Model):
    """A client's key for one write, claimed in the transaction of the work, with the answer that is replayed (I13)."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "幂等键"
        verbose_name_plural = "幂等键"
        constraints = (models.UniqueConstraint(fields=["actor", "key"], name="idempotencykey_once"),)

    def __str__(self) -> str:
        return self.key


class Outbox(models.Model):
    """
    A fact to be told, committed with what it tells about; the relay applies it exactly once. Payloads hold ids
    only.
    """

    topic = models.CharField(max_length=48)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "待发通知"
        verbose_name_plural = "待发通知"
        indexes = (models.Index(fields=["next_try_at"], name="outbox_due", condition=Q(applied_at=None)),)

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


class Message(models.Model):
    """What a person reads in the inbox of the app. ``outbox`` is unique: the consumer's proof of exactly once (I14)."""

    outbox = models.OneToOneField(Outbox, models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="messages", verbose_name="收件人")
    title = models.CharField("标题", max_length=64)
    body = models.CharField("内容", max_length=300)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读", null=True)

    class Meta:
        verbose_name = "站内消息"
        verbose_name_plural = "站内消息"
        indexes = (models.Index(fields=["person", "-id"], name="message_of_person"),)

    def __str__(self) -> str:
        return self.title


class Sweep(models.Model):
    """Heartbeat of a sweep: when it last ran to its end."""

    name = models.CharField("名称", max_length=48, unique=True)
    last_run_at = models.DateTimeField("最近运行", null=True)

    class Meta:
        verbose_name = "巡检"
        verbose_name_plural = "巡检"

    def __str__(self) -> str:
        return self.name


class SweepFailure(models.Model):
    """A row on which a sweep failed; after five tries it is parked until a person looks."""

    sweep = models.CharField("巡检", max_length=48)
    subject_id = models.BigIntegerField("号")
    tries = models.PositiveIntegerField("次数", default=0)
    parked = models.BooleanField("搁置", default=False)
    last_error = models.CharField("最近错误", max_length=500)
    last_at = models.DateTimeField("最近时间")

    class Meta:
        verbose_name = "巡检失败"
        verbose_name_plural = "巡检失败"
        constraints = (models.UniqueConstraint(fields=["sweep", "subject_id"], name="sweepfailure_once"),)

    def __str__(self) -> str:
        return f"{self.sweep} {self.subject_id}"
