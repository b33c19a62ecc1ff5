"""Every layout on every stock at every resolution, from PDF, ZPL and PNG, as printed and worn: each code is read.

A few labels of each; `python -m tests.labels.matrix` reads 200.
"""

import pytest

from tests.labels import matrix


@pytest.mark.parametrize(("stock", "role", "dpi"), matrix.COMBINATIONS)
def test_every_label_is_read_and_nothing_else(stock: str, role: str, dpi: int) -> None:
    tally = matrix.read(stock, role, dpi, many=2, seed=matrix.COMBINATIONS.index((stock, role, dpi)))
    assert tally.missed.total() == 0, tally.missed
    assert tally.wrong.total() == 0, tally.wrong
    assert tally.asked.total() >= 6 * 2
