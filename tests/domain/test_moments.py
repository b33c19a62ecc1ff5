"""Typed dates and times: read, asked again, never a fault."""

from datetime import date, time

import pytest

from specimens.domain.errors import BadInput
from specimens.domain.moments import instant_of, read_clock, read_day

ZONE = "Europe/Amsterdam"


@pytest.mark.parametrize("text", ["9:05", "09.05", "0905"])
def test_a_clock_is_read_as_it_is_written(text: str) -> None:
    assert read_clock(text) == time(9, 5)


@pytest.mark.parametrize(
    "text", ["", "9", "24:00", "9:60", "-1:00", "٣:00", "9" * 30 + ":00", "0" * 5000 + ":00"]
)
def test_a_clock_that_there_is_not_is_asked_again(text: str) -> None:
    with pytest.raises(BadInput, match="clock_unreadable"):
        read_clock(text)


@pytest.mark.parametrize(
    "parts",
    [("31", "2", "2026"), ("0", "1", "2026"), ("1", "1", "26"), ("1", "2147483648", "2026"), ("9" * 30, "1", "2026"),
     ("1", "1", "0000"), ("1", "1", "0001"), ("31", "12", "9999"), ("0" * 5000, "1", "2026"), ("²", "1", "2026")],
)  # fmt: skip
def test_a_day_that_there_is_not_is_asked_again(parts: tuple[str, str, str]) -> None:
    with pytest.raises(BadInput, match="date_unreadable"):
        read_day(*parts)


def test_in_the_hour_that_is_there_twice_the_person_says_which() -> None:
    night, clock = date(2026, 10, 25), time(2, 30)
    with pytest.raises(BadInput, match="time_repeats"):
        instant_of(night, clock, ZONE)
    earlier, later = (instant_of(night, clock, ZONE, which=which) for which in ("earlier", "later"))
    assert later - earlier == 3_600_000


def test_the_hour_that_is_skipped_is_not_there() -> None:
    with pytest.raises(BadInput, match="time_skipped"):
        instant_of(date(2026, 3, 29), time(2, 30), ZONE, which="later")
