"""Sites, stations and stores, through the administrator's pages."""

import re

import pytest
from sqlalchemy import update

from specimens.domain.station import Manner, Theme, Tongue
from specimens.models.base import db
from specimens.models.user import GrantRow
from specimens.services import site as sites
from specimens.services import storage_unit
from tests.forms import form_at, send
from tests.web.conftest import Web


def _everywhere(web: Web) -> None:
    """Let Adam work for every study and every site, as the first administrator of an installation does."""
    with web.app.app_context():
        db.session.execute(
            update(GrantRow).where(GrantRow.role == "administrator").values(site=None, study=None)
        )
        db.session.commit()


def _new_store(web: Web, **data: str):
    sent = {"site": "AMS", "kind": "freezer", "name": "F3", "temperature": "minus80", **data}
    return web.client("adam").post("/admin/storage/new", data=sent)


def _code(answer) -> str:
    assert answer.status_code == 303, answer.text[-600:]
    return answer.location.rsplit("/", 1)[1]


def test_a_site_is_opened_and_given_stations(web: Web) -> None:
    _everywhere(web)
    admin = web.client("adam")
    data = {
        "code": "rtm",
        "name": "Rotterdam",
        "zone": "Europe/Amsterdam",
        "telephone": "+31 10 555 0100",
        "nonce": "a",
    }
    assert admin.post("/admin/sites/new", data=data).location == "/admin/sites/RTM"
    assert admin.post("/admin/sites/new", data=data).location == "/admin/sites/RTM"
    assert "never given twice" in admin.post("/admin/sites/new", data={**data, "nonce": "b"}).text
    form = form_at(admin.get("/admin/sites/RTM"), "/admin/sites/RTM/stations")
    assert send(admin, form, station_name="Clinic", kind="clinic").status_code == 303
    page = admin.get("/admin/sites/RTM").text
    assert "Clinic is added" in page and "+31 10 555 0100" in page
    assert "as the device is set · sound off · as the person reads" in page
    assert web.acts("site")[-1] == "site_opened" and web.acts("station")[-1] == "station_added"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("code", "", "Fill it in"),
        ("code", "A", "2 to 16"),
        ("code", "RT-M", "2 to 16"),
        ("code", "R" * 10_000, "too long"),
        ("name", "x" * 201, "1 to 200"),
        ("name", "", "Fill it in"),
        ("zone", "Amsterdam", "no time zone"),
        ("zone", "../../etc/passwd", "no time zone"),
        ("telephone", "0" * 65, "at most 64"),
        ("telephone", "0\x1b", "at most 64"),
    ],
)
def test_a_site_that_cannot_be_is_refused_at_its_field(web: Web, field: str, value: str, said: str) -> None:
    _everywhere(web)
    data = {"code": "RTM", "name": "Rotterdam", "zone": "Europe/Amsterdam", "telephone": "", field: value}
    answer = web.client("adam").post("/admin/sites/new", data=data)
    assert answer.status_code == 422
    assert said in answer.text
    assert "site_opened" not in web.acts("site")[2:]


def test_an_administrator_of_one_site_opens_none_and_sees_no_other(web: Web) -> None:
    admin = web.client("adam")
    data = {"code": "RTM", "name": "Rotterdam", "zone": "Europe/Amsterdam"}
    assert admin.post("/admin/sites/new", data=data).status_code == 403
    assert "Oslo" not in admin.get("/admin/sites").text
    oslo = web.cast.stations["OSL clinic"]
    for door in ("/admin/sites/OSL", f"/admin/stations/{oslo}", "/admin/sites/NONE", "/admin/stations/NONE"):
        assert admin.get(door).status_code == 404, door
    for door in (
        "sites/OSL/change",
        "sites/OSL/switch",
        "sites/OSL/stations",
        f"stations/{oslo}/change",
        f"stations/{oslo}/switch",
    ):
        assert admin.post(f"/admin/{door}", data={"name": "x"}).status_code == 404, door
    assert _new_store(web, site="OSL").status_code == 422


