"""The pages in `docs/` say what the code does."""

import ast
import hashlib
import json
import re
import sys
from pathlib import Path

from specimens.domain.custody_page import page
from specimens.ledger import offline, tree
from specimens.ledger.canonical import canonical
from specimens.ledger.entry import KEYS
from specimens.ledger.note import read_key
from specimens.ledger.proof import read_proof

ROOT = Path(__file__).parents[2]


def test_the_page_of_custody_acts_is_made_from_the_table() -> None:
    assert (ROOT / "docs/custody.md").read_text(encoding="utf-8") == page()


def test_the_test_vector_of_the_ledger_format_holds() -> None:
    text = (ROOT / "docs/ledger-format.md").read_text(encoding="utf-8")
    body = re.search(r"```json\n(.*)\n```", text)
    told = re.search(r"has the hash `([0-9a-f]{64})`", text)
    assert body and told
    assert canonical(json.loads(body.group(1))).decode() == body.group(1)
    assert hashlib.sha256(b"\x00" + body.group(1).encode()).hexdigest() == told.group(1)


def test_the_ledger_format_names_every_key_of_a_body() -> None:
    text = (ROOT / "docs/ledger-format.md").read_text(encoding="utf-8")
    assert _keys(text.partition("\n## ")[0]) == KEYS


def _keys(section: str) -> set[str]:
    """Return what the first column of a section's table names."""
    table = "\n".join(line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
    return set(re.findall(r"`(\w+)`", table))


def test_the_example_of_custody_json_verifies_and_the_page_names_its_keys() -> None:
    text = (ROOT / "docs/ledger-format.md").read_text(encoding="utf-8")
    bundle = (ROOT / "docs/custody-example.json").read_bytes()
    table = (ROOT / "docs/custody-example.csv").read_bytes()
    assert offline.check(bundle, table).problems == []
    assert offline.check(bundle.replace(b"the cap was loose", b"the cap was tight"), table).problems
    section = text.partition("\n## custody.json")[2].partition("\n## ")[0]
    assert _keys(section) == set(json.loads(bundle))


def test_the_verifier_is_one_file_that_needs_nothing_of_the_rest() -> None:
    parsed = ast.parse((ROOT / "specimens/ledger/offline.py").read_text(encoding="utf-8"))
    named = {each.module for each in ast.walk(parsed) if isinstance(each, ast.ImportFrom)}
    named |= {name.name for each in ast.walk(parsed) if isinstance(each, ast.Import) for name in each.names}
    rooms = {str(name).split(".")[0] for name in named}
    assert rooms - sys.stdlib_module_names == {"cryptography"}


def test_every_decision_is_listed_and_every_listed_decision_is_there() -> None:
    folder = ROOT / "docs/decisions"
    listed = set(
        re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    )
    assert listed == {path.name for path in folder.glob("0*.md")}


def test_every_link_between_pages_leads_somewhere() -> None:
    for page_path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page_path.read_text(encoding="utf-8")):
            assert (page_path.parent / target).exists(), f"{page_path.name}: {target}"


def test_the_test_vectors_of_the_tree_are_what_the_code_makes() -> None:
    text = (
        (ROOT / "docs/ledger-format.md")
        .read_text(encoding="utf-8")
        .partition("## Test vectors of the tree")[2]
    )
    grown = tree.Growing()
    leaves = [tree.leaf_hash(f"entry {number}".encode()) for number in range(5)]
    grown.add(b"".join(leaves))
    roots = re.findall(r"^\| (\d) \| `([0-9a-f]{64})` \|$", text, re.MULTILINE)
    assert roots == [(str(size), tree.root(grown, size).hex()) for size in range(1, 6)]
    assert all(f"`{each.hex()}`" in text for each in tree.consistency(grown, 3, 5))
    vkey = re.search(r"`(example\.org/specimens\+\S+)`", text)
    assert vkey
    proof = read_proof(text.partition("```\n")[2].partition("```")[0])
    assert proof.verify(leaves[2], [read_key(vkey.group(1))]).size == 5
