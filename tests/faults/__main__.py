"""``python -m tests.faults --tier quick|push|full [--only ROW ...] [--seed N]``; exit 1 unless every row holds."""

import argparse
import json
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults.ground import standing
from tests.faults.rows import HEAD, Result, Row, Tier

ROOT = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="faults", description="Faults on purpose, counted.")
    parser.add_argument("--tier", choices=[tier.name.lower() for tier in Tier], default="push")
    parser.add_argument("--only", nargs="+", metavar="ROW", help="only these rows, e.g. A1 B8")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run; drawn if not given")
    parser.add_argument("--json", type=Path, default=ROOT / "var" / "faults.json")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    tier = Tier[chosen.tier.upper()]
    signal.signal(signal.SIGTERM, stop)
    seed = secrets.randbelow(2**31) if chosen.seed is None else chosen.seed
    say(f"faults, {chosen.tier} tier, --seed {seed}\n{HEAD}")
    with standing() as ground:
        from tests.faults.matrix import ROWS  # here: models cannot be imported before Django is set up

        results = [show(row.run(ground, tier, seed)) for row in wanted(ROWS, tier, chosen.only)]
    write(chosen.json, results)
    failed = [result.id for result in results if not result.holds]
    say(f"not proven: {', '.join(failed)} (--seed {seed})" if failed else f"{len(results)} rows hold")
    sys.exit(1 if failed or not results else 0)


def stop(*_: Any) -> None:
    """End as if by itself, so that the servers go too."""
    raise SystemExit(1)


def wanted(rows: Sequence[Row], tier: Tier, only: Sequence[str] | None) -> list[Row]:
    """:raises SystemExit: a row is asked for that there is not."""
    known = {row.id: row for row in rows}
    if only and (missing := set(only) - known.keys()):
        sys.exit(f"no row {', '.join(sorted(missing))}; there are {', '.join(known)}")
    return [row for row in rows if row.tries[tier] and (not only or row.id in only)]


def show(result: Result) -> Result:
    say(result.line())
    for fault in result.tally.faults:
        say(f"      {fault}")
    return result


def write(file: Path, results: Sequence[Result]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
