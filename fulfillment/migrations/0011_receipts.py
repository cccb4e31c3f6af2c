"""What arrived of a purchase order."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

PROTECT = django.db.models.deletion.PROTECT
USER = settings.AUTH_USER_MODEL


def key() -> tuple[str, models.Field]:
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def to(model: str, name: str, related: str, *, null: bool = False) -> models.Field:
    return models.ForeignKey(null=null, on_delete=PROTECT, related_name=related, to=model, verbose_name=name)


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0010_wave_void_reason"), migrations.swappable_dependency(USER)]
    operations = [
        migrations.AddField(
            "purchaseorder", "edition", models.PositiveIntegerField(default=0, db_default=0, editable=False)
        ),
        migrations.AddField(
            "purchaseline", "missing", models.PositiveIntegerField("到货短少", default=0, db_default=0)
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                key(),
                ("uuid", models.UUIDField(unique=True)),
                ("at", models.DateTimeField("收货时间")),
                ("note", models.CharField("说明", blank=True, max_length=200)),
                ("undone_at", models.DateTimeField("撤销时间", null=True)),
                ("actor", to(USER, "收货人", "+")),
                ("order", to("fulfillment.purchaseorder", "采购单", "receipts")),
                ("undone_by", to(USER, "撤销人", "+", null=True)),
            ],
            options={
                "verbose_name": "收货",
                "verbose_name_plural": "收货",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(undone_at=None, undone_by=None)
                        | Q(undone_at__isnull=False, undone_by__isnull=False),
                        name="receipt_undone_by_somebody",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReceiptLine",
            fields=[
                key(),
                ("counted", models.PositiveIntegerField("实到")),
                ("damaged", models.PositiveIntegerField("破损", default=0)),
                ("line", to("fulfillment.purchaseline", "采购行", "received")),
                ("receipt", to("fulfillment.receipt", "收货", "lines")),
            ],
            options={
                "verbose_name": "收货行",
                "verbose_name_plural": "收货行",
                "constraints": [
                    models.UniqueConstraint(fields=("receipt", "line"), name="receiptline_once"),
                    models.CheckConstraint(
                        condition=Q(counted__gte=1, damaged__lte=F("counted")),
                        name="receiptline_damaged_within_counted",
                    ),
                ],
            },
        ),
    ]
