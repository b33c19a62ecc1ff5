"""Labels: sheets of 24 against drawing alone and against python-barcode's pictures, codes against their encoder."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import count
from pathlib import Path

import zxingcpp
from barcode import Code128
from barcode.writer import ImageWriter
from reportlab.pdfgen.canvas import Canvas

from bench import table
from labels import faces
from labels.content import TubeLabel
from labels.sheet import labels_pdf
from labels.stock import Stock, stock
from labels.symbols import code_128, data_matrix
from specimens.domain.identifiers import is_identifier, new_identifier

_SHEETS = 40
_CELLS = 24
_MANY = _SHEETS * _CELLS
_RUNS = 5
_seeds = count(1)


def labels() -> None:
    """Measure the labels."""
    _own()
    ours = drawn = plain = pictures = made = encoded = 1e9
    for _ in range(
        _RUNS
    ):  # in turn, so that a busy machine is as unkind to one as to the other; the best of each
        asked = _labels(_MANY)
        ours = min(
            ours,
            _seconds(lambda asked=asked: labels_pdf(asked, stock("a4_24"), dpi=300, check=is_identifier)),
        )
        drawn = min(drawn, _seconds(lambda asked=asked: _raw(asked)))
        others = _labels(_MANY)
        plain = min(plain, _seconds(lambda others=others: _plain(others)))
        codes = [label.identifier for label in _labels(_CELLS)]
        pictures = min(pictures, _seconds(lambda codes=codes: [_picture(code) for code in codes]))
        fresh = [label.identifier for label in _labels(_MANY)]
        made = min(made, _seconds(lambda fresh=fresh: [data_matrix(code) for code in fresh]))
        encoded = min(encoded, _seconds(lambda fresh=fresh: [_encoded(code) for code in fresh]))
    table.add(
        f"labels on sheets of {_CELLS}, two codes, six texts", f"{_MANY / ours:,.0f}/s",
        f"{_MANY / drawn:,.0f}/s drawing alone", drawn / ours, "≥ 0.6",
    )  # fmt: skip
    table.add(
        "a Code 128 and its text, as python-barcode has it", f"{_MANY / plain:,.0f}/s",
        f"{_CELLS / pictures:,.0f}/s ImageWriter", _MANY / plain / (_CELLS / pictures), "≥ 40",
    )  # fmt: skip
    table.add(
        "Data Matrix, as rectangles", f"{_MANY / made:,.0f}/s",
        f"{_MANY / encoded:,.0f}/s encoder alone", encoded / made, "–",
    )  # fmt: skip
    before, after = _memory(0), _memory(10_000)
    table.add(
        "memory for 10,000 labels", f"{after:.0f} MB", f"{before:.0f} MB for one", None, "≤ 100 MB",
    )  # fmt: skip


def _labels(many: int) -> list[TubeLabel]:
    """Return labels whose identifiers were never made before: no cache can have them."""
    below = random.Random(next(_seeds)).randrange
    return [
        TubeLabel(new_identifier(below), new_identifier(below), "BEL-SLE", "BL", "K2EDTA", "1/1")
        for _ in range(many)
    ]


_PLAIN = """
width = 50.0
height = 25.0
safe = [1.5, 1.5]
texts = [{ field = "identifier", x = 1.5, y = 18.0, width = 47.0, height = 4.0, size = 10, least = 8, face = "mono" }]
symbols = [{ kind = "code_128", x = 1.5, y = 1.5, width = 47.0, height = 15.0 }]
"""


@cache
def _own() -> Stock:
    """Return a stock with a layout from outside, as a site has its own: a Code 128 and the identifier, nothing else."""
    with tempfile.TemporaryDirectory(prefix="specimens-bench-") as name:
        folder = Path(name)
        (folder / "plain.toml").write_text(_PLAIN, "utf-8")
        own = replace(stock("a4_24"), layouts={"blood_tube": "plain"}, folder=folder)
        own.layout_for("blood_tube")  # read once, as at the start of a program
        return own


def _plain(asked: list[TubeLabel]) -> bytes:
    return labels_pdf(asked, _own(), dpi=300, check=is_identifier)


def _seconds(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def _raw(asked: list[TubeLabel]) -> bytes:
    """The limit: the same bars and texts at fixed places; nothing encoded, measured, checked or snapped."""
    matrix, line = data_matrix("C4K7N2XD").bars, code_128("C4K7N2XD").bars
    faces.width_mm("registers the face", faces.TEXT, 8)
    out = BytesIO()
    canvas = Canvas(out, pagesize=(595.2, 841.9), invariant=1, pageCompression=1)
    for number, label in enumerate(asked):
        if number and number % _CELLS == 0:
            canvas.showPage()
        x, y = 20.4 + number % 3 * 187, 800.0 - number % _CELLS // 3 * 96
        canvas.setFont(faces.TEXT, 8)
        for row, text in enumerate(label.texts().values()):
            canvas.drawString(x, y - 10 * row, text)
        for bars, across, down in ((matrix, 1.44, 1.44), (line, 0.72, 22)):
            said = " ".join([f"{a} {b} {c} {d} re" for a, b, c, d in bars])
            canvas._code.append(f"q {across} 0 0 {-down} {x} {y} cm {said} f Q")
    canvas.save()
    return out.getvalue()


def _picture(code: str) -> None:
    Code128(code, writer=ImageWriter()).write(BytesIO())


def _encoded(code: str) -> object:
    made = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.DataMatrix, version=3)
    return made.to_image(scale=1, add_quiet_zones=False)


def _memory(many: int) -> float:
    """Return the most MB that a process of its own held while it made a PDF of so many labels."""
    program = (
        "import re; from bench import labels; from labels.sheet import labels_pdf; "
        "from labels.stock import stock; from specimens.domain.identifiers import is_identifier; "
        f"labels_pdf(labels._labels({max(1, many)}), stock('a4_24'), dpi=300, check=is_identifier); "
        # not ru_maxrss: that begins with what the program held that started this one
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024)"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    return float(told)


if __name__ == "__main__":
    table.head()
    labels()
