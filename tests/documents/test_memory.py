"""A long report is drawn in little memory: measured in a process of its own, as its operating system counts it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_MB = 150

DRAW = """
import re
from specimens.documents.archive import Attached
from specimens.documents.custody import custody_pdf
from specimens.documents.custody_csv import custody_csv
from specimens.documents.custody_json import Proven, custody_json
from tests.documents.custody_records import report

told = report(10_000)
entries = (Proven(b'{"body":"%d%s"}' % (n, b"x" * 900), n, [n.to_bytes(32, "big")] * 14) for n in range(10_000))
bundle = custody_json(told, "0" * 64, Proven(b"{}", 0, []), entries)
files = [
    Attached("custody.json", "application/json", "Data", "data", bundle),
    Attached("custody.csv", "text/csv", "Alternative", "table", iter([custody_csv(told)])),
]
seen = []
pdf = custody_pdf(told, lambda done, of: seen.append((done, of)), files)
assert seen[-1][0] == seen[-1][1] > 600
with open("/proc/self/status") as status:  # the peak of this program alone, not of the one that started it
    print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) // 1024)
"""


def test_ten_thousand_events_with_their_proofs_stay_under_150_megabytes() -> None:
    said = subprocess.run(
        [sys.executable, "-c", DRAW], cwd=ROOT, capture_output=True, text=True, check=False, timeout=250
    )
    assert said.returncode == 0, said.stderr
    assert int(said.stdout) < MOST_MB
