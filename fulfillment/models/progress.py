"""What has been done of a wave: pieces picked and pieces put, event by event, and the counters that they move."""

from django.db import models
from django.db.models import Q

from fulfillment.models.wave import Wave


class _WorkEvent(models.Model):
    """
    One thing that one person did, never changed and never deleted.

    ``uuid`` is made by the device, so that sending it twice counts once. ``pieces``: sale units, below 0 where they
    went back. ``undoes``: the event of which this one is the opposite; each is undone at most once.
    """

    uuid = models.UUIDField(unique=True)
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="+", verbose_name="波次", db_index=False)
    sku = models.ForeignKey("groupbuy.Sku", models.PROTECT, related_name="+", verbose_name="商品", db_index=False)
    pieces = models.IntegerField("件数")
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="undone_by_event", verbose_name="撤销"
    )
    actor = models.ForeignKey("groupbuy.User", models.PROTECT, related_name="+", verbose_name="操作人")
    at = models.DateTimeField("时间")

    class Meta:
        abstract = True
        indexes = (models.Index(fields=["wave", "actor", "-id"], name="%(class)s_of_worker"),)

    def __str__(self) -> str:
        return f"{self.sku_id}: {self.pieces:+d}"


class PickEvent(_WorkEvent):
    """Pieces of a SKU fetched from its bin for the whole wave."""

    class Meta(_WorkEvent.Meta):
        abstract = False
        verbose_name = "拣货记录"
        verbose_name_plural = "拣货记录"
        constraints = (models.CheckConstraint(condition=~Q(pieces=0), name="pickevent_moves_something"),)


class PutEvent(_WorkEvent):
    """
    Pieces of a SKU put to the position of one pickup point. ``batch``: what one press of a button has put, and what
    one undo takes back; of a single put its own uuid.
    """

    point = models.ForeignKey(
        "groupbuy.PickupPoint", models.PROTECT, related_name="+", verbose_name="自提点", db_index=False
    )

    batch = models.UUIDField(db_index=True)

    class Meta(_WorkEvent.Meta):
        abstract = False
        verbose_name = "分拣记录"
        verbose_name_plural = "分拣记录"
        constraints = (models.CheckConstraint(condition=~Q(pieces=0), name="putevent_moves_something"),)


class PickProgress(models.Model):
    """
    Σ of the events of one SKU in a wave, in sale units: ``pieces`` picked, and ``put`` over all positions.

    A counter never grows beyond the demand of the current paper version. A re-issue with less demand leaves it above:
    that surplus is to be taken back.
    """

    wave = models.ForeignKey(Wave, models.PROTECT, related_name="picked", db_index=False)
    sku = models.ForeignKey("groupbuy.Sku", models.PROTECT, related_name="+", db_index=False)
    pieces = models.PositiveIntegerField("已拣", default=0, db_default=0)
    put = models.PositiveIntegerField("已分", default=0, db_default=0)

    class Meta:
        verbose_name = "拣货进度"
        verbose_name_plural = "拣货进度"
        constraints = (models.UniqueConstraint(fields=["wave", "sku"], name="pickprogress_once"),)

    def __str__(self) -> str:
        return f"{self.sku_id}: {self.pieces}"


class PutProgress(models.Model):
    """Σ of the events of one SKU at one position, in sale units; bounded as ``PickProgress`` is."""

    wave = models.ForeignKey(Wave, models.PROTECT, related_name="put", db_index=False)
    point = models.ForeignKey("groupbuy.PickupPoint", models.PROTECT, related_name="+", db_index=False)
    sku = models.ForeignKey("groupbuy.Sku", models.PROTECT, related_name="+", db_index=False)
    pieces = models.PositiveIntegerField("已分")

    class Meta:
        verbose_name = "分拣进度"
        verbose_name_plural = "分拣进度"
        constraints = (models.UniqueConstraint(fields=["wave", "point", "sku"], name="putprogress_once"),)

    def __str__(self) -> str:
        return f"{self.point_id}: {self.sku_id} × {self.pieces}"
