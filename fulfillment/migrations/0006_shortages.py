"""Shortages and weights: recorded until the pick is closed, then decided line by line in rows that nobody edits."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

DECISIONS = ("fulfillment_shortageshare", "fulfillment_weightshare")
APPEND_ONLY = "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_append_only();
"""
    for table in DECISIONS
)
UNDO = "".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in DECISIONS)

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
UUID = ("uuid", models.UUIDField(unique=True))
UNDONE = Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False)


def to(model: str, title: str | None = None, *, null: bool = False, name: str = "+") -> models.Field:
    return models.ForeignKey(model, django.db.models.deletion.PROTECT, verbose_name=title, null=null, related_name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0005_purchases"),
        ("groupbuy", "0020_short_pieces"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("wave", "pick_closed_at", models.DateTimeField("拣货结束", null=True)),
        migrations.CreateModel(
            "Shortage",
            [
                ID,
                UUID,
                ("pieces", models.PositiveIntegerField("件数")),
                ("expected", models.PositiveIntegerField("应有")),
                (
                    "cause",
                    models.CharField(
                        "原因", max_length=8, choices=[("missing", "缺货"), ("damaged", "破损")], default="missing"
                    ),
                ),
                ("note", models.CharField("说明", max_length=200, blank=True)),
                ("at", models.DateTimeField("登记时间")),
                ("undone_at", models.DateTimeField("撤销时间", null=True)),
                ("allocated", models.PositiveIntegerField("已分配", null=True)),
                ("actor", to(settings.AUTH_USER_MODEL, "登记人")),
                ("point", to("groupbuy.pickuppoint", "自提点", null=True)),
                ("sku", to("groupbuy.sku", "商品")),
                ("undone_by", to(settings.AUTH_USER_MODEL, "撤销人", null=True)),
                ("wave", to("fulfillment.wave", "波次", name="shortages")),
            ],
            {
                "verbose_name": "缺货",
                "verbose_name_plural": "缺货",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(pieces__gte=1, pieces__lte=F("expected")), name="shortage_within_expected"
                    ),
                    models.CheckConstraint(
                        condition=Q(allocated=None) | Q(allocated__lte=F("pieces"), undone_at=None),
                        name="shortage_allocated_within_it",
                    ),
                    models.CheckConstraint(condition=UNDONE, name="shortage_undone_by_somebody"),
                ],
            },
        ),
        migrations.CreateModel(
            "ShortageShare",
            [
                ID,
                ("pieces", models.PositiveIntegerField("件数")),
                ("decided_at", models.DateTimeField("决定时间")),
                ("line", to("groupbuy.orderline", "订单行")),
                ("refund_line", to("groupbuy.refundline", null=True)),
                ("shortage", to("fulfillment.shortage", name="shares")),
            ],
            {
                "verbose_name": "缺货分配",
                "verbose_name_plural": "缺货分配",
                "constraints": [
                    models.UniqueConstraint(fields=["shortage", "line"], name="shortageshare_once"),
                    models.CheckConstraint(condition=Q(pieces__gte=1), name="shortageshare_pieces_positive"),
                ],
            },
        ),
        migrations.CreateModel(
            "WeightEntry",
            [
                ID,
                UUID,
                ("real_base", models.PositiveIntegerField("实重")),
                ("at", models.DateTimeField("称重时间")),
                ("undone_at", models.DateTimeField("撤销时间", null=True)),
                ("actor", to(settings.AUTH_USER_MODEL, "称重人")),
                ("line", to("groupbuy.orderline", "订单行", null=True)),
                ("point", to("groupbuy.pickuppoint", "自提点")),
                ("sku", to("groupbuy.sku", "商品")),
                ("undone_by", to(settings.AUTH_USER_MODEL, "撤销人", null=True)),
                ("wave", to("fulfillment.wave", "波次", name="weights")),
            ],
            {
                "verbose_name": "称重",
                "verbose_name_plural": "称重",
                "constraints": [
                    models.CheckConstraint(condition=Q(real_base__gte=1), name="weightentry_real_positive"),
                    models.UniqueConstraint(
                        fields=["wave", "sku", "point", "line"],
                        condition=Q(undone_at=None),
                        nulls_distinct=False,
                        name="weightentry_one_lives",
                    ),
                    models.CheckConstraint(condition=UNDONE, name="weightentry_undone_by_somebody"),
                ],
            },
        ),
        migrations.CreateModel(
            "WeightShare",
            [
                ID,
                ("pieces", models.PositiveIntegerField("件数")),
                ("nominal_base", models.PositiveIntegerField("应重")),
                ("real_base", models.PositiveIntegerField("实重")),
                ("amount_fen", models.BigIntegerField("退差（分）")),
                ("decided_at", models.DateTimeField("决定时间")),
                ("entry", to("fulfillment.weightentry", name="shares")),
                ("line", to("groupbuy.orderline", "订单行")),
                ("refund_line", to("groupbuy.refundline", null=True)),
            ],
            {
                "verbose_name": "称重退差",
                "verbose_name_plural": "称重退差",
                "constraints": [
                    models.UniqueConstraint(fields=["entry", "line"], name="weightshare_once"),
                    models.CheckConstraint(
                        condition=Q(amount_fen=0) | Q(amount_fen__gt=0, real_base__lt=F("nominal_base")),
                        name="weightshare_never_charges",
                    ),
                ],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, UNDO),
    ]
