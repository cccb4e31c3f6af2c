"""Commission, line by line. Never edited; a correction is a further entry with the opposite sign."""

from django.db import models
from django.db.models import Q

from leaders.domain.states import CommissionLeg


class CommissionEntry(models.Model):
    """
    What a leader earned from pieces of one order line.

    ``base_fen`` is the net money of the pieces, ``rate_bp`` the line's rate (0 with a fee per piece), ``amount_fen``
    signed. The entries of a line add up to the rule on what has been collected and kept (I9).
    (source_kind, source_id, leg) is unique: no pickup pays twice, and no third leg exists.
    """

    leader = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="commissions", verbose_name="团长")
    line = models.ForeignKey("groupbuy.OrderLine", models.PROTECT, related_name="+", verbose_name="订单行")
    source_kind = models.CharField(max_length=24)
    source_id = models.BigIntegerField()
    leg = models.CharField(
        "身份",
        max_length=16,
        choices=[(CommissionLeg.SELLER, "团长"), (CommissionLeg.RECOMMENDER, "推荐人")],
    )
    pieces = models.IntegerField("件数")
    base_fen = models.BigIntegerField("计佣金额（分）")
    rate_bp = models.PositiveIntegerField("费率（基点）")
    amount_fen = models.BigIntegerField("佣金（分）")
    earned_at = models.DateTimeField("产生时间")
    available_at = models.DateTimeField("可提现时间")

    class Meta:
        verbose_name = "佣金"
        verbose_name_plural = "佣金"
        constraints = (
            models.UniqueConstraint(fields=["source_kind", "source_id", "leg"], name="commissionentry_once"),
            models.CheckConstraint(condition=Q(leg__in=["seller", "recommender"]), name="commissionentry_two_levels"),
        )
        indexes = (
            models.Index(fields=["leader", "-id"], name="commissionentry_of_leader"),
            models.Index(fields=["line"], name="commissionentry_of_line"),
        )

    def __str__(self) -> str:
        return f"{self.leader}: {self.amount_fen}"
