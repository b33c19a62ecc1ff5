"""In which order files of tests are begun where several processes share them."""

from collections import Counter

import pytest

#: Files whose tests take longer than most: how many seconds on one processor, roughly. Elsewhere a tenth for each test.
SECONDS = {
    "tests/browser/test_accessibility.py": 25,
    "tests/browser/test_acts.py": 60,
    "tests/browser/test_audit_bench.py": 10,
    "tests/browser/test_boxes.py": 35,
    "tests/browser/test_choice_waits.py": 40,
    "tests/browser/test_every_page.py": 130,
    "tests/browser/test_handover.py": 15,
    "tests/browser/test_line_down.py": 60,
    "tests/browser/test_manner.py": 15,
    "tests/browser/test_presence.py": 35,
    "tests/browser/test_receipt.py": 25,
    "tests/browser/test_scanning.py": 25,
    "tests/browser/test_story.py": 95,
    "tests/browser/test_support.py": 15,
    "tests/browser/test_verdicts.py": 15,
    "tests/cli/test_commands.py": 35,
    "tests/cli/test_demo.py": 5,
    "tests/cli/test_full_disk.py": 10,
    "tests/cli/test_ledger_commands.py": 12,
    "tests/cli/test_report.py": 10,
    "tests/cli/test_witness.py": 22,
    "tests/documents/test_custody.py": 15,
    "tests/documents/test_memory.py": 15,
    "tests/house/test_matrix.py": 30,
    "tests/labels/test_matrix.py": 40,
    "tests/services/test_checkpoint.py": 25,
    "tests/services/test_histories.py": 30,
    "tests/services/test_kill.py": 15,
    "tests/services/test_verify.py": 15,
    "tests/web/test_dutch.py": 10,
    "tests/web/test_hostile_input.py": 15,
}


def longest_first(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first: what is begun last is short, and nobody waits long for it."""
    many = Counter(item.location[0] for item in items)
    items.sort(key=lambda item: -SECONDS.get(item.location[0], many[item.location[0]] / 10))
