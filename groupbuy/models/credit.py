"""Store credit (余额): what each person may pay with, and what the platform has given."""

from django.db import models
from django.db.models import Q


class CreditBalance(models.Model):
    """``fen``: minus the sum of the person's legs of ``credit_owed``, kept here so that taking it is one UPDATE."""

    person = models.OneToOneField(
        "groupbuy.User", models.PROTECT, primary_key=True, related_name="+", verbose_name="用户"
    )
    fen = models.BigIntegerField("余额（分）")

    class Meta:
        verbose_name = "余额"
        verbose_name_plural = "余额"
        constraints = (models.CheckConstraint(condition=Q(fen__gte=0), name="creditbalance_not_negative"),)

    def __str__(self) -> str:
        return f"{self.person_id}: {self.fen}"


class CreditGrant(models.Model):
    """Credit that an operator gave; append-only, and booked in the transaction that writes it."""

    person = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="+", verbose_name="用户")
    amount_fen = models.BigIntegerField("金额（分）")
    reason = models.CharField("原因", max_length=100)
    granted_by = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="+", verbose_name="发放人")
    granted_at = models.DateTimeField("发放时间")

    class Meta:
        verbose_name = "余额发放"
        verbose_name_plural = "余额发放"
        constraints = (
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="creditgrant_amount_positive"),
            models.CheckConstraint(condition=~Q(reason=""), name="creditgrant_has_a_reason"),
            models.CheckConstraint(condition=~Q(person=models.F("granted_by")), name="creditgrant_to_another"),
        )
        indexes = (models.Index(fields=["granted_by", "granted_at"], name="creditgrant_of_operator"),)

    def __str__(self) -> str:
        return f"{self.person_id}: {self.amount_fen}"
