"""Fields of a form, read as they were typed: what cannot be read is never taken for something else."""

import pytest

from specimens.web.form import Form
from tests.web.conftest import Web


@pytest.mark.parametrize(
    ("typed", "tenths"),
    [("-79,5", -795), ("−80", -800), ("4.0", 40), (" 21 ", 210), ("5.", 50), ("0.1", 1), ("", None)],
)
def test_a_number_with_one_decimal_is_read_in_tenths(web: Web, typed: str, tenths: int | None) -> None:
    with web.app.test_request_context(method="POST", data={"temperature": typed}):
        form = Form()
        assert form.tenths("temperature") == tenths
        assert not form.wrong


@pytest.mark.parametrize(
    "typed", ["5.12", "37.45", "5.123", "-79,01", "--5", "+5", "5..1", "5,1,2", "٣", "1e2", "99999", ".5"]
)
def test_a_number_with_more_decimals_or_none_at_all_is_asked_again(web: Web, typed: str) -> None:
    with web.app.test_request_context(method="POST", data={"temperature": typed}):
        form = Form()
        assert form.tenths("temperature") is None
        assert form.wrong == {"temperature": "number_unreadable"}
