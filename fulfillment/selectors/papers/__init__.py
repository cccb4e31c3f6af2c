"""The rows of every paper, from the snapshot tables of a wave; the formats are in ``exports``."""

from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from fulfillment.domain.layouts import PaperKind
from fulfillment.domain.papers import Paper, PaperHead
from fulfillment.models import PaperIssue, Wave
from fulfillment.selectors.paper_changes import changes
from fulfillment.selectors.papers import floor, points, road, supply
from groupbuy.kernel.errors import Missing


class PaperMissing(Missing):
    code = "paper_missing"
    message = _("这个波次没有这个版本的单据。")


def paper(*, wave: Wave, kind: str, paper_version: int | None = None, supplier: str = "") -> Paper:
    """
    Return one paper of a wave in one version (the current one by default).

    :param supplier: code of the only one whose orders a purchase paper holds; other papers know no suppliers.
    :raises PaperMissing: an unknown kind, or the wave has no such version or nothing from this supplier.
    """
    version = wave.paper_version if paper_version is None else paper_version
    issue = PaperIssue.objects.filter(wave=wave, version=version).first()
    if kind not in _BUILDERS or issue is None:
        raise PaperMissing
    head = _head(wave, issue)
    if kind == PaperKind.PURCHASE:
        return _purchases(wave, head, supplier)
    if supplier:
        raise PaperMissing
    return replace(_BUILDERS[PaperKind(kind)](wave, head), changes=changes(wave, version))


def _purchases(wave: Wave, head: PaperHead, supplier: str) -> Paper:
    """A supplier is told of what is ordered from him, not of what goes where."""
    found = supply.purchases(wave, head, supplier)
    if supplier and not found.sections:
        raise PaperMissing
    return found


def point_labels(*, wave: Wave, point_id: int, code: str) -> Paper:
    """
    Return the labels of one point's crates and bags, to be printed again.

    :param code: the point's, for the file's name.
    :raises PaperMissing: nothing of the wave goes there.
    """
    issue = PaperIssue.objects.get(wave=wave, version=wave.paper_version)
    found = points.label(wave, _head(wave, issue), point_id)
    labels = found.count()
    if not labels:
        raise PaperMissing
    return replace(found, only_for=code, length=labels)


def wave_label(wave: Wave) -> str:
    """WH-SH-1123-1: warehouse, month and day of delivery, number."""
    return f"{wave.warehouse.code}-{wave.delivery_date:%m%d}-{wave.number}"


def _head(wave: Wave, issue: PaperIssue) -> PaperHead:
    return PaperHead(
        wave=wave_label(wave),
        version=issue.version,
        warehouse=wave.warehouse.name,
        delivery_date=wave.delivery_date,
        issued_at=issue.issued_at,
        reason=issue.reason,
    )


_BUILDERS: dict[PaperKind, Callable[[Wave, PaperHead], Paper]] = {
    PaperKind.PURCHASE: supply.purchases,
    PaperKind.PICK: floor.pick,
    PaperKind.SORT: floor.sort,
    PaperKind.GRID: floor.grid,
    PaperKind.CHECK: floor.check,
    PaperKind.POINT: points.point,
    PaperKind.BAG: points.bag,
    PaperKind.LABEL: points.label,
    PaperKind.LOADING: road.loading,
    PaperKind.NOTE: road.notes,
}
