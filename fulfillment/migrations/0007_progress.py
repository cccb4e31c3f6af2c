"""What has been picked and put: events that nobody edits, and their counters."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = ("fulfillment_pickevent", "fulfillment_putevent")
APPEND_ONLY = "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_append_only();
"""
    for table in TABLES
)
UNDO = "".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0006_shortages"),
        ("groupbuy", "0018_refund_billed_date"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PickEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(unique=True)),
                ("pieces", models.IntegerField(verbose_name="件数")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="操作人",
                    ),
                ),
                (
                    "sku",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groupbuy.sku",
                        verbose_name="商品",
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by_event",
                        to="fulfillment.pickevent",
                        verbose_name="撤销",
                    ),
                ),
                (
                    "wave",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="fulfillment.wave",
                        verbose_name="波次",
                    ),
                ),
            ],
            options={
                "verbose_name": "拣货记录",
                "verbose_name_plural": "拣货记录",
                "abstract": False,
                "indexes": [models.Index(fields=["wave", "actor", "-id"], name="pickevent_of_worker")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pieces", 0), _negated=True), name="pickevent_moves_something"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PickProgress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pieces", models.PositiveIntegerField(db_default=0, default=0, verbose_name="已拣")),
                ("put", models.PositiveIntegerField(db_default=0, default=0, verbose_name="已分")),
                (
                    "sku",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="groupbuy.sku"
                    ),
                ),
                (
                    "wave",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="picked",
                        to="fulfillment.wave",
                    ),
                ),
            ],
            options={
                "verbose_name": "拣货进度",
                "verbose_name_plural": "拣货进度",
                "constraints": [models.UniqueConstraint(fields=("wave", "sku"), name="pickprogress_once")],
            },
        ),
        migrations.CreateModel(
            name="PutEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(unique=True)),
                ("pieces", models.IntegerField(verbose_name="件数")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("batch", models.UUIDField(db_index=True)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="操作人",
                    ),
                ),
                (
                    "point",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groupbuy.pickuppoint",
                        verbose_name="自提点",
                    ),
                ),
                (
                    "sku",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groupbuy.sku",
                        verbose_name="商品",
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by_event",
                        to="fulfillment.putevent",
                        verbose_name="撤销",
                    ),
                ),
                (
                    "wave",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="fulfillment.wave",
                        verbose_name="波次",
                    ),
                ),
            ],
            options={
                "verbose_name": "分拣记录",
                "verbose_name_plural": "分拣记录",
                "abstract": False,
                "indexes": [models.Index(fields=["wave", "actor", "-id"], name="putevent_of_worker")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pieces", 0), _negated=True), name="putevent_moves_something"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PutProgress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pieces", models.PositiveIntegerField(verbose_name="已分")),
                (
                    "point",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="groupbuy.pickuppoint",
                    ),
                ),
                (
                    "sku",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="groupbuy.sku"
                    ),
                ),
                (
                    "wave",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="put",
                        to="fulfillment.wave",
                    ),
                ),
            ],
            options={
                "verbose_name": "分拣进度",
                "verbose_name_plural": "分拣进度",
                "constraints": [models.UniqueConstraint(fields=("wave", "point", "sku"), name="putprogress_once")],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, UNDO),
    ]
