"""Promotions, coupons, and what they took off the lines of orders."""

from django.db import models
from django.db.models import F, Q

from groupbuy.domain import promotion_texts
from groupbuy.domain.promotions import PromotionKind, Source
from groupbuy.kernel.ids import uuid7
from groupbuy.kernel.money import BP

SOURCES = [(Source.NEWCOMER, "新人价"), (Source.PROMOTION, "满减满折"), (Source.COUPON, "优惠券")]


class Promotion(models.Model):
    """
    Spend X, save Y (满减) or N pieces at a rate (满件折), in one campaign or (``campaign`` NULL) in all of them.

    Its scope: the chosen ``offers``, else the ``category``, else everything. In force from ``starts_at`` until
    ``ends_at``, unless stopped. Never edited: orders have been promised its terms.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField("名称", max_length=40)
    campaign = models.ForeignKey(
        "groupbuy.Campaign", models.PROTECT, null=True, blank=True, related_name="promotions", verbose_name="活动"
    )
    kind = models.CharField(
        "方式", max_length=16, choices=[(PromotionKind.AMOUNT_OFF, "满减"), (PromotionKind.RATE, "满件折")]
    )
    category = models.ForeignKey(
        "groupbuy.Category", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="限品类"
    )
    offers = models.ManyToManyField("groupbuy.Offer", blank=True, related_name="+", verbose_name="限商品")
    spend_fen = models.BigIntegerField("满（分）", default=0)
    off_fen = models.BigIntegerField("减（分）", default=0)
    repeats = models.BooleanField("每满都减", default=False)
    cap_fen = models.BigIntegerField("最多减（分）", null=True, blank=True)
    pieces = models.PositiveIntegerField("满件数", default=0)
    rate_bp = models.PositiveIntegerField("折后（基点，8000 为八折）", default=BP)
    with_coupon = models.BooleanField("可同时用券", default=True)
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    stopped_at = models.DateTimeField("停止", null=True, editable=False)

    class Meta:
        verbose_name = "满减满折"
        verbose_name_plural = "满减满折"
        constraints = (
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="promotion_starts_before_end"),
            models.CheckConstraint(
                condition=Q(kind=PromotionKind.AMOUNT_OFF, spend_fen__gte=1, off_fen__gte=1, pieces=0)
                | Q(kind=PromotionKind.RATE, pieces__gte=1, rate_bp__lt=BP, spend_fen=0, off_fen=0),
                name="promotion_of_one_kind",
            ),
            models.CheckConstraint(condition=Q(cap_fen=None) | Q(cap_fen__gte=1), name="promotion_cap_positive"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> str:
        """What it gives, in words; its scope is left to its name."""
        if self.kind == PromotionKind.RATE:
            return promotion_texts.rate_text(self.pieces, self.rate_bp)
        return promotion_texts.amount_off_text(self.spend_fen, self.off_fen, repeats=self.repeats, cap_fen=self.cap_fen)


class CouponKind(models.Model):
    """
    What a coupon is worth and who may claim how many, when. ``claimed`` moves only by the conditional UPDATE of claiming.

    A claimed coupon ends at ``use_ends_at`` or ``use_days`` after its claim; exactly one is set. ``group``: a
    group-only coupon (团专享券), claimed through that group's link and used in its orders only.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField("名称", max_length=40)
    face_fen = models.BigIntegerField("面值（分）")
    threshold_fen = models.BigIntegerField("满（分）可用", default=0)
    total = models.PositiveIntegerField("发放总数")
    claimed = models.PositiveIntegerField("已领", default=0, editable=False)
    per_shopper = models.PositiveIntegerField("每人限领", default=1)
    group = models.ForeignKey(
        "groupbuy.Group", models.PROTECT, null=True, blank=True, related_name="coupon_kinds", verbose_name="团专享"
    )
    claim_starts_at = models.DateTimeField("开始领取")
    claim_ends_at = models.DateTimeField("结束领取")
    use_ends_at = models.DateTimeField("有效期至", null=True, blank=True)
    use_days = models.PositiveIntegerField("领取后有效天数", null=True, blank=True)
    stopped_at = models.DateTimeField("停止领取", null=True, editable=False)

    class Meta:
        verbose_name = "优惠券"
        verbose_name_plural = "优惠券"
        constraints = (
            models.CheckConstraint(
                condition=Q(face_fen__gte=1, threshold_fen__gte=0, per_shopper__gte=1),
                name="couponkind_numbers_positive",
            ),
            models.CheckConstraint(condition=Q(claimed__lte=F("total")), name="couponkind_not_overclaimed"),
            models.CheckConstraint(
                condition=Q(claim_starts_at__lt=F("claim_ends_at")), name="couponkind_starts_before_end"
            ),
            models.CheckConstraint(
                condition=Q(use_ends_at=None, use_days__gte=1) | Q(use_days=None, use_ends_at__gt=F("claim_starts_at")),
                name="couponkind_one_end",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> str:
        """What it gives, in words."""
        return promotion_texts.coupon_text(self.face_fen, self.threshold_fen)


class Coupon(models.Model):
    """
    One claimed coupon: held while ``order`` is NULL, used by that order else; past ``ends_at`` it is worth nothing.

    An order that ends wholly sets ``order`` back to NULL. Which orders it was used by is told by their lines' discounts.
    ``nth``: of this kind in the shopper's hand.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.ForeignKey(CouponKind, models.PROTECT, related_name="coupons", verbose_name="优惠券")
    shopper = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="coupons", verbose_name="顾客")
    nth = models.PositiveIntegerField(default=1)
    claimed_at = models.DateTimeField("领取时间")
    ends_at = models.DateTimeField("有效期至")
    order = models.OneToOneField(
        "groupbuy.Order", models.PROTECT, null=True, related_name="coupon", verbose_name="用于订单"
    )

    class Meta:
        verbose_name = "已领优惠券"
        verbose_name_plural = "已领优惠券"
        constraints = (
            models.UniqueConstraint(fields=["kind", "shopper", "nth"], name="coupon_once"),
            models.CheckConstraint(condition=Q(nth__gte=1), name="coupon_nth_positive"),
        )
        indexes = (models.Index(fields=["shopper", "ends_at"], name="coupon_held", condition=Q(order=None)),)

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class NewcomerUse(models.Model):
    """The one live order in which a shopper got newcomer prices; the primary key makes it one."""

    shopper = models.OneToOneField("groupbuy.User", models.PROTECT, primary_key=True, related_name="+")
    order = models.OneToOneField("groupbuy.Order", models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.shopper_id}: {self.order_id}"


class LineDiscount(models.Model):
    """What one source took off one order line, written with the order and never changed; their sum is the line's."""

    line = models.ForeignKey("groupbuy.OrderLine", models.PROTECT, related_name="discounts")
    source = models.CharField("来源", max_length=16, choices=SOURCES)
    promotion = models.ForeignKey(Promotion, models.PROTECT, null=True, related_name="uses")
    coupon = models.ForeignKey(Coupon, models.PROTECT, null=True, related_name="uses")
    name = models.CharField("名称", max_length=40)
    off_fen = models.BigIntegerField("优惠（分）")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["line", "source"], name="linediscount_once"),
            models.CheckConstraint(condition=Q(off_fen__gte=1), name="linediscount_positive"),
            models.CheckConstraint(
                condition=Q(source=Source.NEWCOMER, promotion=None, coupon=None)
                | Q(source=Source.PROMOTION, promotion__isnull=False, coupon=None)
                | Q(source=Source.COUPON, coupon__isnull=False, promotion=None),
                name="linediscount_names_its_source",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} −{self.off_fen}"
