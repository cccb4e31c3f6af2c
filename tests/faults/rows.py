"""What a row is, and what is counted while it runs."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.ground import Ground

SHOWN = 5
FRESH_EVERY = 25


class Tier(IntEnum):
    """How much is tried: in three minutes, in a quarter of an hour, in an hour."""

    QUICK = 0
    PUSH = 1
    FULL = 2


# No new try of a row is begun after so many seconds; a push on a machine that is not busy ends all of its tries.
MOST_S = {Tier.QUICK: 8.0, Tier.PUSH: 300.0, Tier.FULL: 90.0}


@dataclass
class Tally:
    """``faults``: the first few sentences about what broke where it must not."""

    tries: int = 0
    broken: int = 0
    control_tries: int = 0
    control_broken: int = 0
    faults: list[str] = field(default_factory=list)

    def guarded(self, fault: str) -> None:
        """Count one try with the product as it is; an empty ``fault`` is what must come out."""
        self.tries += 1
        self.broken += bool(fault)
        if fault and len(self.faults) < SHOWN:
            self.faults.append(fault)

    def control(self, fault: str) -> None:
        """Count one try without the guard; here a fault shows that the row would have seen it."""
        self.control_tries += 1
        self.control_broken += bool(fault)


@dataclass(frozen=True)
class Run:
    """
    One row being run: ``tries`` is how often (what it counts is the row's own), ``draw`` is seeded.

    :param until: by the monotonic clock; no new try is begun after it, but one is made in any case.
    """

    ground: Ground
    tier: Tier
    tries: int
    draw: random.Random
    tally: Tally
    until: float

    def count(self) -> Iterator[int]:
        for number in range(self.tries):
            if number and time.monotonic() > self.until:
                return
            yield number

    def each(self) -> Iterator[int]:
        """Count the tries; the world is made afresh now and then, since every question to the books reads all of it."""
        for number in self.count():
            if number and number % FRESH_EVERY == 0:
                self.ground.fresh()
            yield number

    def batches(self, most: int) -> Iterator[int]:
        """Divide the tries into batches of ``most`` and what is left."""
        for start in self.count():
            if start % most == 0:
                yield min(most, self.tries - start)


@dataclass(frozen=True)
class Row:
    """
    :param tries: in the quick, the push and the full tier; 0 leaves the row out.
    :param full_s: a share of the full tier's hour of its own, where more tries tell more.
    """

    id: str
    fault: str
    work: Callable[[Run], None]
    tries: tuple[int, int, int]
    full_s: float = MOST_S[Tier.FULL]

    def run(self, ground: Ground, tier: Tier, seed: int) -> Result:
        tally, begun = Tally(), time.monotonic()
        ground.fresh()
        draw = random.Random(f"{seed}:{self.id}")  # noqa: S311 - repeatable, not secret
        until = begun + (self.full_s if tier == Tier.FULL else MOST_S[tier])
        try:
            self.work(Run(ground, tier, self.tries[tier], draw, tally, until))
        except Exception as error:  # noqa: BLE001 -- a row that cannot be run to its end proves nothing
            tally.guarded(f"{type(error).__name__}: {error} at {traceback.extract_tb(error.__traceback__)[-1]}")
        return Result(self.id, self.fault, tally, round(time.monotonic() - begun, 1), seed)


@dataclass(frozen=True)
class Result:
    id: str
    fault: str
    tally: Tally
    seconds: float
    seed: int

    @property
    def holds(self) -> bool:
        """Nothing broke, something was tried, and the control showed that it would have been seen."""
        return bool(self.tally.tries and not self.tally.broken and self.tally.control_broken)

    def as_json(self) -> dict[str, Any]:
        counted = asdict(self.tally)
        del counted["faults"]
        return {"id": self.id, **counted, "seconds": self.seconds, "seed": self.seed}

    def line(self) -> str:
        t = self.tally
        mark = "✓" if self.holds else "✗"
        counts = f"{t.tries:>6} {t.broken:>6} {t.control_broken:>5}/{t.control_tries:<5} {self.seconds:>7.1f}"
        return f"{mark} {self.id:<5} {counts}  {self.fault}"


HEAD = f"  {'row':<5} {'tries':>6} {'broken':>6} {'control':>11} {'seconds':>7}  fault"
