"""What the JSON doors do on either engine: acts, and input that only one of them would stumble over."""

import pytest
import time_machine

from specimens.services import kit
from tests.api.conftest import Api
from tests.engines import ENGINES
from tests.history import opened


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Walk through both engines."""
    return str(request.param)


def test_a_kit_is_collected_tube_by_tube(api: Api, clock: time_machine.Traveller) -> None:
    with api.web.app.app_context():
        made = opened(api.web.cast, clock)
        kit.open_kit(api.web.cast.nora, made.kits["blood"])
        kit.attest_identity(api.web.cast.nora, made.kits["blood"])
    for tube in made.tubes:
        said = api.scan("nora", {"act": "collect", "kit": made.kits["blood"], "scan": tube}, key=tube).json
        assert said["saved"], said
        again = api.scan("nora", {"act": "collect", "kit": made.kits["blood"], "scan": tube}, key=tube).json
        assert again["code"] == said["code"]
    assert api.web.acts("specimen").count("collected") == len(made.tubes)


@pytest.mark.parametrize(
    "said", ["%00", "a%00b", "%ED%A0%80", "%FF", "%0A", "'", "%25", "x" * 3000, "%E2%80%AE", "..%2F"]
)
def test_no_address_breaks_a_door(said: str, api: Api) -> None:
    for address in (
        f"/specimens/{said}", f"/specimens/{said}/custody", f"/visits/{said}", f"/participants/{said}",
        f"/reports/custody?specimen={said}", f"/reports/custody?specimen=C4K7N2XD&x={said}",
    ):  # fmt: skip
        assert api.get("nora", address).status_code in (404, 422), address


@pytest.mark.parametrize(
    "raw", ["\x01", "\u202e", "😀" * 60, "C4K7N2XD\r\n", "]d1", "'; DROP TABLE specimen; --"]
)
def test_no_scan_breaks_a_door(raw: str, api: Api) -> None:
    answer = api.scan("mei", {"act": "store", "unit": "C4K7N2XD", "scan": raw})
    assert (answer.status_code, answer.json["verdict"]) == (200, "stop")
    assert api.web.acts("near_miss") == ["scan_refused"]
