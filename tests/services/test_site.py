"""Sites, stations, storage units and versions of a study, on both engines."""

import threading
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update

from specimens.domain.access import system_actor
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused, SpecimensError
from specimens.domain.protocol import shipped
from specimens.domain.station import Manner, Theme, Tongue
from specimens.domain.terms import Kind, StationKind, StorageKind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.user import GrantRow
from specimens.services import access, people, publication, site, storage_unit, study, verify
from specimens.services.entries import entries_of
from specimens.services.signature import Pen
from tests.cast import PASSWORD, STUDY, build

pytestmark = pytest.mark.usefixtures("clock")
SYSTEM = system_actor("Europe/Amsterdam")
TEXT = shipped()["belimumab_sle.toml"]


def _next(version: str, days: int) -> str:
    return TEXT.replace('version = "1.0"', f'version = "{version}"', 1).replace(
        "late_days = 28", f"late_days = {days}", 1
    )


def _together(app: Flask, *works) -> list[str]:
    answers: list[str] = []

    def run(work) -> None:
        with app.app_context():
            try:
                work()
                answers.append("done")
            except SpecimensError as error:
                answers.append(error.code)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


@pytest.mark.parametrize("login", ["nora", "mei", "luis", "ivo", "mona", "ada", "ola"])
def test_nobody_but_an_administrator_changes_places_and_studies(context: Flask, login: str) -> None:
    cast = build()
    actor, station = cast.actors[login], cast.stations["AMS clinic"]
    before = db.session.execute(select(LedgerEntry.id)).all()
    for act in (
        lambda: site.open_site(actor, "RTM", "Rotterdam", "Europe/Amsterdam"),
        lambda: site.change_site(actor, "AMS", "x", ""),
        lambda: site.switch_site(actor, "AMS", active=False, reason="x"),
        lambda: site.add_station(actor, "AMS", "x", StationKind.CLINIC),
        lambda: site.change_station(actor, station, "x"),
        lambda: site.switch_station(actor, station, active=False, reason="x"),
        lambda: site.add_storage(actor, "AMS", StorageKind.FREEZER, "F", "minus80"),
        lambda: storage_unit.tree(actor, "AMS"),
        lambda: publication.publish(actor, _next("1.1", 21), "a.toml", reason="x"),
        lambda: publication.publish(actor, "broken", "a.toml", reason="x"),
        lambda: study.open_at_site(actor, STUDY, "AMS"),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert db.session.execute(select(LedgerEntry.id)).all() == before


def test_an_administrator_of_one_site_works_only_there(context: Flask) -> None:
    cast = build()
    with pytest.raises(NotPermitted):
        site.open_site(cast.adam, "RTM", "Rotterdam", "Europe/Amsterdam")
    for act in (
        lambda: site.change_site(cast.adam, "OSL", "x", ""),
        lambda: site.add_station(cast.adam, "OSL", "x", StationKind.CLINIC),
        lambda: site.switch_station(cast.adam, cast.stations["OSL clinic"], active=False, reason="x"),
        lambda: site.add_storage(cast.adam, "OSL", StorageKind.FREEZER, "F", "minus80"),
        lambda: storage_unit.tree(cast.adam, "OSL"),
    ):
        with pytest.raises(NotFound):
            act()
    assert [each.code for each in site.sites(cast.adam)] == ["AMS"]


def test_why_a_station_was_switched_off_is_sealed(context: Flask) -> None:
    cast = build()
    code = cast.stations["AMS clinic"]
    site.switch_station(cast.adam, code, active=False, reason="moved to the third floor")
    last = entries_of(db.session(), Kind.STATION, code)[-1]
    assert (last.act, last.opened["reason"]) == ("station_switched_off", "moved to the third floor")
    with pytest.raises(Refused, match="unchanged"):
        site.switch_station(cast.adam, code, active=False, reason="again")
    with pytest.raises(Refused, match="reason_needed"):
        site.switch_station(cast.adam, code, active=True, reason=" ")


def test_a_station_says_how_its_pages_look_sound_and_speak_and_a_change_writes_what_differs(
    context: Flask,
) -> None:
    cast = build()
    usual = site.station(cast.stations["AMS clinic"])  # its entry says nothing about its manner
    assert (usual.theme, usual.sound, usual.language) == ("as_device", False, "as_person")
    made = site.add_station(
        cast.adam, "AMS", "Freezers", StationKind.LABORATORY, Manner(Theme.DARK, True, Tongue.DUTCH)
    )
    assert (made.theme, made.sound, made.language) == ("dark", True, "nl")
    site.change_station(cast.adam, made.code, "Freezers", Manner(Theme.DARK, False, Tongue.DUTCH))
    site.change_station(cast.adam, usual.code, "Room 1", Manner(Theme.LIGHT))
    last = [entries_of(db.session(), Kind.STATION, code)[-1] for code in (made.code, usual.code)]
    assert [(each.act, dict(each.facts)) for each in last] == [
        ("station_changed", {"sound": False}),
        ("station_changed", {"name": "Room 1", "theme": "light"}),
    ]
    assert site.change_station(cast.adam, made.code, "Freezer room").theme == "dark"
    with pytest.raises(Refused, match="unchanged"):
        site.change_station(cast.adam, made.code, "Freezer room", Manner(Theme.DARK, False, Tongue.DUTCH))
    for wrong in (Manner(theme="pink"), Manner(language="la")):
        with pytest.raises(BadInput):
            site.change_station(cast.adam, made.code, "x", wrong)
        with pytest.raises(BadInput):
            site.add_station(cast.adam, "AMS", "x", StationKind.CLINIC, wrong)
    assert verify.verify().sound


def test_two_administrators_who_rename_at_once_one_wins_and_the_other_is_told(app: Flask) -> None:
    with app.app_context():
        cast = build()
        code = cast.stations["AMS clinic"]
        seen = site.entries_in(Kind.STATION, code)
        db.session.remove()
    answers = _together(
        app,
        lambda: site.change_station(cast.adam, code, "First", seen=seen),
        lambda: site.change_station(SYSTEM, code, "Second", seen=seen),
    )
    assert answers == ["done", "somebody_was_first"]


def test_two_administrators_who_open_one_site_at_once_open_one(app: Flask) -> None:
    with app.app_context():
        build()
        db.session.remove()
    works = [lambda: site.open_site(SYSTEM, "RTM", "Rotterdam", "Europe/Amsterdam")] * 3
    answers = _together(app, *works)
    assert answers.count("done") == 1
    assert set(answers) <= {"done", "site_code_taken", "somebody_was_first"}


def test_several_boxes_are_added_whole_or_not_at_all(context: Flask) -> None:
    build()
    with pytest.raises(BadInput) as told:
        site.add_stores(SYSTEM, "AMS", StorageKind.BOX, ["B1", "B\x002"], "minus80", rows=9, columns=9)
    assert told.value.fields == {"name": "plain_name_unusable"}
    assert storage_unit.tree(SYSTEM, "AMS") == []
    made = site.add_stores(
        SYSTEM, "AMS", StorageKind.BOX, ["B1", "B2"], "minus80", rows=9, columns=9, key="k"
    )
    assert (
        site.add_stores(SYSTEM, "AMS", StorageKind.BOX, ["B1", "B2"], "minus80", rows=9, columns=9, key="k")
        == made
    )
    assert [each.name for each in made] == ["B1", "B2"]


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"rows": 9}, "rows", "grid_unusable"),
        ({"rows": 27, "columns": 9}, "rows", "grid_unusable"),
        ({"rows": -1, "columns": -1}, "rows", "grid_unusable"),
        ({"kind": StorageKind.RACK, "rows": 9, "columns": 9}, "rows", "only_a_box_has_wells"),
        ({"fill": "diagonal"}, "fill", "fill_unknown"),
        ({"temperature": ""}, "temperature", "store_temperature_needed"),
    ],
)
def test_a_store_that_cannot_be_names_the_field(context: Flask, more: dict, field: str, code: str) -> None:
    build()
    asked = {"kind": StorageKind.BOX, "temperature": "minus80", **more}
    with pytest.raises(BadInput) as told:
        site.add_storage(SYSTEM, "AMS", asked.pop("kind"), "B1", asked.pop("temperature"), **asked)
    assert told.value.fields == {field: code}


