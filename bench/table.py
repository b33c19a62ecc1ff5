"""Rows of figures: what was measured, the limit beside it, and the ratio."""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `ratio` is ours ÷ baseline in the sense that `sense` names."""

    name: str
    ours: str
    baseline: str
    ratio: str
    aim: str


ROWS: list[Row] = []


def add(name: str, ours: str, baseline: str = "–", ratio: float | None = None, aim: str = "–") -> None:
    """Add a row, and print it at once: a long run shows how far it is."""
    row = Row(name, ours, baseline, f"{ratio:.2f}" if ratio is not None else "–", aim)
    ROWS.append(row)
    print(f"{row.name:<50} {row.ours:>22} {row.baseline:>24} {row.ratio:>7}  {row.aim}", flush=True)


def head() -> None:
    """Print what the columns mean."""
    print(f"{'figure':<50} {'ours':>22} {'beside it':>24} {'ratio':>7}  aim")
    print("-" * 122)


def say(text: str) -> None:
    """Print a line of progress, apart from the figures."""
    print(f"… {text}", file=sys.stderr, flush=True)


def timed(act: Callable[[], object], times: int = 5) -> list[float]:
    """Return the seconds that *act* took, each of *times* runs after one to warm up."""
    act()
    return [seconds(act) for _ in range(times)]


def seconds(act: Callable[[], object]) -> float:
    """Return the seconds that *act* took."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def median_ms(taken: list[float]) -> float:
    """Return the median in milliseconds."""
    return statistics.median(taken) * 1000


def percentile_ms(taken: list[float], percent: int) -> float:
    """Return a percentile in milliseconds."""
    ordered = sorted(taken)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Measure a block; its seconds are in the list when it is left."""
    taken: list[float] = []
    start = time.perf_counter()
    yield taken
    taken.append(time.perf_counter() - start)
