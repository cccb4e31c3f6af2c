"""Where the time of an order goes, in this process: ``python -m tests.bench.profile_intake``."""

import cProfile
import io
import os
import pstats
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.bench import meter
from tests.bench.site import Site, running

WARM, MEASURED = 100, 300


def main() -> None:
    """Place orders through the WSGI application, first to measure the CPU, then under the profiler."""
    os.environ["GROUPBUY_PROCESS"] = "web"  # time-outs and the pool of connections as the web server has them
    with running(shared_buffers="512MB") as site:
        orders = _orders(WARM + 2 * MEASURED)
        for order in orders[:WARM]:
            order()
        sys.stdout.write(_cpu(site, orders[WARM : WARM + MEASURED]) + "\n")
        profiler = cProfile.Profile()
        profiler.enable()
        for order in orders[WARM + MEASURED :]:
            order()
        profiler.disable()
        for key in ("tottime", "cumtime"):
            pstats.Stats(profiler, stream=sys.stdout).strip_dirs().sort_stats(key).print_stats(40)


def _orders(number: int) -> list[Callable[[], None]]:
    from groupbuy.config.wsgi import application
    from tests.bench.town import baskets, build, order_request

    def place(request: str) -> None:
        head, _, body = request.partition("\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        environ: dict[str, Any] = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        environ |= {"REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/orders/", "SERVER_NAME": "127.0.0.1"}
        environ |= {"SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body.encode())}
        environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
        answer = application(environ, lambda *_: lambda _: None)
        assert answer.status_code == 201, list(answer)
        answer.close()

    town = build()
    requests = [order_request(town, n, basket) for n, basket in enumerate(baskets(town, number=number, seed=1))]
    return [partial(place, request) for request in requests]


def _cpu(site: Site, orders: list[Callable[[], None]]) -> str:
    ours, theirs = time.process_time(), meter.cpu_ms([site.postgres])
    for order in orders:
        order()
    python = (time.process_time() - ours) * 1000 / len(orders)
    postgres = (meter.cpu_ms([site.postgres]) - theirs) / len(orders)
    return f"CPU ms an order: {python:.2f} Python, {postgres:.2f} PostgreSQL; load average {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
