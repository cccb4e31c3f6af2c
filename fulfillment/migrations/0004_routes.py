"""Vehicles, drivers, plans of routes; what is known of a route and a stop on the road; problems at stops."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import groupbuy.kernel.ids

DO = """
INSERT INTO groupbuy_state_edge VALUES
    ('stop', 'arrived', 'on_the_way'),
    ('routeplan', 'asked', 'running'), ('routeplan', 'asked', 'failed'),
    ('routeplan', 'running', 'done'), ('routeplan', 'running', 'failed');
CREATE TRIGGER routeplan_moves AFTER UPDATE ON fulfillment_routeplan
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_guard_moves('routeplan');
"""

UNDO = """
DROP TRIGGER routeplan_moves ON fulfillment_routeplan;
DELETE FROM groupbuy_state_edge
    WHERE machine = 'routeplan' OR (machine, old, new) = ('stop', 'arrived', 'on_the_way');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0003_guards"),
        ("groupbuy", "0019_delivery_windows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DriverPost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("active", models.BooleanField(default=True, verbose_name="有效")),
            ],
            options={
                "verbose_name": "司机",
                "verbose_name_plural": "司机",
            },
        ),
        migrations.CreateModel(
            name="RoutePlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=groupbuy.kernel.ids.uuid7, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "排队中"), ("running", "计算中"), ("done", "已采用"), ("failed", "未采用")],
                        default="asked",
                        max_length=16,
                        verbose_name="状态",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("seed", models.PositiveIntegerField(verbose_name="随机种子")),
                ("budget_s", models.PositiveIntegerField(verbose_name="时限（秒）")),
                ("paper_version", models.PositiveIntegerField(null=True, verbose_name="单据版本")),
                ("asked_at", models.DateTimeField(verbose_name="发起时间")),
                ("lease_ends_at", models.DateTimeField(editable=False, null=True)),
                ("finished_at", models.DateTimeField(null=True, verbose_name="结束时间")),
                ("failure", models.CharField(blank=True, max_length=200, verbose_name="未采用原因")),
                ("cut_short", models.BooleanField(default=False, verbose_name="因时限提前结束")),
                ("before_fen", models.BigIntegerField(null=True, verbose_name="原费用（分）")),
                ("after_fen", models.BigIntegerField(null=True, verbose_name="新费用（分）")),
                ("before_m", models.BigIntegerField(null=True, verbose_name="原里程（米）")),
                ("after_m", models.BigIntegerField(null=True, verbose_name="新里程（米）")),
                ("before_left_out", models.PositiveIntegerField(null=True, verbose_name="原方案排不下")),
                ("after_left_out", models.PositiveIntegerField(null=True, verbose_name="新方案排不下")),
            ],
            options={
                "verbose_name": "线路优化",
                "verbose_name_plural": "线路优化",
            },
        ),
        migrations.CreateModel(
            name="StopProblem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("closed", "没人收货"),
                            ("address", "找不到地方"),
                            ("late", "路上耽误"),
                            ("refused", "拒收"),
                            ("damaged", "货损"),
                            ("other", "其他"),
                        ],
                        max_length=16,
                        verbose_name="问题",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("at", models.DateTimeField(verbose_name="时间")),
            ],
            options={
                "verbose_name": "配送问题",
                "verbose_name_plural": "配送问题",
            },
        ),
        migrations.CreateModel(
            name="Vehicle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plate", models.CharField(max_length=16, unique=True, verbose_name="车牌")),
                ("name", models.CharField(blank=True, max_length=24, verbose_name="名称")),
                ("crates", models.PositiveIntegerField(verbose_name="可装周转箱")),
                ("capacity_kg", models.PositiveIntegerField(verbose_name="可载重（千克）")),
                ("shift_from", models.TimeField(verbose_name="班次开始")),
                ("shift_to", models.TimeField(verbose_name="班次结束")),
                ("fixed_fen", models.BigIntegerField(default=0, verbose_name="每趟固定费用（分）")),
                ("per_km_fen", models.BigIntegerField(default=100, verbose_name="每公里费用（分）")),
                ("route_name", models.CharField(blank=True, max_length=32, verbose_name="固定线路")),
                ("active", models.BooleanField(default=True, verbose_name="启用")),
            ],
            options={
                "verbose_name": "车辆",
                "verbose_name_plural": "车辆",
            },
        ),
        migrations.RemoveConstraint(
            model_name="stop",
            name="stop_position_once",
        ),
        migrations.AddField(
            model_name="route",
            name="back_at",
            field=models.DateTimeField(null=True, verbose_name="预计回仓"),
        ),
        migrations.AddField(
            model_name="route",
            name="departed_at",
            field=models.DateTimeField(null=True, verbose_name="发车时间"),
        ),
        migrations.AddField(
            model_name="route",
            name="distance_m",
            field=models.PositiveIntegerField(null=True, verbose_name="里程（米）"),
        ),
        migrations.AddField(
            model_name="route",
            name="driver",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="司机",
            ),
        ),
        migrations.AddField(
            model_name="route",
            name="link_expires_at",
            field=models.DateTimeField(null=True, verbose_name="链接有效期"),
        ),
        migrations.AddField(
            model_name="route",
            name="link_number",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="route",
            name="public_id",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True
            ),
        ),
        migrations.AddField(
            model_name="stop",
            name="arrival_told_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="stop",
            name="arrived_at",
            field=models.DateTimeField(null=True, verbose_name="到达时间"),
        ),
        migrations.AddField(
            model_name="stop",
            name="crates_back",
            field=models.PositiveIntegerField(null=True, verbose_name="收回周转箱"),
        ),
        migrations.AddField(
            model_name="stop",
            name="left_out",
            field=models.CharField(
                blank=True,
                choices=[
                    ("no_place", "没有经纬度"),
                    ("too_big", "周转箱比任何一辆车能装的都多"),
                    ("too_heavy", "比任何一辆车的载重都重"),
                    ("too_far", "收货时间内或班次内到不了"),
                    ("no_room", "车辆不够，装不下或排不开"),
                ],
                db_default="",
                max_length=16,
                verbose_name="排不下的原因",
            ),
        ),
        migrations.AddField(
            model_name="stop",
            name="leg_m",
            field=models.PositiveIntegerField(null=True, verbose_name="本段里程（米）"),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.UniqueConstraint(
                deferrable=models.Deferrable.IMMEDIATE, fields=("wave", "position"), name="stop_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.UniqueConstraint(
                deferrable=models.Deferrable.IMMEDIATE, fields=("route", "sequence"), name="stop_sequence_once"
            ),
        ),
        migrations.AddField(
            model_name="driverpost",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="driver_posts",
                to=settings.AUTH_USER_MODEL,
                verbose_name="司机",
            ),
        ),
        migrations.AddField(
            model_name="driverpost",
            name="warehouse",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="drivers",
                to="groupbuy.warehouse",
                verbose_name="仓库",
            ),
        ),
        migrations.AddField(
            model_name="routeplan",
            name="asked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="发起人",
            ),
        ),
        migrations.AddField(
            model_name="routeplan",
            name="wave",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="route_plans",
                to="fulfillment.wave",
                verbose_name="波次",
            ),
        ),
        migrations.AddField(
            model_name="stopproblem",
            name="actor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="报告人",
            ),
        ),
        migrations.AddField(
            model_name="stopproblem",
            name="stop",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="problems",
                to="fulfillment.stop",
                verbose_name="站点",
            ),
        ),
        migrations.AddField(
            model_name="vehicle",
            name="driver",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="常用司机",
            ),
        ),
        migrations.AddField(
            model_name="vehicle",
            name="warehouse",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="vehicles",
                to="groupbuy.warehouse",
                verbose_name="仓库",
            ),
        ),
        migrations.AddField(
            model_name="route",
            name="vehicle",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="routes",
                to="fulfillment.vehicle",
                verbose_name="车辆",
            ),
        ),
        migrations.AddConstraint(
            model_name="driverpost",
            constraint=models.UniqueConstraint(fields=("warehouse", "user"), name="driverpost_once"),
        ),
        migrations.AddIndex(
            model_name="routeplan",
            index=models.Index(
                condition=models.Q(("state__in", ["asked", "running"])), fields=["id"], name="routeplan_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="routeplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["asked", "running"])), fields=("wave",), name="routeplan_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="routeplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("budget_s__gte", 1), ("budget_s__lte", 300)), name="routeplan_budget_bounded"
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicle",
            constraint=models.CheckConstraint(
                condition=models.Q(("capacity_kg__gte", 1), ("crates__gte", 1)),
                name="vehicle_holds_something",
                violation_error_message="可装周转箱和可载重都至少为 1。",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicle",
            constraint=models.CheckConstraint(
                condition=models.Q(("shift_to__gt", models.F("shift_from"))),
                name="vehicle_shift_begins_before_it_ends",
                violation_error_message="班次结束应晚于班次开始。",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicle",
            constraint=models.CheckConstraint(
                condition=models.Q(("fixed_fen__gte", 0), ("per_km_fen__gte", 1)),
                name="vehicle_costs_something",
                violation_error_message="固定费用不能为负，每公里费用至少 1 分。",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicle",
            constraint=models.UniqueConstraint(
                condition=models.Q(("active", True), models.Q(("route_name", ""), _negated=True)),
                fields=("warehouse", "route_name"),
                name="vehicle_one_for_a_fixed_route",
                violation_error_message="这条固定线路已有启用的车辆。",
            ),
        ),
        migrations.RunSQL(DO, UNDO),
    ]
