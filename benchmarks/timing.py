"""A work beside its yardstick, timed in turns.

Other programs disturb a machine now and then. So each round times both, one right after the other; the ratio is the
median of the rounds' ratios.
"""

import gc
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
PEAK_SINCE_NOW = "5"  # proc(5), clear_refs
MIB = 1024  # KiB


class Work:
    """One thing that the product does, and the shortest way by hand to the same result.

    Where both answer something, the answers have to be equal.
    """

    name: str
    bar: "Bar"
    rounds = 5
    writes = False  # each run then begins in a copy of the database of its own
    number = 1  # how many things one run does, for a rate
    waits: Sequence[float] = ()  # of those who come meanwhile, in seconds

    def __init__(self, persons: int):
        self.persons = persons

    def prepare(self) -> None:
        """What a run needs, before each run, and not timed."""

    def ours(self) -> object:
        raise NotImplementedError

    def yardstick(self) -> object:
        """Left out where the bar names no yardstick."""

    def clear_up(self) -> None:
        """Take away what was made beside the database."""

    def note(self) -> str:
        """What else there is to tell, after the last round and where that was."""
        return ""

    @property
    def has_yardstick(self) -> bool:
        return type(self).yardstick is not Work.yardstick


@dataclass
class Measured:
    """What the rounds of one work have come to, in seconds; `peak` and `grown` in MiB."""

    work: Work
    rounds: list[tuple[float, float]] = field(default_factory=list)
    peak: int = 0
    grown: int = 0
    is_same: bool = True
    note: str = ""

    @property
    def ours(self) -> float:
        return median(ours for ours, _ in self.rounds)

    @property
    def yardstick(self) -> float:
        return median(yardstick for _, yardstick in self.rounds)

    @property
    def ratio(self) -> float:
        return median(ours / yardstick for ours, yardstick in self.rounds)

    @property
    def rate(self) -> float:
        return self.work.number / self.ours


@dataclass(frozen=True)
class Bar:
    """What a work has to hold, in words too."""

    words: str
    holds: Callable[[Measured], bool]


def at_most(times: float) -> Bar:
    return Bar(f"<= {times:g} x", lambda measured: measured.ratio <= times)


def longer_by(milliseconds: float) -> Bar:
    return Bar(
        f"<= {milliseconds:g} ms over", lambda measured: measured.ours - measured.yardstick <= milliseconds / 1000
    )


def measured(work: Work, *, rounds: int | None, before: Callable[[Work], None]) -> Measured:
    """Time the rounds of a work; `before` puts the database in order for each run. What only reads is warmed up."""
    found = Measured(work)
    if not work.writes:
        one_round(work, found, before)
        found.rounds.clear()
    for _ in range(rounds or work.rounds):
        one_round(work, found, before)
    found.note = work.note()
    return found


def one_round(work: Work, found: Measured, before: Callable[[Work], None]) -> None:
    before(work)
    begun = memory("VmRSS")
    CLEAR.write_text(PEAK_SINCE_NOW)
    ours, answer = timed(work.ours)
    peak = memory("VmHWM")
    found.peak, found.grown = max(found.peak, peak), max(found.grown, peak - begun)
    yardstick = 0.0
    if work.has_yardstick:
        before(work)
        yardstick, same = timed(work.yardstick)
        found.is_same = found.is_same and (answer is None or same is None or answer == same)
    found.rounds.append((ours, yardstick))


def timed(run: Callable[[], object]) -> tuple[float, object]:
    gc.collect()
    begun = time.perf_counter()
    answer = run()
    return time.perf_counter() - begun, answer


def memory(name: str) -> int:
    """A line of what the kernel says of this process, in MiB."""
    found = re.search(rf"^{name}:\s+(\d+)", STATUS.read_text(), re.MULTILINE)
    return int(found[1]) // MIB if found else 0


def cores() -> int:
    return len(os.sched_getaffinity(0))
