"""``python -m tests.payment_provider --port N --data-dir D --keys-dir K``; stops on SIGTERM or Ctrl-C with exit 0."""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.payment_provider.cashier import Cashier
from tests.payment_provider.faults import Faults, Knobs, parse
from tests.payment_provider.gateway import Gateway
from tests.payment_provider.judge import Judge
from tests.payment_provider.keys import load_or_make
from tests.payment_provider.ledger import Ledger
from tests.payment_provider.notices import Notifier
from tests.payment_provider.server import Rooms, Server


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="payment_provider", description="A stand-in for WeChat Pay. No real money.")
    parser.add_argument("--keys-dir", type=Path, required=True, help="keys of both sides; made if empty")
    parser.add_argument("--init-keys-only", action="store_true", help="make the keys and exit")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; the first line printed tells it")
    parser.add_argument("--data-dir", type=Path, help="holds the ledger")
    parser.add_argument("--time-scale", type=float, default=0.1, help="factor on waits between notices")
    parser.add_argument("--notify-fault-rate", type=float, default=0.0, help="share of notices never sent")
    parser.add_argument("--faults", default=os.environ.get("PAYMENT_PROVIDER_FAULTS", ""), help="knobs as JSON")
    chosen = parser.parse_args()
    if not chosen.init_keys_only and chosen.data_dir is None:
        parser.error("--data-dir is required")
    return chosen


def build(chosen: argparse.Namespace) -> tuple[Server, Notifier]:
    keys = load_or_make(chosen.keys_dir)
    faults = Faults(Knobs(notice_swallow_rate=chosen.notify_fault_rate))
    faults.turn(parse(chosen.faults))
    ledger = Ledger(chosen.data_dir / "ledger.sqlite3")
    notifier = Notifier(keys, ledger, faults, time_scale=chosen.time_scale)
    rooms = Rooms(
        keys=keys,
        ledger=ledger,
        faults=faults,
        gateway=Gateway(keys, ledger, faults),
        cashier=Cashier(ledger, notifier),
        judge=Judge(ledger, notifier, faults),
    )
    return Server((chosen.host, chosen.port), rooms), notifier


def stop(*_: Any) -> None:
    raise SystemExit(0)


def main() -> None:
    chosen = arguments()
    if chosen.init_keys_only:
        load_or_make(chosen.keys_dir)
        return
    try:
        server, notifier = build(chosen)
    except OSError as error:  # the port is taken, or a folder is not ours
        sys.exit(f"payment provider: {error}")
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"http://{chosen.host}:{server.server_port}\n")
    sys.stdout.flush()
    notifier.start()
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        notifier.stop()
        server.server_close()


if __name__ == "__main__":
    main()
