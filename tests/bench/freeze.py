"""Freeze one campaign in this process and say what it took; started by ``crew.work``."""

import json
import resource
import sys
import time


def main(campaign_id: str) -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from groupbuy.services.cutoff import campaign_freeze

    with CaptureQueriesContext(connection) as seen:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        begun, cpu = time.monotonic(), time.process_time()
        campaign_freeze(campaign_id=int(campaign_id))
        ended, cpu_ms = time.monotonic(), (time.process_time() - cpu) * 1000
    peak_rss_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = {"queries": len(seen), "peak_rss_kb": peak_rss_kb}
    sys.stdout.write(json.dumps({"begun": begun, "ended": ended, "cpu_ms": cpu_ms, "outcomes": outcomes}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
