"""Render one long paper in this process and say what it took; started by ``crew.work``. Nothing it writes is kept."""

import gc
import json
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fulfillment.domain.papers import Paper
    from fulfillment.models import Wave
    from groupbuy.models import Sku


def main(warehouse_id: str, points: str, each: str, kind: str, paper_format: str) -> None:
    """:param points: pickup points with ``each`` SKUs."""
    import django

    django.setup()
    from django.db import transaction

    with transaction.atomic():
        wave = _wave(int(warehouse_id), points=int(points), each=int(each))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(json.dumps(_measured(wave, kind, paper_format)) + "\n")
        transaction.set_rollback(True)


def _measured(wave: "Wave", kind: str, paper_format: str) -> dict[str, Any]:
    from fulfillment.exports import render
    from fulfillment.selectors.papers import paper

    with NamedTemporaryFile() as file:
        limit_s = (
            _seconds(lambda: _copied(paper(wave=wave, kind=kind), Path(file.name))) if paper_format == "csv" else 0
        )
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak of what made the wave
        begun, cpu = time.monotonic(), _cpu_s()
        with Path(file.name).open("wb") as out:
            render(paper(wave=wave, kind=kind), format=paper_format, out=out)  # type: ignore[arg-type]
        ended = time.monotonic()
        pages = _pages(file.name) if paper_format == "pdf" else 0
    outcomes = {
        "limit_ms": round(limit_s * 1000),
        "pages": pages,
        "peak_rss_kb": _peak_kb(typeset=paper_format == "pdf"),
    }
    return {"begun": begun, "ended": ended, "cpu_ms": (_cpu_s() - cpu) * 1000, "outcomes": outcomes}


def _copied(paper: "Paper", target: Path) -> None:
    """Write the same rows as the server gives them, by nothing but COPY."""
    from django.db import connection

    from groupbuy.kernel.streams import by_hash

    rows: Any = paper.flat
    sql = f"SELECT {rows.group}, {rows.columns} {rows.body} ORDER BY {rows.order}"
    copy = f"COPY ({sql}) TO STDOUT (FORMAT csv)"
    with target.open("wb") as out, by_hash(), connection.cursor() as cursor, cursor.copy(copy, rows.params) as lines:
        out.writelines(lines)


def _seconds(work: Callable[[], None]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _pages(path: str) -> int:
    from pypdfium2 import PdfDocument

    with PdfDocument(path) as document:
        return len(document)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _peak_kb(*, typeset: bool) -> int:
    """Return what this process, and its typesetters if it has any, have had at most, as if all at the same time."""
    from fulfillment.exports.typesetters import AT_ONCE

    status = Path("/proc/self/status").read_text()
    own = int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index] # every Linux has it
    return own + (AT_ONCE * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if typeset else 0)


def _wave(warehouse_id: int, *, points: int, each: int) -> "Wave":
    """Write the snapshots of a wave: every point gets ``each`` of the SKUs, so that all are wanted alike."""
    from django.db import connection

    from fulfillment.models import PaperIssue, Wave
    from groupbuy.kernel import clock
    from groupbuy.models import Sku

    now = clock.now()
    wave = Wave.objects.create(
        warehouse_id=warehouse_id, delivery_date=now.date(), number=9_999, built_at=now, dispatch_at=now
    )
    PaperIssue.objects.create(wave=wave, version=1, issued_at=now)
    skus = list(Sku.objects.filter(code__startswith="BIG").order_by("pk"))
    _write_cards(wave, skus)
    _write_notes(wave, points)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO fulfillment_sortline (wave_id, paper_version, warehouse_id, point_id, sku_id, quantity)
            SELECT %(wave)s, 1, %(warehouse)s, stop.point_id,
                   (%(skus)s::bigint[])[1 + (stop.position * %(each)s + n) %% cardinality(%(skus)s::bigint[])], 1 + n %% 7
            FROM fulfillment_stop stop, generate_series(1, %(each)s) AS n WHERE stop.wave_id = %(wave)s
            """,
            {"wave": wave.pk, "warehouse": warehouse_id, "skus": [sku.pk for sku in skus], "each": each},
        )
    return wave


def _write_cards(wave: "Wave", skus: "list[Sku]") -> None:
    from fulfillment.models import PickLine

    PickLine.objects.bulk_create(
        PickLine(
            wave=wave,
            paper_version=1,
            warehouse_id=wave.warehouse_id,
            sku=sku,
            zone=sku.zone,
            bin=sku.bin,
            name=sku.name,
            spec=sku.spec,
            sale_unit=sku.sale_unit,
            base_unit=sku.base_unit,
            base_per_sale=sku.base_per_sale,
            weighed=sku.weighed,
            weight_g=sku.weight_g,
            case_size=1,
            quantity=1,
            cases=1,
            pieces=0,
        )
        for sku in skus
    )


def _write_notes(wave: "Wave", points: int) -> None:
    """Write the stops of one route, and what a version says about each."""
    from fulfillment.models import DeliveryNote, Route, Stop
    from groupbuy.models import PickupPoint

    route = Route.objects.create(wave=wave, number=1, name="一号线")
    chosen = list(PickupPoint.objects.filter(warehouse=wave.warehouse_id).order_by("pk")[:points])
    stops = Stop.objects.bulk_create(
        Stop(wave=wave, route=route, warehouse_id=wave.warehouse_id, point=point, position=place, sequence=place)
        for place, point in enumerate(chosen, 1)
    )
    DeliveryNote.objects.bulk_create(
        DeliveryNote(
            wave=wave,
            paper_version=1,
            stop=stop,
            point=stop.point,
            number=f"BENCH-{stop.position}",
            issued_at=wave.built_at,
            position=stop.position,
            route_number=route.number,
            route_name=route.name,
            sequence=stop.sequence,
            crates=1,
            expected_at=wave.built_at,
            point_code=stop.point.code,
            point_name=stop.point.name,
            address=stop.point.address,
            leader="陈团长",
            phone="138****1234",
        )
        for stop in stops
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
