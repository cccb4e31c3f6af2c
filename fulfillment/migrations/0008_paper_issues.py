"""Issues of a wave's papers; a delivery note is a snapshot of its stop; what papers show is append-only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

PROTECT = django.db.models.deletion.PROTECT
SNAPSHOTS = ("fulfillment_paperissue", "fulfillment_pickline", "fulfillment_sortline", "fulfillment_deliverynote")

# Papers issued before knew neither; who led the point then is not known any more.
FILL = """
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO fulfillment_paperissue (wave_id, version, issued_at, reason) SELECT id, 1, built_at, ''
FROM fulfillment_wave;
UPDATE fulfillment_deliverynote note
SET position = stop.position, route_number = route.number, route_name = route.name, sequence = stop.sequence,
    crates = stop.crates, expected_at = stop.expected_at, point_code = point.code, point_name = point.name,
    address = point.address
FROM fulfillment_stop stop JOIN fulfillment_route route ON route.id = stop.route_id
JOIN groupbuy_pickuppoint point ON point.id = stop.point_id
WHERE stop.id = note.stop_id;
"""

APPEND_ONLY = "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION groupbuy_append_only();
"""
    for table in SNAPSHOTS
)
UNDO = "".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in SNAPSHOTS)


def added(name: str, field: models.Field) -> migrations.AddField:
    """Add a column to the delivery note; what stands in older rows is filled in below."""
    return migrations.AddField("deliverynote", name, field, preserve_default=False)


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0007_progress"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="PaperIssue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "wave",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="issues", to="fulfillment.wave", verbose_name="波次"
                    ),
                ),
                ("version", models.PositiveIntegerField("版本")),
                ("issued_at", models.DateTimeField("出单时间")),
                ("reason", models.CharField("原因", max_length=200, blank=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="操作人",
                    ),
                ),
            ],
            options={
                "verbose_name": "单据版本",
                "verbose_name_plural": "单据版本",
                "constraints": [
                    models.UniqueConstraint(fields=["wave", "version"], name="paperissue_once"),
                    models.CheckConstraint(
                        condition=Q(version=1) | ~Q(reason=""), name="paperissue_again_has_a_reason"
                    ),
                ],
            },
        ),
        migrations.AddField("wavecampaign", "since_version", models.PositiveIntegerField("起始版本", default=1)),
        added("position", models.PositiveIntegerField("播种位", default=0)),
        added("route_number", models.PositiveIntegerField("线路号", default=0)),
        added("route_name", models.CharField("线路", max_length=32, default="")),
        added("sequence", models.PositiveIntegerField("站序", default=0)),
        added("crates", models.PositiveIntegerField("周转箱", default=0)),
        migrations.AddField("deliverynote", "expected_at", models.DateTimeField("预计到达", null=True)),
        added("point_code", models.CharField("自提点编号", max_length=16, default="")),
        added("point_name", models.CharField("自提点", max_length=64, default="")),
        added("address", models.CharField("地址", max_length=200, default="")),
        added("leader", models.CharField("团长", max_length=64, blank=True, default="")),
        added("phone", models.CharField("电话", max_length=16, blank=True, default="")),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "deliverynote",
            models.UniqueConstraint(fields=["wave", "paper_version", "position"], name="deliverynote_position_once"),
        ),
        migrations.RunSQL(APPEND_ONLY, UNDO),
    ]
