"""Store credit: each person's balance, and what was given, which nobody edits."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

USER = settings.AUTH_USER_MODEL
PROTECT = django.db.models.deletion.PROTECT
APPEND_ONLY = """
CREATE TRIGGER groupbuy_creditgrant_append_only BEFORE UPDATE OR DELETE ON groupbuy_creditgrant
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_append_only();
"""
UNDO = "DROP TRIGGER groupbuy_creditgrant_append_only ON groupbuy_creditgrant"


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0012_community_caps")]
    operations = [
        migrations.CreateModel(
            name="CreditBalance",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=USER,
                        verbose_name="用户",
                    ),
                ),
                ("fen", models.BigIntegerField("余额（分）")),
            ],
            options={
                "verbose_name": "余额",
                "verbose_name_plural": "余额",
                "constraints": [models.CheckConstraint(condition=Q(fen__gte=0), name="creditbalance_not_negative")],
            },
        ),
        migrations.CreateModel(
            name="CreditGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "person",
                    models.ForeignKey(on_delete=PROTECT, related_name="+", to=USER, verbose_name="用户"),
                ),
                ("amount_fen", models.BigIntegerField("金额（分）")),
                ("reason", models.CharField("原因", max_length=100)),
                (
                    "granted_by",
                    models.ForeignKey(on_delete=PROTECT, related_name="+", to=USER, verbose_name="发放人"),
                ),
                ("granted_at", models.DateTimeField("发放时间")),
            ],
            options={
                "verbose_name": "余额发放",
                "verbose_name_plural": "余额发放",
                "constraints": [
                    models.CheckConstraint(condition=Q(amount_fen__gt=0), name="creditgrant_amount_positive"),
                    models.CheckConstraint(condition=~Q(reason=""), name="creditgrant_has_a_reason"),
                    models.CheckConstraint(condition=~Q(person=F("granted_by")), name="creditgrant_to_another"),
                ],
                "indexes": [models.Index(fields=["granted_by", "granted_at"], name="creditgrant_of_operator")],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, UNDO),
    ]
