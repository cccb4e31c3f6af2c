"""Campaign (one warehouse, one delivery date), its offers, and its groups: one pickup point under one leader each."""

from django.db import models
from django.db.models import F, Q

from groupbuy.domain.states import CampaignState
from groupbuy.domain.words import MinimumKind, ShortagePolicy
from groupbuy.kernel.ids import uuid7

STATES = [
    (CampaignState.DRAFT, "草稿"),
    (CampaignState.OPEN, "进行中"),
    (CampaignState.CLOSING, "截单中"),
    (CampaignState.FROZEN, "已截单"),
    (CampaignState.CANCELLED, "已取消"),
]


class Campaign(models.Model):
    """
    A group-buy campaign (团购活动). An order is in it if it commits before ``cutoff_at`` by the database's clock.

    ``closed_at`` and ``frozen_at`` are stamped by the cutoff. ``taken_at`` is null until the next stage has taken the
    frozen demand; it leaves alone what an operator holds (``held_at``). ``original_cutoff_at`` keeps the first time that
    was announced, or the true time of an imported campaign.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    title = models.CharField("标题", max_length=100)
    warehouse = models.ForeignKey("groupbuy.Warehouse", models.PROTECT, related_name="campaigns", verbose_name="仓库")
    opens_at = models.DateTimeField("开团时间")
    cutoff_at = models.DateTimeField("截单时间")
    delivery_date = models.DateField("配送日期")
    dispatch_at = models.DateTimeField("计划发车时间")
    pay_window_s = models.PositiveIntegerField("支付时限（秒）")
    grace_s = models.PositiveIntegerField("截单后支付宽限（秒）")
    minimum_kind = models.CharField(
        "成团条件",
        max_length=8,
        blank=True,
        choices=[(MinimumKind.ORDERS, "订单数"), (MinimumKind.PIECES, "件数"), (MinimumKind.AMOUNT, "金额（分）")],
    )
    minimum_value = models.BigIntegerField("成团门槛", default=0)
    shortage_policy = models.CharField(
        "缺货分配",
        max_length=16,
        default=ShortagePolicy.FIRST_PAID,
        choices=[
            (ShortagePolicy.FIRST_PAID, "先付先得"),
            (ShortagePolicy.PROPORTIONAL, "按比例"),
            (ShortagePolicy.BY_COMMUNITY, "按社区"),
        ],
    )
    state = models.CharField("状态", max_length=16, choices=STATES, default=CampaignState.DRAFT, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    closed_at = models.DateTimeField("停止下单", null=True, editable=False)
    frozen_at = models.DateTimeField("截单完成", null=True, editable=False)
    taken_at = models.DateTimeField("已进波次", null=True, editable=False)
    held_at = models.DateTimeField("暂停进波次", null=True, editable=False)
    held_reason = models.CharField("暂停原因", max_length=200, blank=True, default="", db_default="", editable=False)
    original_cutoff_at = models.DateTimeField("原截单时间", null=True, editable=False)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    class Meta:
        verbose_name = "团购活动"
        verbose_name_plural = "团购活动"
        constraints = (
            models.CheckConstraint(condition=Q(opens_at__lt=F("cutoff_at")), name="campaign_opens_before_cutoff"),
        )
        indexes = (
            models.Index(fields=["cutoff_at"], name="campaign_due", condition=Q(state__in=["open", "closing"])),
            models.Index(fields=["frozen_at"], name="campaign_untaken", condition=Q(state="frozen", taken_at=None)),
        )

    def __str__(self) -> str:
        return self.title


class Offer(models.Model):
    """
    An offer (商品): a SKU at a price in a campaign. Quantities count sale units.

    ``stock`` NULL is unlimited. ``sold`` counts pieces of live orders and moves only by the conditional UPDATE of
    ordering. ``minimum_total``: sold fewer at the freeze, it is refunded (whole cases; 0 is none). ``withdrawn_at``: it
    was taken out of the campaign, by an operator or for its minimum; nothing is left of it. A leader's commission is
    ``rate_bp`` of the net line or ``piece_fee_fen`` a piece; both NULL: the leader's published rate, then the
    platform's. ``newcomer_fen``: what each of the first ``newcomer_pieces`` pieces costs in a shopper's first order.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="offers", verbose_name="活动")
    sku = models.ForeignKey("groupbuy.Sku", models.PROTECT, related_name="offers", verbose_name="商品")
    position = models.PositiveIntegerField("排序", default=0)
    price_fen = models.BigIntegerField("团购价（分）")
    list_price_fen = models.BigIntegerField("划线价（分）")
    cost_fen = models.BigIntegerField("成本（分）")
    stock = models.PositiveIntegerField("活动库存（空为不限）", null=True, blank=True)
    sold = models.PositiveIntegerField("已售", default=0, editable=False)
    per_shopper = models.PositiveIntegerField("每人限购（空为不限）", null=True, blank=True)
    per_community = models.PositiveIntegerField("每小区限量（空为不限）", null=True, blank=True)
    minimum = models.PositiveIntegerField("起购量", default=1)
    step = models.PositiveIntegerField("加购步长", default=1)
    minimum_total = models.PositiveIntegerField("成团件数（0 为不限）", default=0, db_default=0)
    newcomer_fen = models.BigIntegerField("新人价（分）", null=True, blank=True)
    newcomer_pieces = models.PositiveIntegerField("新人价限件", default=1, db_default=1)
    rate_bp = models.PositiveIntegerField("佣金率（基点）", null=True, blank=True)
    piece_fee_fen = models.BigIntegerField("每件佣金（分）", null=True, blank=True)
    withdrawn_at = models.DateTimeField("下架时间", null=True, editable=False)

    class Meta:
        verbose_name = "活动商品"
        verbose_name_plural = "活动商品"
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(fields=["campaign", "sku"], name="offer_once"),
            models.CheckConstraint(condition=Q(stock=None) | Q(sold__lte=F("stock")), name="offer_not_oversold"),
            models.CheckConstraint(condition=Q(price_fen__gte=0, cost_fen__gte=0), name="offer_prices_not_negative"),
            models.CheckConstraint(condition=Q(minimum__gte=1, step__gte=1), name="offer_steps_positive"),
            models.CheckConstraint(condition=Q(rate_bp=None) | Q(piece_fee_fen=None), name="offer_one_commission_rule"),
            models.CheckConstraint(condition=Q(rate_bp=None) | Q(rate_bp__lte=10_000), name="offer_rate_at_most_all"),
            models.CheckConstraint(
                condition=Q(newcomer_fen=None) | Q(newcomer_fen__gte=0, newcomer_pieces__gte=1),
                name="offer_newcomer_price_not_negative",
            ),
        )

    def __str__(self) -> str:
        return str(self.sku)


