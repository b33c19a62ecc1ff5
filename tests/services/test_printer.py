"""Setting printers up: where something may be sent, and which printer a station offers."""

import socket
from dataclasses import replace

import pytest

from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.services import label_stock, printer, printer_target, verify
from specimens.services.printer import Asked
from specimens.services.printer_target import Targets
from tests.cast import Cast
from tests.services.printing import asked

TARGETS = Targets(
    ("10.0.0.0/8", "fc00::/7"), frozenset({9100}), commands={"ward": ("lp",)}, folders={"path": "/srv/labels"}
)
DESK = asked("10.0.0.5:9100", name="Desk")


@pytest.mark.parametrize(
    ("typed", "numeric"),
    [
        ("10.0.0.5", "10.0.0.5:9100"),
        (" 10.0.0.5:9100 ", "10.0.0.5:9100"),
        ("[fd00::5]:9100", "[fd00::5]:9100"),
        ("fd00::5", "[fd00::5]:9100"),
    ],
)
def test_an_address_is_read_once_into_numbers(typed: str, numeric: str) -> None:
    assert printer_target.resolved(typed, TARGETS) == numeric
    assert TARGETS.allows(numeric)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "printer_address_unreadable"),
        ("http://10.0.0.5/", "printer_address_unreadable"),
        ("user@10.0.0.5", "printer_address_unreadable"),
        ("10.0.0.5:0", "printer_address_unreadable"),
        ("10.0.0.5:99999", "printer_address_unreadable"),
        ("10.0.0.5:nine", "printer_address_unreadable"),
        ("10.0.0.5:9100:1", "printer_address_unknown"),
        ("a" * 181, "printer_address_unreadable"),
        ("no-such-printer.invalid", "printer_address_unknown"),
        ("10.0.0.5:6379", "printer_address_outside"),
        ("127.0.0.1", "printer_address_outside"),
        ("0x7f000001", "printer_address_outside"),
        ("169.254.169.254", "printer_address_outside"),
        ("8.8.8.8", "printer_address_outside"),
        ("[::1]:9100", "printer_address_outside"),
        ("[::ffff:127.0.0.1]:9100", "printer_address_outside"),
    ],
)
def test_an_address_that_is_none_or_lies_outside_is_refused(typed: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        printer_target.resolved(typed, TARGETS)
    assert refused.value.fields == {"address": code}


def test_a_name_that_leads_inside_and_outside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 9100)) for each in ("10.0.0.5", "8.8.8.8")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: both)
    with pytest.raises(BadInput) as refused:
        printer_target.resolved("desk", TARGETS)
    assert refused.value.fields == {"address": "printer_address_outside"}


