"""An offer may get another price from an instant on."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0008_payment_payer")]
    operations = [
        migrations.CreateModel(
            "OfferPriceStep",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField("起始时间")),
                ("price_fen", models.BigIntegerField("阶梯价（分）")),
                (
                    "offer",
                    models.ForeignKey(
                        "groupbuy.Offer", on_delete=django.db.models.deletion.CASCADE, related_name="price_steps"
                    ),
                ),
            ],
            options={
                "ordering": ("starts_at",),
                "constraints": [
                    models.UniqueConstraint(fields=["offer", "starts_at"], name="offerpricestep_once"),
                    models.CheckConstraint(condition=Q(price_fen__gte=0), name="offerpricestep_price_not_negative"),
                ],
            },
        )
    ]
