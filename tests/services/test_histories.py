"""Some of the honest histories of `histories.py`: no false alarm in any zone, locale or isolation level."""

import pytest

from tests.services.histories import history


@pytest.mark.parametrize("number", range(3))
def test_no_zone_locale_or_isolation_level_raises_a_false_alarm(engine_name: str, number: int) -> None:
    told = history(engine_name, number)
    assert told.differences == ()
    assert told.done > 5
