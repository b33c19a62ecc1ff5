"""What is in the repository, and what must never be."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, text, tracked
from tests.order import SECONDS

LONGEST_FILE_LINES = 400
#: Handed to people who have nothing else of the program, so it may not be split.
ONE_FILE = "specimens/ledger/offline.py"

#: A step of the database's history is one file and stays as it was made.
HISTORY = "specimens/migrations/versions/"

GENERATED = re.compile(
    r"\.(min\.(js|css)|map|mo|pyc|db|sqlite3?|so|log|pdf|zip|whl|woff2?)$|(^|/)(node_modules|dist|build)/"
)

#: Each with a line that it must find. Written in pieces, so that this file does not find itself.
FORBIDDEN = {
    "an address of a package registry": (
        r"https?://[\w.-]*("
        + "|".join(("pypi" r"\.", "python" "hosted", "npm" "js", "jf" "rog", "nex" "us", "arti" "factory"))
        + r")",
        "--index" "-url=https://pypi" ".example/simple",
    ),
    "an option that names an index": (
        r"--(extra-)?index" r"-url|--find" r"-links|--trusted" r"-host",
        "--trusted" "-host registry",
    ),
    "a path of one machine": (
        r"(?<![\w.~-])/(work|root|home/\w+|Users/\w+)/|(?<![\w.])/t" r"mp/",
        'folder = "/' 'work/main"',
    ),
    "a private key": (r"-----BEGIN [A-Z ]*PRIVATE KEY-----", "-----BEGIN EC " "PRIVATE KEY-----"),
    "a token": (
        r"\b(ghp|gho|ghs|glpat|xox[bap])[_-][A-Za-z0-9_-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bsk-[A-Za-z0-9]{24,}",
        "ghp" "_0123456789abcdefABCDEF",
    ),
    "work left open": (r"\b(TO" r"DO|FIX" r"ME)\b", "# TO" "DO: later"),
}  # fmt: skip


def _readable() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        raw = (ROOT / path).read_bytes()
        if b"\0" not in raw[:8192]:
            found.append((path, raw.decode("utf-8")))
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what][0])
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, content in _readable()
        for number, line in enumerate(content.splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == [], what


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_no_file_may_hold_would_be_found(what: str) -> None:
    pattern, planted = FORBIDDEN[what]
    assert re.search(pattern, planted)


def test_nothing_generated_or_compiled_is_tracked() -> None:
    assert [path for path in tracked() if GENERATED.search(path)] == []


def test_nothing_minified_is_tracked() -> None:
    longest = {
        path: max(map(len, content.splitlines()), default=0)
        for path, content in _readable()
        if path.endswith((".js", ".css", ".html", ".svg"))
    }
    assert {
        path: width for path, width in longest.items() if width > (120 if path.endswith(".css") else 1500)
    } == {}


def test_no_file_of_code_is_longer_than_anybody_reads() -> None:
    lengths = {
        path: len(text(path).splitlines())
        for path in tracked()
        if path.endswith((".py", ".html", ".js")) and not path.startswith(HISTORY)
    }
    assert lengths.pop(ONE_FILE) < 700
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE_LINES} == {}


def test_the_readme_names_both_commands_and_make_knows_them() -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    told = set(re.findall(r"make ([a-z]+)", text("README.md")))
    assert {"run", "test"} <= told
    assert told <= targets


def test_ci_runs_the_command_of_the_readme() -> None:
    assert "make test" in text(".ci/run")
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pinned_requirement_has_its_hashes(name: str) -> None:
    entries = re.split(r"\n(?=\S)", text(name).replace("\\\n", " ").strip())
    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==\S+ ", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_requirement_that_was_asked_for_is_pinned(name: str) -> None:
    asked = re.findall(r"^([A-Za-z0-9][A-Za-z0-9_-]*)", text(f"{name}.in"), re.MULTILINE)
    pinned = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", text(f"{name}.txt"), re.MULTILINE))
    assert {each.lower().replace("_", "-") for each in asked} - pinned == set()


def test_what_runs_is_pinned_alike_for_running_and_for_testing() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", text(name), re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_a_link_or_file_leads_nowhere_outside_the_repository() -> None:
    outside = [path for path in tracked() if (ROOT / path).is_symlink()]
    assert outside == []
    assert all(not Path(path).is_absolute() for path in tracked())


def test_every_template_takes_its_macros_with_the_page_they_stand_in() -> None:
    """A macro that makes an address or a token fails on the one page that needs it, and on no other."""
    careless = [
        f"{path}:{number}"
        for path in tracked()
        if path.startswith("templates/") and path != "templates/macros.html"
        for number, line in enumerate(text(path).splitlines(), start=1)
        if 'from "macros.html" import' in line and "with context" not in line
    ]
    assert careless == []


def test_the_files_of_tests_that_are_begun_first_are_there() -> None:
    assert set(SECONDS) <= set(tracked())
