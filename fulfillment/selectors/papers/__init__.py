"""The rows of every paper, from the snapshot tables of a wave; the formats are in ``exports``."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from fulfillment.domain.layouts import PaperKind
from fulfillment.domain.papers import Paper, PaperHead
from fulfillment.models import Wave
from fulfillment.selectors.papers import floor, road, supply
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
    if kind not in _BUILDERS or not 1 <= version <= wave.paper_version:
        raise PaperMissing
    if not supplier:
        return _BUILDERS[PaperKind(kind)](wave, _head(wave, version))
    found = supply.purchases(wave, _head(wave, version), supplier)
    if kind != PaperKind.PURCHASE or not found.sections:
        raise PaperMissing
    return found


def wave_label(wave: Wave) -> str:
    """WH-SH-1123-1: warehouse, month and day of delivery, number."""
    return f"{wave.warehouse.code}-{wave.delivery_date:%m%d}-{wave.number}"


def _head(wave: Wave, version: int) -> PaperHead:
    return PaperHead(
        wave=wave_label(wave),
        version=version,
        warehouse=wave.warehouse.name,
        delivery_date=wave.delivery_date,
        issued_at=wave.built_at,
    )


_BUILDERS: dict[PaperKind, Callable[[Wave, PaperHead], Paper]] = {
    PaperKind.PURCHASE: supply.purchases,
    PaperKind.PICK: floor.pick,
    PaperKind.SORT: floor.sort,
    PaperKind.NOTE: road.notes,
}
