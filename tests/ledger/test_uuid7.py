"""UUID version 7: it sorts by time, and says which version it is."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from specimens.ledger.uuid7 import uuid7

_INSTANTS = st.integers(0, 2**48 - 1)


@given(_INSTANTS)
def test_it_holds_its_instant_its_version_and_its_variant(milliseconds: int) -> None:
    made = uuid.UUID(uuid7(milliseconds))
    assert made.int >> 80 == milliseconds
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


@given(_INSTANTS, _INSTANTS)
def test_it_sorts_by_time_as_text(one: int, other: int) -> None:
    if one != other:
        assert (uuid7(one) < uuid7(other)) == (one < other)


def test_two_of_the_same_instant_differ() -> None:
    assert len({uuid7(1_700_000_000_000) for _ in range(1000)}) == 1000


def test_the_example_of_the_standard_reads_the_same() -> None:
    """RFC 9562, appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F was made at 1645557742000 ms."""
    assert uuid7(1645557742000).upper().startswith("017F22E2-79B0-7")
