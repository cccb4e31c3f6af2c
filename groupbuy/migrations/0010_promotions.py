"""Promotions, coupons, newcomer prices, and what they took off the lines of orders; that is append-only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

import groupbuy.kernel.ids

SOURCES = [("newcomer", "新人价"), ("promotion", "满减满折"), ("coupon", "优惠券")]
KINDS = [("amount_off", "满减"), ("rate", "满件折")]

APPEND_ONLY = """
CREATE TRIGGER groupbuy_linediscount_append_only BEFORE UPDATE OR DELETE ON groupbuy_linediscount
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_append_only();
"""


def key() -> tuple[str, models.Field]:
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def public_id() -> tuple[str, models.Field]:
    return ("public_id", models.UUIDField(default=groupbuy.kernel.ids.uuid7, editable=False, unique=True))


def to(model: str, kind: type[models.ForeignKey] = models.ForeignKey, **options: object) -> models.Field:
    return kind(to=model, on_delete=django.db.models.deletion.PROTECT, **options)


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0009_price_steps")]
    operations = [
        migrations.AddField("offer", "newcomer_fen", models.BigIntegerField("新人价（分）", null=True, blank=True)),
        migrations.AddField(
            "offer", "newcomer_pieces", models.PositiveIntegerField("新人价限件", default=1, db_default=1)
        ),
        migrations.AddConstraint(
            "offer",
            models.CheckConstraint(
                condition=Q(newcomer_fen=None) | Q(newcomer_fen__gte=0, newcomer_pieces__gte=1),
                name="offer_newcomer_price_not_negative",
            ),
        ),
        migrations.CreateModel(
            "Promotion",
            [
                key(),
                public_id(),
                ("name", models.CharField("名称", max_length=40)),
                ("kind", models.CharField("方式", max_length=16, choices=KINDS)),
                ("spend_fen", models.BigIntegerField("满（分）", default=0)),
                ("off_fen", models.BigIntegerField("减（分）", default=0)),
                ("repeats", models.BooleanField("每满都减", default=False)),
                ("cap_fen", models.BigIntegerField("最多减（分）", null=True, blank=True)),
                ("pieces", models.PositiveIntegerField("满件数", default=0)),
                ("rate_bp", models.PositiveIntegerField("折后（基点，8000 为八折）", default=10_000)),
                ("with_coupon", models.BooleanField("可同时用券", default=True)),
                ("starts_at", models.DateTimeField("开始")),
                ("ends_at", models.DateTimeField("结束")),
                ("stopped_at", models.DateTimeField("停止", null=True, editable=False)),
                (
                    "campaign",
                    to("groupbuy.campaign", null=True, blank=True, related_name="promotions", verbose_name="活动"),
                ),
                ("category", to("groupbuy.category", null=True, blank=True, related_name="+", verbose_name="限品类")),
                (
                    "offers",
                    models.ManyToManyField("groupbuy.offer", blank=True, related_name="+", verbose_name="限商品"),
                ),
            ],
            options={
                "verbose_name": "满减满折",
                "verbose_name_plural": "满减满折",
                "constraints": [
                    models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="promotion_starts_before_end"),
                    models.CheckConstraint(
                        condition=Q(kind="amount_off", spend_fen__gte=1, off_fen__gte=1, pieces=0)
                        | Q(kind="rate", pieces__gte=1, rate_bp__lt=10_000, spend_fen=0, off_fen=0),
                        name="promotion_of_one_kind",
                    ),
                    models.CheckConstraint(
                        condition=Q(cap_fen=None) | Q(cap_fen__gte=1), name="promotion_cap_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            "CouponKind",
            [
                key(),
                public_id(),
                ("name", models.CharField("名称", max_length=40)),
                ("face_fen", models.BigIntegerField("面值（分）")),
                ("threshold_fen", models.BigIntegerField("满（分）可用", default=0)),
                ("total", models.PositiveIntegerField("发放总数")),
                ("claimed", models.PositiveIntegerField("已领", default=0, editable=False)),
                ("per_shopper", models.PositiveIntegerField("每人限领", default=1)),
                ("claim_starts_at", models.DateTimeField("开始领取")),
                ("claim_ends_at", models.DateTimeField("结束领取")),
                ("use_ends_at", models.DateTimeField("有效期至", null=True, blank=True)),
                ("use_days", models.PositiveIntegerField("领取后有效天数", null=True, blank=True)),
                ("stopped_at", models.DateTimeField("停止领取", null=True, editable=False)),
                (
                    "group",
                    to("groupbuy.group", null=True, blank=True, related_name="coupon_kinds", verbose_name="团专享"),
                ),
            ],
            options={
                "verbose_name": "优惠券",
                "verbose_name_plural": "优惠券",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(face_fen__gte=1, threshold_fen__gte=0, per_shopper__gte=1),
                        name="couponkind_numbers_positive",
                    ),
                    models.CheckConstraint(condition=Q(claimed__lte=F("total")), name="couponkind_not_overclaimed"),
                    models.CheckConstraint(
                        condition=Q(claim_starts_at__lt=F("claim_ends_at")), name="couponkind_starts_before_end"
                    ),
                    models.CheckConstraint(
                        condition=Q(use_ends_at=None, use_days__gte=1)
                        | Q(use_days=None, use_ends_at__gt=F("claim_starts_at")),
                        name="couponkind_one_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            "Coupon",
            [
                key(),
                public_id(),
                ("nth", models.PositiveIntegerField(default=1)),
                ("claimed_at", models.DateTimeField("领取时间")),
                ("ends_at", models.DateTimeField("有效期至")),
                ("kind", to("groupbuy.couponkind", related_name="coupons", verbose_name="优惠券")),
                ("shopper", to(settings.AUTH_USER_MODEL, related_name="coupons", verbose_name="顾客")),
                (
                    "order",
                    to(
                        "groupbuy.order",
                        models.OneToOneField,
                        null=True,
                        related_name="coupon",
                        verbose_name="用于订单",
                    ),
                ),
            ],
            options={
                "verbose_name": "已领优惠券",
                "verbose_name_plural": "已领优惠券",
                "constraints": [
                    models.UniqueConstraint(fields=["kind", "shopper", "nth"], name="coupon_once"),
                    models.CheckConstraint(condition=Q(nth__gte=1), name="coupon_nth_positive"),
                ],
                "indexes": [models.Index(fields=["shopper", "ends_at"], name="coupon_held", condition=Q(order=None))],
            },
        ),
        migrations.CreateModel(
            "NewcomerUse",
            [
                (
                    "shopper",
                    to(
                        settings.AUTH_USER_MODEL,
                        models.OneToOneField,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                    ),
                ),
                ("order", to("groupbuy.order", models.OneToOneField, related_name="+")),
            ],
        ),
        migrations.CreateModel(
            "LineDiscount",
            [
                key(),
                ("source", models.CharField("来源", max_length=16, choices=SOURCES)),
                ("name", models.CharField("名称", max_length=40)),
                ("off_fen", models.BigIntegerField("优惠（分）")),
                ("line", to("groupbuy.orderline", related_name="discounts")),
                ("promotion", to("groupbuy.promotion", null=True, related_name="uses")),
                ("coupon", to("groupbuy.coupon", null=True, related_name="uses")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["line", "source"], name="linediscount_once"),
                    models.CheckConstraint(condition=Q(off_fen__gte=1), name="linediscount_positive"),
                    models.CheckConstraint(
                        condition=Q(source="newcomer", promotion=None, coupon=None)
                        | Q(source="promotion", promotion__isnull=False, coupon=None)
                        | Q(source="coupon", coupon__isnull=False, promotion=None),
                        name="linediscount_names_its_source",
                    ),
                ],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER groupbuy_linediscount_append_only ON groupbuy_linediscount"),
    ]
