"""The page of requirements says what enforces and what proves each one: a row whose test is gone fails."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/traceability.md"

#: What has to have a row: the testable requirements of 21 CFR Part 11, the EMA guideline, ICH E6(R3), GDPR and WMO.
REQUIREMENTS = {
    *(f"A{number}" for number in range(1, 11)),
    "T1", "T2",
    *(f"S{number}" for number in range(1, 6)),
    *(f"U{number}" for number in range(1, 8)),
    *(f"W{number}" for number in range(1, 5)),
    *(f"X{number}" for number in range(1, 5)),
    *(f"P{number}" for number in range(1, 7)),
    "V1",
}  # fmt: skip

#: What nobody may say of a program: validation, accreditation and certificates are the user's and of third parties.
_NEVER = re.compile(r"\b(compliant|certified|validated|accredited|conformant)\b", re.IGNORECASE)


def _rows(text: str) -> dict[str, list[str]]:
    lines = [line for line in text.splitlines() if re.match(r"\| [A-Z]\d+ \|", line)]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


@cache
def _tests(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def problems(text: str) -> list[str]:
    """Return what is wrong with a page of requirements, each as one sentence."""
    rows = _rows(text)
    found = [f"{missing} has no row" for missing in sorted(REQUIREMENTS - set(rows))]
    for name, row in rows.items():
        if len(row) != 4:
            found.append(f"{name} has {len(row) + 1} cells, not 5")
            continue
        _, source, enforced, proven = row
        if not source:
            found.append(f"{name} names no source")
        if proven.startswith("the user's:"):
            continue
        paths, tests = re.findall(r"`([^`]+)`", enforced), re.findall(r"`([^`]+)`", proven)
        if not paths or not tests:
            found.append(f"{name} names nothing that enforces it, or nothing that proves it")
        found += [f"{name}: {path} is gone" for path in paths if not (ROOT / path).exists()]
        for test in tests:
            path, _, function = test.partition("::")
            if not (ROOT / path).is_file() or function not in _tests(ROOT / path):
                found.append(f"{name}: the test {test} is gone")
    return found


def test_every_requirement_names_what_enforces_it_and_a_test_that_is_there() -> None:
    assert problems(PAGE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        ("| A1 | x | y | `config.py` | `tests/house/test_traceability.py::test_gone` |", "is gone"),
        ("| A1 | x | y | `specimens/gone.py` | `tests/house/test_traceability.py::problems` |", "is gone"),
        ("| A1 | x | y | config.py | none |", "names nothing"),
        ("| A1 | x |  | `config.py` | `tests/house/test_traceability.py::problems` |", "no source"),
        ("| A1 | x | y |", "cells"),
    ],
)
def test_a_row_that_proves_nothing_is_found(planted: str, told: str) -> None:
    found = [problem for problem in problems(planted) if problem.startswith(("A1 ", "A1:"))]
    assert found and told in found[0]


def test_no_page_claims_what_only_others_can_say() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")]
    wrong = [
        f"{page.relative_to(ROOT)}: {line.strip()}"
        for page in pages
        for line in page.read_text(encoding="utf-8").splitlines()
        if _NEVER.search(line) and "not claimed" not in line and "remain" not in line
    ]
    assert wrong == []
