"""Refunds that wait are sent together, one parcel after another; a payment never gives back more than it brought."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

EDGES = "INSERT INTO groupbuy_state_edge VALUES ('refund', 'intended', 'manual'), ('refund', 'failed', 'succeeded')"
NO_EDGES = (
    "DELETE FROM groupbuy_state_edge WHERE machine = 'refund'"
    " AND (old, new) IN (('intended', 'manual'), ('failed', 'succeeded'))"
)


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0002_guards")]
    operations = [
        migrations.RunSQL(EDGES, NO_EDGES),
        migrations.AddField("payment", "refunded_fen", models.BigIntegerField("退款（分）", default=0, db_default=0)),
        migrations.AddConstraint(
            "payment",
            models.CheckConstraint(
                condition=Q(refunded_fen__gte=0, refunded_fen__lte=F("amount_fen")), name="payment_refunds_within_it"
            ),
        ),
        migrations.AddField(
            "refund",
            "sent_as",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parcel",
                to="groupbuy.refund",
                verbose_name="合并至",
            ),
        ),
        migrations.AddField("refund", "sent_at", models.DateTimeField("首次发出时间", null=True)),
        migrations.AddConstraint(
            "refund",
            models.CheckConstraint(
                condition=Q(sent_as=None, sent_at=None) | Q(sent_as__isnull=False, sent_at__isnull=False),
                name="refund_sent_under_a_number",
            ),
        ),
        migrations.AddConstraint(
            "refund",
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(state__in=["sending", "failed"], sent_as=F("id")),
                name="refund_one_on_its_way",
            ),
        ),
    ]