class OfferPriceStep(models.Model):
    """
    From ``starts_at`` on the offer costs ``price_fen``, until a later step starts (阶梯时段价).

    An order has the price of the latest step that has started by the database's clock, inside the gate.
    """

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="price_steps")
    starts_at = models.DateTimeField("起始时间")
    price_fen = models.BigIntegerField("阶梯价（分）")

    class Meta:
        ordering = ("starts_at",)
        constraints = (
            models.UniqueConstraint(fields=["offer", "starts_at"], name="offerpricestep_once"),
            models.CheckConstraint(condition=Q(price_fen__gte=0), name="offerpricestep_price_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.offer_id}: {self.price_fen}"


class OfferShopper(models.Model):
    """How many pieces of an offer one shopper holds; kept only for offers with a limit per shopper (I2)."""

    offer = models.ForeignKey(Offer, models.PROTECT)
    shopper = models.ForeignKey("groupbuy.User", models.PROTECT)
    quantity = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["offer", "shopper"], name="offershopper_once"),)

    def __str__(self) -> str:
        return f"{self.offer_id}/{self.shopper_id}: {self.quantity}"


class OfferCommunity(models.Model):
    """How many pieces of an offer one community has; kept only for offers with a cap per community (社区限量)."""

    offer = models.ForeignKey(Offer, models.PROTECT)
    community = models.ForeignKey("groupbuy.Community", models.PROTECT)
    quantity = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["offer", "community"], name="offercommunity_once"),)

    def __str__(self) -> str:
        return f"{self.offer_id}/{self.community_id}: {self.quantity}"


class Group(models.Model):
    """
    A group (社区团): one campaign at one pickup point under one leader, for good.

    ``moved_to``: the group that took its live orders over (换点、换团长); it takes no orders itself while it is set.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="groups", verbose_name="活动")
    point = models.ForeignKey("groupbuy.PickupPoint", models.PROTECT, related_name="groups", verbose_name="自提点")
    leader = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="led_groups", verbose_name="团长")
    failed_at = models.DateTimeField("未成团", null=True, editable=False)
    moved_to = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="moved_here", verbose_name="已换到"
    )

    class Meta:
        verbose_name = "社区团"
        verbose_name_plural = "社区团"
        constraints = (
            models.UniqueConstraint(fields=["campaign", "point", "leader"], name="group_once"),
            models.CheckConstraint(condition=Q(moved_to=None) | ~Q(moved_to=F("id")), name="group_moves_elsewhere"),
        )
        indexes = (models.Index(fields=["leader", "campaign"], name="group_of_leader"),)

    def __str__(self) -> str:
        return f"{self.campaign} · {self.point}"
