"""
Faults on purpose, drawn from a seed.

Each draw depends only on the seed, the kind of fault, the number concerned and its count of tries, never on the order
in which threads arrive; so one seed gives one history.
"""

import json
import random
import threading
from collections import Counter
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Knobs:
    """Rates are 0..1 of requests (refund, API) or of notices; times are seconds of the wall clock."""

    seed: int = 1
    api_error_rate: float = 0.0  # any signed call: 500 SYSTEM_ERROR, nothing done
    refund_error_rate: float = 0.0  # 500 SYSTEM_ERROR, nothing done
    refund_limit_rate: float = 0.0  # 429 FREQUENCY_LIMITED, nothing done
    refund_no_funds_rate: float = 0.0  # 403 NOT_ENOUGH, nothing done
    refund_timeout_rate: float = 0.0  # held for hang_s and cut, nothing done
    refund_lost_answer_rate: float = 0.0  # done, then cut
    hang_s: float = 12.0
    refund_settle_s: float = 0.0
    refund_abnormal_rate: float = 0.0  # accepted, ends ABNORMAL: the payer's account is gone
    refund_closed_rate: float = 0.0  # accepted, ends CLOSED: no money has moved
    notice_swallow_rate: float = 0.0  # never sent at all
    notice_duplicates: int = 0  # further copies, sent at once after the first
    notice_delay_s: float = 0.0


class Faults:
    """The knobs in force, changeable while the server runs."""

    def __init__(self, knobs: Knobs) -> None:
        self._lock = threading.Lock()
        self._knobs = knobs
        self._tries: Counter[tuple[str, str]] = Counter()

    @property
    def knobs(self) -> Knobs:
        return self._knobs

    def turn(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Change some knobs and start all counts again. :raises ValueError: an unknown name or a wrong type."""
        kinds = {knob.name: type(getattr(Knobs(), knob.name)) for knob in fields(Knobs)}
        for name, value in changes.items():
            if name not in kinds or isinstance(value, bool) or not isinstance(value, (int, kinds[name])):
                raise ValueError(name)
        with self._lock:
            self._knobs = replace(self._knobs, **changes)
            self._tries.clear()
            return asdict(self._knobs)

    def strikes(self, kind: str, number: str) -> bool:
        """Whether the fault ``kind`` (a ``…_rate`` without its ending) hits this try at ``number``."""
        rate: float = getattr(self._knobs, f"{kind}_rate")
        if not rate:
            return False
        with self._lock:
            self._tries[kind, number] += 1
            tries = self._tries[kind, number]
        draw = random.Random(f"{self._knobs.seed}:{kind}:{number}:{tries}").random()  # noqa: S311 - repeatable, not secret
        return draw < rate


def parse(text: str) -> dict[str, Any]:
    """:raises ValueError: not JSON. :raises TypeError: not an object."""
    changes = json.loads(text or "{}")
    if not isinstance(changes, dict):
        raise TypeError("not an object")
    return changes
