"""
The double-entry ledger. Append-only: triggers and missing rights refuse UPDATE and DELETE, a deferred trigger refuses
an entry whose legs do not sum to zero. Corrections are new entries.
"""

from django.db import models


class LedgerEntry(models.Model):
    """One event of money. (source_kind, source_id, kind) is unique, so that nothing is booked twice."""

    kind = models.CharField("类型", max_length=24)
    source_kind = models.CharField("来源", max_length=24)
    source_id = models.BigIntegerField("来源号")
    at = models.DateTimeField("记账时间")

    class Meta:
        verbose_name = "分录"
        verbose_name_plural = "分录"
        constraints = (models.UniqueConstraint(fields=["source_kind", "source_id", "kind"], name="ledgerentry_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.source_kind}:{self.source_id}"


class LedgerLeg(models.Model):
    """
    One account's part of an entry: debit positive, credit negative, in fen. ``order`` and ``person`` say whose it
    is.
    """

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="legs")
    account = models.CharField("科目", max_length=24)
    amount_fen = models.BigIntegerField("金额（分）")
    order = models.ForeignKey("groupbuy.Order", models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("groupbuy.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "分录行"
        verbose_name_plural = "分录行"
        indexes = (
            models.Index(fields=["order"], name="ledgerleg_of_order", condition=models.Q(order__isnull=False)),
            models.Index(fields=["person"], name="ledgerleg_of_person", condition=models.Q(person__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.account} {self.amount_fen}"