def test_who_stands_at_no_site_is_told_the_time_of_the_first_one(context: Flask) -> None:
    cast = build()
    (held,) = access.grants_today(cast.ada.user)
    db.session.execute(update(GrantRow).where(GrantRow.code == held.code).values(site=None))
    db.session.commit()
    actor = access.actor_for(people.person(cast.ada.user), replace(held, site=None), None)
    assert (actor.site, actor.sites, actor.zone) == (None, None, "Europe/Amsterdam")


def test_a_new_version_leaves_the_old_one_as_it_was(context: Flask) -> None:
    cast = build()
    old = study.study(STUDY)
    shown = publication.preview(_next("1.1", 21), "a.toml")
    assert (shown.replaces, shown.version, shown.refusal) == ("1.0", "1.1", None)
    assert [(each.key, each.before, each.after) for each in shown.changes] == [
        ("study.version", "1.0", "1.1"),
        ("schedule.late_days", "28", "21"),
    ]
    new = publication.publish(
        cast.adam, _next("1.1", 21), "a.toml", pen=Pen(PASSWORD), reason="amendment", replaces="1.0"
    )
    assert new.version == "1.1" and new.sites == old.sites
    assert study.text_of(STUDY, "1.0") == TEXT
    assert publication.preview(TEXT, "a.toml").refusal == "version_exists"
    assert publication.preview(_next("1.1", 21), "a.toml").refusal == "protocol_unchanged"
    with pytest.raises(Refused, match="protocol_unchanged"):
        publication.publish(cast.adam, _next("1.1", 21), "a.toml", pen=Pen(PASSWORD), reason="again")
    with pytest.raises(Conflict, match="version_exists"):
        publication.publish(cast.adam, _next("1.0", 14), "a.toml", pen=Pen(PASSWORD), reason="back")
    with pytest.raises(Refused, match="reason_needed"):
        publication.publish(cast.adam, _next("1.2", 14), "a.toml", pen=Pen(PASSWORD))
    with pytest.raises(NotFound, match="unknown_version"):
        study.text_of(STUDY, "1.2")