def test_what_a_name_means_later_does_not_matter(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.5", 9100))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: found)
    made = printer.add(cast.adam, "AMS", replace(DESK, address="desk.hospital.example"), TARGETS)
    found[0] = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9100))
    assert printer.get(cast.adam, made.code).resolved == "10.0.0.5:9100"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"stock": "parchment"}, "stock"),
        ({"dpi": 72}, "dpi"),
        ({"stock": "a4_21", "language": "zpl"}, "stock"),
        ({"offset_x": 101}, "offset_x"),
        ({"offset_y": -101}, "offset_y"),
        ({"kind": "command", "address": "rm -rf /"}, "address"),
        ({"kind": "folder", "address": "/etc"}, "address"),
        ({"stations": ("nowhere",)}, "stations"),
    ],
)
def test_what_cannot_be_a_printer_is_told_at_its_field(
    cast: Cast, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        printer.add(cast.adam, "AMS", replace(DESK, **changes), TARGETS)  # type: ignore[arg-type]
    assert field in refused.value.fields
    assert printer.of_site("AMS") == []


def test_only_an_administrator_of_the_site_sets_printers_up(cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        printer.add(cast.nora, "AMS", DESK, TARGETS)
    with pytest.raises(NotFound):
        printer.add(cast.adam, "OSL", DESK, TARGETS)
    made = printer.add(cast.adam, "AMS", DESK, TARGETS)
    with pytest.raises(NotFound):
        printer.get(cast.ola, made.code)


def _at(cast: Cast, *names: str, **changes: object) -> Asked:
    return replace(DESK, stations=tuple(cast.stations[name] for name in names), **changes)  # type: ignore[arg-type]


def test_a_station_has_one_printer_for_each_stock(cast: Cast) -> None:
    desk = printer.add(cast.adam, "AMS", _at(cast, "AMS clinic"), TARGETS)
    with pytest.raises(Refused) as refused:
        printer.add(cast.adam, "AMS", _at(cast, "AMS clinic", "AMS laboratory"), TARGETS)
    assert refused.value.code == "station_has_printer"
    assert refused.value.facts == {"printer": "Desk", "name": "AMS clinic"}
    cryo = printer.add(cast.adam, "AMS", _at(cast, "AMS clinic", name="Cryo", stock="roll_33"), TARGETS)
    with pytest.raises(Refused):
        printer.change(cast.adam, cryo.code, _at(cast, "AMS clinic", name="Cryo"), TARGETS)
    printer.switch(cast.adam, desk.code, active=False, reason="broken")
    printer.change(cast.adam, cryo.code, _at(cast, "AMS clinic", name="Cryo"), TARGETS)
    with pytest.raises(Refused):
        printer.switch(cast.adam, desk.code, active=True, reason="mended")


def test_the_printers_of_the_station_are_offered_first(cast: Cast) -> None:
    printer.add(cast.adam, "AMS", replace(DESK, name="A"), TARGETS)
    mine = printer.add(cast.adam, "AMS", _at(cast, "AMS clinic", name="B"), TARGETS)
    offered = printer.offered(cast.nora)
    assert [each.name for each in offered] == ["B", "A"]
    offers = label_stock.printers_for({"blood_tube"}, offered, cast.nora.station, "nl")
    assert [(each.printer, each.here, each.text) for each in offers] == [
        ("B", True, "Rol 50,8 × 25,4 mm"), ("A", False, "Rol 50,8 × 25,4 mm"),
    ]  # fmt: skip
    assert label_stock.printers_for({"bag"}, offered, None, "en") == []
    assert printer.of_station("AMS", cast.stations["AMS clinic"]) == [mine]
    assert printer.offered(cast.ola) == []


def test_an_offset_moves_what_is_printed(cast: Cast) -> None:
    made = printer.add(cast.adam, "AMS", replace(DESK, offset_x=12, offset_y=-5), TARGETS)
    choice = label_stock.chosen(cast.nora, f"printer:{made.code}")
    assert choice.offset == (1.2, -0.5)


@pytest.mark.parametrize("login", ["ola", "nora"])
def test_a_printer_that_is_elsewhere_or_off_cannot_be_chosen(cast: Cast, login: str) -> None:
    made = printer.add(cast.adam, "AMS", DESK, TARGETS)
    printer.switch(cast.adam, made.code, active=False, reason="broken")
    with pytest.raises(BadInput) as refused:
        label_stock.chosen(cast.actors[login], f"printer:{made.code}")
    assert refused.value.fields == {"stock": "choose_one"}


def test_what_is_done_to_a_printer_stands_in_the_ledger(cast: Cast) -> None:
    made = printer.add(cast.adam, "AMS", DESK, TARGETS, key="k")
    assert printer.add(cast.adam, "AMS", DESK, TARGETS, key="k") == made
    changed = printer.change(cast.adam, made.code, replace(DESK, offset_x=3), TARGETS)
    with pytest.raises(Refused, match="unchanged"):
        printer.change(cast.adam, made.code, replace(DESK, offset_x=3), TARGETS)
    printer.switch(cast.adam, made.code, active=False, reason="broken")
    assert changed.offset_x == 3
    assert verify.verify().sound