def test_a_station_is_renamed_and_switched_off_and_nobody_works_there_any_more(web: Web) -> None:
    admin, code = web.client("adam"), web.cast.stations["AMS clinic"]
    nora = web.client("nora")
    assert "AMS clinic" in nora.get("/me").text
    door = f"/admin/stations/{code}"
    form = form_at(admin.get(door), f"{door}/change")
    assert send(admin, form, name="Treatment room 1").status_code == 303
    assert "Treatment room 1" in nora.get("/me").text
    assert admin.post(f"{door}/switch", data={"active": "no", "switch_reason": ""}).status_code == 422
    assert admin.post(f"{door}/switch", data={"active": "no", "switch_reason": "moved"}).status_code == 303
    page = nora.get("/me")
    assert page.status_code == 200 and "Treatment room 1" not in page.text.split("Where you are logged in")[0]
    assert nora.post("/station", data={"station": code}).status_code == 422
    assert admin.post(f"{door}/switch", data={"active": "yes", "switch_reason": "back"}).status_code == 303
    assert nora.post("/station", data={"station": code}).status_code == 303


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(web: Web) -> None:
    admin, code = web.client("adam"), web.cast.stations["AMS clinic"]
    form = form_at(admin.get(f"/admin/stations/{code}"), f"/admin/stations/{code}/change")
    assert send(admin, form, name="First", nonce="a").status_code == 303
    answer = send(admin, form, name="Second", nonce="b")
    assert answer.status_code == 422 and "somebody else changed this" in answer.text
    with web.app.app_context():
        assert sites.station(code).name == "First"


def test_the_manner_of_a_station_is_set_at_its_page_and_told_field_by_field(web: Web) -> None:
    admin, code = web.client("adam"), web.cast.stations["AMS laboratory"]
    door = f"/admin/stations/{code}"
    form = form_at(admin.get(door), f"{door}/change")
    assert send(admin, form, theme="dark", sound="on", language="nl").status_code == 303
    with web.app.app_context():
        held = sites.station(code)
    assert (held.name, Manner(held.theme, held.sound, held.language)) == (
        "AMS laboratory", Manner(Theme.DARK, True, Tongue.DUTCH),
    )  # fmt: skip
    trail = re.sub(r"\s+", " ", admin.get(f"/audit/station/{code}").text)
    for field, old, new in (
        ("theme", "as the device is set", "dark"), ("sound", "no", "yes"), ("language", "as the person reads", "Dutch"),
    ):  # fmt: skip
        assert f"<dt>{field}</dt><dd><del>{old}</del> → <ins>{new}</ins></dd>" in trail
    assert "dark · sound on · Dutch" in admin.get("/admin/sites/AMS").text
    same = form_at(admin.get(door), f"{door}/change")
    assert same.fields["theme"].value == "dark"
    assert send(admin, same).status_code == 422
    assert send(admin, same, theme="pink").status_code == 422


def test_a_site_is_switched_off_only_without_stations_and_then_its_grants_count_no_more(web: Web) -> None:
    _everywhere(web)
    admin = web.client("adam")
    off = {"active": "no", "switch_reason": "closed"}
    answer = admin.post("/admin/sites/OSL/switch", data=off)
    assert answer.status_code == 422 and "3 stations" in answer.text
    for name in ("OSL clinic", "OSL clinic 2", "OSL laboratory"):
        admin.post(f"/admin/stations/{web.cast.stations[name]}/switch", data=off)
    assert admin.post("/admin/sites/OSL/switch", data=off).status_code == 303
    answer = web.stranger().post("/login", data={"login": "ola", "password": "specimens-demo-2026"})
    assert "no grant that counts today" in answer.text