def test_two_administrators_who_publish_at_once_one_wins_and_the_other_looks_again(app: Flask) -> None:
    with app.app_context():
        cast = build()
        db.session.remove()
    answers = _together(
        app,
        lambda: publication.publish(
            cast.adam, _next("1.1", 21), "a.toml", pen=Pen(PASSWORD), reason="a", replaces="1.0"
        ),
        lambda: publication.publish(
            cast.adam, _next("1.2", 14), "b.toml", pen=Pen(PASSWORD), reason="b", replaces="1.0"
        ),
    )
    assert answers == ["done", "version_moved"]
    with app.app_context():
        assert len(study.versions(STUDY)) == 2


def test_a_study_is_opened_at_a_site_once_and_only_by_who_manages_both(context: Flask) -> None:
    cast = build()
    site.open_site(SYSTEM, "RTM", "Rotterdam", "Europe/Amsterdam")
    with pytest.raises(NotPermitted):
        study.open_at_site(cast.adam, STUDY, "RTM")
    assert study.open_at_site(SYSTEM, STUDY, "RTM").sites == ("AMS", "OSL", "RTM")
    with pytest.raises(Refused, match="already_open"):
        study.open_at_site(SYSTEM, STUDY, "RTM")
    site.open_site(SYSTEM, "UTR", "Utrecht", "Europe/Amsterdam")
    site.switch_site(SYSTEM, "UTR", active=False, reason="closed")
    with pytest.raises(Refused, match="site_unknown"):
        study.open_at_site(SYSTEM, STUDY, "UTR")
