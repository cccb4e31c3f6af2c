"""Build one wave in this process and say what it took; started by ``crew.work``."""

import datetime as dt
import json
import resource
import sys
import time


def main(warehouse_id: str, delivery_date: str) -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from fulfillment.services.waves import wave_build

    with CaptureQueriesContext(connection) as seen:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        begun, cpu = time.monotonic(), time.process_time()
        wave = wave_build(warehouse_id=int(warehouse_id), delivery_date=dt.date.fromisoformat(delivery_date))
        ended, cpu_ms = time.monotonic(), (time.process_time() - cpu) * 1000
    assert wave is not None
    for query in sorted(seen.captured_queries, key=lambda query: -float(query["time"]))[:5]:
        sys.stderr.write(f"{query['time']} s  {' '.join(query['sql'].split())[:80]}\n")
    peak_rss_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = {"queries": len(seen), "peak_rss_kb": peak_rss_kb}
    sys.stdout.write(json.dumps({"begun": begun, "ended": ended, "cpu_ms": cpu_ms, "outcomes": outcomes}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