def test_a_freezer_is_filled_with_a_rack_and_numbered_boxes(web: Web) -> None:
    admin = web.client("adam")
    freezer = _code(_new_store(web))
    rack = _code(_new_store(web, parent=freezer, kind="rack", name="Rack 2"))
    box = _code(
        _new_store(
            web, parent=rack, kind="box", name="B", rows="9", columns="9", fill="column", count="8", nonce="n"
        )
    )
    again = _code(
        _new_store(
            web, parent=rack, kind="box", name="B", rows="9", columns="9", fill="column", count="8", nonce="n"
        )
    )
    assert box == again
    with web.app.app_context():
        units = [(each.depth, each.unit.name) for each in storage_unit.tree(web.cast.adam, "AMS")]
        assert units == [(0, "F3"), (1, "Rack 2"), *((2, f"B {number:02d}") for number in range(1, 9))]
        made = storage_unit.unit(web.cast.adam, box)
        assert (made.rows, made.columns, made.fill, made.temperature) == (9, 9, "column", "minus80")
    assert "9 × 9" in admin.get(f"/admin/storage/{rack}").text
    assert "Rack 2" in admin.get(f"/admin/storage/{box}").text
    assert "B 08" in admin.get("/admin/storage").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Fill it in"),
        ({"name": "x" * 10_000}, "too long"),
        ({"kind": ""}, "Choose one"),
        ({"kind": "cupboard"}, "Choose one"),
        ({"temperature": ""}, "Choose one"),
        ({"temperature": "warm"}, "Choose one"),
        ({"site": ""}, "Choose one"),
        ({"kind": "box", "fill": "row"}, "A box has wells"),
        ({"kind": "box", "rows": "9", "fill": "row"}, "A box has wells"),
        ({"kind": "box", "rows": "27", "columns": "9", "fill": "row"}, "outside what is possible"),
        ({"kind": "box", "rows": "nine", "columns": "9", "fill": "row"}, "not a number"),
        ({"kind": "box", "rows": "9", "columns": "9"}, "Choose one"),
        ({"rows": "9", "columns": "9"}, "Only a box has wells"),
        ({"count": "41"}, "outside what is possible"),
        ({"count": "0"}, "outside what is possible"),
    ],
)
def test_a_store_that_cannot_be_is_refused_in_words(web: Web, changes: dict[str, str], said: str) -> None:
    answer = _new_store(web, **changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert "storage_added" not in web.acts()


def test_nothing_larger_stands_in_something_smaller(web: Web) -> None:
    rack = _code(_new_store(web, kind="rack"))
    assert _new_store(web, parent=rack, kind="freezer").status_code == 422
    assert _new_store(web, parent="C4K7N2XD").status_code == 404


def test_a_unit_that_holds_anything_stays_on_and_is_never_removed(web: Web) -> None:
    admin = web.client("adam")
    freezer = _code(_new_store(web))
    rack = _code(_new_store(web, parent=freezer, kind="rack", name="Rack 2"))
    off, on = {"active": "no", "switch_reason": "defect"}, {"active": "yes", "switch_reason": "repaired"}
    answer = admin.post(f"/admin/storage/{freezer}/switch", data=off)
    assert answer.status_code == 422 and "1 units inside it" in answer.text
    assert admin.post(f"/admin/storage/{rack}/switch", data=off).status_code == 303
    assert admin.post(f"/admin/storage/{freezer}/switch", data=off).status_code == 303
    answer = admin.post(f"/admin/storage/{rack}/switch", data=on)
    assert answer.status_code == 422 and "switched off" in answer.text
    assert _new_store(web, parent=freezer, kind="rack").status_code == 422
    assert admin.post(f"/admin/storage/{freezer}/switch", data=on).status_code == 303
    assert admin.post(f"/admin/storage/{rack}/switch", data=on).status_code == 303
    assert admin.delete(f"/admin/storage/{rack}").status_code == 405


def test_a_box_is_renamed_and_keeps_its_wells(web: Web) -> None:
    admin = web.client("adam")
    box = _code(_new_store(web, kind="box", rows="9", columns="9", fill="row"))
    door = f"/admin/storage/{box}/change"
    assert admin.post(door, data={"name": "Box 1", "fill": "column", "rows": "10"}).status_code == 303
    assert admin.post(door, data={"name": "Box 1", "fill": "column"}).status_code == 422
    assert admin.post(door, data={"name": "Box 1"}).status_code == 422
    assert admin.post(door, data={"name": "", "fill": "row"}).status_code == 422
    with web.app.app_context():
        unit = storage_unit.unit(web.cast.adam, box)
        assert (unit.name, unit.fill, unit.rows) == ("Box 1", "column", 9)


def test_a_store_of_another_site_is_not_found(web: Web) -> None:
    _everywhere(web)
    elsewhere = _code(_new_store(web, site="OSL"))
    with web.app.app_context():
        db.session.execute(update(GrantRow).where(GrantRow.role == "administrator").values(site="AMS"))
        db.session.commit()
    admin = web.client("adam")
    assert admin.get(f"/admin/storage/{elsewhere}").status_code == 404
    assert admin.get(f"/admin/storage/new?parent={elsewhere}").status_code == 404
    for door in ("change", "switch"):
        assert admin.post(f"/admin/storage/{elsewhere}/{door}", data={"name": "x"}).status_code == 404
