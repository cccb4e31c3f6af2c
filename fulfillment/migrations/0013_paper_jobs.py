"""Long papers that workers make."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import groupbuy.kernel.ids

DO = """
INSERT INTO groupbuy_state_edge VALUES
    ('paperjob', 'queued', 'running'), ('paperjob', 'queued', 'cancelled'),
    ('paperjob', 'running', 'done'), ('paperjob', 'running', 'failed'), ('paperjob', 'running', 'cancelled'),
    ('paperjob', 'running', 'queued'), ('paperjob', 'failed', 'queued'), ('paperjob', 'done', 'expired');
CREATE TRIGGER paperjob_moves AFTER UPDATE ON fulfillment_paperjob
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_guard_moves('paperjob');
"""

UNDO = """
DROP TRIGGER paperjob_moves ON fulfillment_paperjob;
DELETE FROM groupbuy_state_edge WHERE machine = 'paperjob';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0012_grid_positions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PaperJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=groupbuy.kernel.ids.uuid7, editable=False, unique=True)),
                ("kind", models.CharField(max_length=16, verbose_name="单据")),
                ("format", models.CharField(max_length=8, verbose_name="格式")),
                ("lang", models.CharField(default="zh", max_length=2, verbose_name="语言")),
                ("paper_version", models.PositiveIntegerField(verbose_name="单据版本")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "排队中"),
                            ("running", "生成中"),
                            ("done", "可下载"),
                            ("failed", "未完成"),
                            ("cancelled", "已取消"),
                            ("expired", "已过期"),
                        ],
                        default="queued",
                        max_length=16,
                        verbose_name="状态",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("rows_done", models.PositiveBigIntegerField(default=0, verbose_name="已完成行数")),
                ("rows_total", models.PositiveBigIntegerField(null=True, verbose_name="总行数")),
                ("key", models.CharField(blank=True, editable=False, max_length=64)),
                ("asked_at", models.DateTimeField(verbose_name="发起时间")),
                ("started_at", models.DateTimeField(null=True, verbose_name="开始时间")),
                ("lease_ends_at", models.DateTimeField(editable=False, null=True)),
                ("holder", models.UUIDField(editable=False, null=True)),
                ("tries", models.PositiveIntegerField(default=0, verbose_name="尝试次数")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="结束时间")),
                ("expires_at", models.DateTimeField(null=True, verbose_name="下载截止")),
                ("has_files", models.BooleanField(default=True, editable=False)),
                ("failure", models.CharField(blank=True, max_length=200, verbose_name="原因")),
                ("token", models.CharField(editable=False, max_length=32, unique=True)),
                ("file_name", models.CharField(blank=True, max_length=120, verbose_name="文件名")),
                ("size_bytes", models.PositiveBigIntegerField(default=0, verbose_name="大小（字节）")),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="发起人",
                    ),
                ),
                (
                    "wave",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper_jobs",
                        to="fulfillment.wave",
                        verbose_name="波次",
                    ),
                ),
            ],
            options={
                "verbose_name": "单据任务",
                "verbose_name_plural": "单据任务",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])), fields=["id"], name="paperjob_open"
                    ),
                    models.Index(condition=models.Q(("has_files", True)), fields=["expires_at"], name="paperjob_kept"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["queued", "running", "done"])),
                        fields=("wave", "kind", "paper_version", "format", "lang"),
                        name="paperjob_one_file",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("key", ""), _negated=True),
                        fields=("asked_by", "key"),
                        name="paperjob_once_for_a_key",
                    ),
                ],
            },
        ),
        migrations.RunSQL(DO, UNDO),
    ]
