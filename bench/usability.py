"""The thirty requirements of the pages, what proves each, and the page that says so: `docs/usability.md`.

    python -m bench stations pages --write docs/usability.md

writes the figures of the sections that were measured; those of other sections stay as they were on the page.
"""

import os
import platform
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.requirements import REQUIREMENTS, Requirement
from bench.table import Row

#: The sections of `python -m bench` whose figures the page shows: what `make usability` measures.
SECTIONS = ("stations", "pages")

_HEAD = """# Thirty requirements of the pages, and what proves each

What a research nurse in gloves, a technician in a cold room and an auditor require of the pages. Each is proven by
tests that run with `make test` (in a real Chromium, with real key events, where a browser matters), and where it is a
matter of time or size also by a figure that `make usability` measures.

This page is made by `python -m bench SECTION… --write docs/usability.md` from `bench/requirements.py`. A test of the
house fails when a test is gone, a figure is missing, or the page is not what would be made.

| # | requirement | holds when | proven by | measured |
|---|---|---|---|---|
"""

_FIGURES = """
## Figures

A figure holds for the machine that it was measured on, and for how busy that was (load: as many cores wanted as that; a
section alone wants one or two). The limit beside it is the requirement's.

| figure | measured | beside it | limit | command | date | machine |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the figures: what was measured, with which command, when, and on what."""

    name: str
    ours: str
    beside: str
    aim: str
    command: str
    day: str
    machine: str


def measured(rows: Iterable[Row], section: str) -> list[Figure]:
    """Return rows of one section that was just measured here as figures."""
    told = f"`python -m bench {section}`", datetime.now(UTC).date().isoformat(), machine()
    return [Figure(row.name, row.ours, row.baseline, row.aim, *told) for row in rows]


def machine() -> str:
    """Say on what it is measured: cores, architecture, Python, and how busy it was with everything (1: one core)."""
    busy = f"load {os.getloadavg()[1]:.0f}"
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {busy}"


def figures(page: str) -> list[Figure]:
    """Return the figures that stand on a page."""
    lines = page.partition("## Figures")[2].splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")
    ]
    return [Figure(*row) for row in cells if len(row) == 7 and row[0] != "figure"]


def _shown(requirement: Requirement, known: list[Figure]) -> list[Figure]:
    return [each for row in requirement.rows for each in known if each.name.startswith(row)]


def page(known: list[Figure]) -> str:
    """Return the page with these figures; those that no requirement names are left out."""
    lines = []
    for each in REQUIREMENTS:
        told = "; ".join(f"{figure.name}: {figure.ours}" for figure in _shown(each, known))
        proofs = ", ".join(f"`{test}`" for test in each.tests)
        lines.append(f"| {each.number} | {each.name} | {each.holds} | {proofs} | {told or '–'} |")
    kept = dict.fromkeys(figure for each in REQUIREMENTS for figure in _shown(each, known))
    table = [f"| {' | '.join(astuple(each))} |" for each in kept]
    return _HEAD + "\n".join(lines) + "\n" + _FIGURES + "\n".join(table) + "\n"


def write(path: Path, fresh: list[Figure]) -> None:
    """Write the page: fresh figures take the place of those that begin alike, the others stay."""
    old = figures(path.read_text(encoding="utf-8")) if path.exists() else []
    rows = [row for each in REQUIREMENTS for row in each.rows]
    replaced = {row for row in rows for each in fresh if each.name.startswith(row)}
    kept = [each for each in old if not any(each.name.startswith(row) for row in replaced)]
    path.write_text(page([*kept, *fresh]), encoding="utf-8")


def problems(text: str, root: Path) -> list[str]:
    """Return what is wrong with the page or with what it is made from, each as one sentence."""
    found = [f"{number} is not there once" for number in range(1, 31) if _count(number) != 1]
    known = figures(text)
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted((root / "bench").glob("*.py")))
    for each in REQUIREMENTS:
        if not each.tests:
            found.append(f"{each.number} has no test")
        for test in each.tests:
            path, _, name = test.partition("::")
            file = root / path
            if not file.is_file() or not re.search(
                rf"^def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE
            ):
                found.append(f"{each.number}: the test {test} is gone")
        for row in each.rows:
            if f'"{row}' not in sources.replace('f"', '"'):
                found.append(f"{each.number}: nothing measures “{row}”")
            if not any(figure.name.startswith(row) for figure in known):
                found.append(f"{each.number}: “{row}” has no figure on the page")
    if not found and text != page(known):
        found.append("the page is not what would be made: python -m bench --words --write docs/usability.md")
    return found


def _count(number: int) -> int:
    return sum(each.number == number for each in REQUIREMENTS)
