"""People and grants, on both engines."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from specimens.domain.access import Actor, system_actor
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.terms import Kind, Role
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.request import AnsweredRequest
from specimens.services import access, grant, people
from specimens.services.entries import entries_of
from tests.cast import STUDY, Cast, build

pytestmark = pytest.mark.usefixtures("clock")
SYSTEM = system_actor("Europe/Amsterdam")
TODAY = date(2026, 3, 2)
PASSWORD = "a quiet heron over wet grass"


def _give(actor: Actor, user: str, **more: Any) -> Any:
    asked = {
        "study": STUDY, "site": "AMS", "from_on": TODAY, "training_on": TODAY, "reason": "joins", **more,
    }  # fmt: skip
    return grant.give(actor, user, asked.pop("role", Role.MONITOR), **asked)


def _everywhere(cast: Cast) -> Actor:
    user = people.add(SYSTEM, "chief", "Chief of All", PASSWORD)
    held = _give(SYSTEM, user.code, role=Role.ADMINISTRATOR, study=None, site=None)
    return access.actor_for(user, held, None)


@pytest.mark.parametrize("login", ["nora", "mei", "luis", "ivo", "mona", "ada", "ola"])
def test_nobody_but_an_administrator_manages_people(context: Flask, clock: Traveller, login: str) -> None:
    cast = build()
    actor = cast.actors[login]
    before = db.session.execute(select(LedgerEntry.id)).all()
    for act in (
        lambda: people.add(actor, "new.person", "New Person", PASSWORD),
        lambda: people.switch(actor, cast.nils.user, active=False, reason="x"),
        lambda: people.reset_password(actor, cast.nils.user, PASSWORD),
        lambda: people.rename(actor, cast.nils.user, "Other"),
        lambda: people.listed(actor),
        lambda: people.shown(actor, cast.nils.user),
        lambda: _give(actor, cast.nils.user),
        lambda: grant.revoke(actor, grant.grants(cast.nils.user)[0].code, "x"),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert db.session.execute(select(LedgerEntry.id)).all() == before


def test_the_reason_of_a_grant_is_sealed_and_can_be_read(context: Flask, clock: Traveller) -> None:
    cast = build()
    held = _give(cast.adam, cast.nora.user, reason="covers for Mona during her leave")
    (entry,) = entries_of(db.session(), Kind.GRANT, held.code)
    assert entry.opened == {"reason": "covers for Mona during her leave"}
    body = db.session.execute(
        select(LedgerEntry.body).where(LedgerEntry.subject_code == held.code)
    ).scalar_one()
    assert b"Mona during" not in body
    line = grant.of(cast.nora.user)[0]
    assert (line.state, line.reason, line.given_by) == (
        "active",
        "covers for Mona during her leave",
        "Adam Kok",
    )


def test_an_administrator_gives_only_what_lies_within_their_own_grant(
    context: Flask, clock: Traveller
) -> None:
    cast = build()
    for more in ({"site": "OSL"}, {"site": None}, {"study": None, "role": Role.ADMINISTRATOR}):
        with pytest.raises(Refused, match="not_yours_to_give"):
            _give(cast.adam, cast.nora.user, **more)
    with pytest.raises(Refused, match="not_yours_to_give"):
        grant.revoke(cast.adam, grant.grants(cast.ola.user)[0].code, "x")
    with pytest.raises(NotFound):
        people.shown(cast.adam, cast.ola.user)
    chief = _everywhere(cast)
    assert people.shown(chief, cast.ola.user).login == "ola"
    assert _give(chief, cast.ola.user, site=None).site is None
    with pytest.raises(Refused, match="person_elsewhere"):
        people.reset_password(cast.adam, chief.user, PASSWORD)


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"training_on": None}, "training_on", "training_needed"),
        ({"training_on": date(2026, 3, 3)}, "training_on", "training_after_start"),
        ({"until_on": date(2026, 3, 1)}, "until_on", "grant_backwards"),
        (
            {"from_on": date(2026, 2, 1), "training_on": date(2026, 1, 1), "until_on": date(2026, 3, 1)},
            "until_on",
            "period_over",
        ),
        ({"reason": "  "}, "reason", "reason_needed"),
        ({"role": Role.SYSTEM}, "role", "role_unknown"),
        ({"study": None}, "study", "study_needed"),
        ({"study": "none"}, "study", "study_unknown"),
        ({"site": "NONE"}, "site", "site_unknown"),
        ({"delegated_by": "a\x00b"}, "delegated_by", "plain_name_unusable"),
    ],
)
def test_a_grant_that_cannot_be_names_the_field(
    context: Flask, clock: Traveller, more: dict[str, Any], field: str, code: str
) -> None:
    cast = build()
    with pytest.raises(BadInput) as told:
        _give(SYSTEM, cast.nora.user, **more)
    assert told.value.fields == {field: code}


def test_a_grant_counts_from_its_first_to_its_last_day_at_its_own_site(
    context: Flask, clock: Traveller
) -> None:
    cast = build()
    _give(SYSTEM, cast.nora.user, from_on=date(2026, 3, 4), until_on=date(2026, 3, 5))

    def counts() -> bool:
        return "monitor" in [each.role for each in access.grants_today(cast.nora.user)]

    for instant, expected in (
        ("2026-03-03T22:59:59Z", False), ("2026-03-03T23:00:00Z", True),
        ("2026-03-05T22:59:59Z", True), ("2026-03-05T23:00:00Z", False),
    ):  # fmt: skip
        clock.move_to(instant)
        assert counts() is expected, instant


def test_a_name_is_given_once_for_ever_even_after_switching_off(context: Flask) -> None:
    build()
    user = people.add(SYSTEM, "Leaver", "Lea Ver", PASSWORD)
    people.switch(SYSTEM, user.code, active=False, reason="left")
    with pytest.raises(Conflict, match="login_taken"):
        people.add(SYSTEM, "leaver", "Somebody Else", PASSWORD)


def test_one_form_is_one_act_and_its_kept_answer_knows_no_password(context: Flask) -> None:
    cast = build()
    one = people.add(cast.adam, "new.person", "New Person", PASSWORD, key="k")
    assert people.add(cast.adam, "new.person", "New Person", "x" * 3 + PASSWORD, key="k") == one
    with pytest.raises(Conflict, match="key_reused"):
        people.add(cast.adam, "other.person", "New Person", PASSWORD, key="k")
    rows = db.session.execute(select(AnsweredRequest)).scalars().all()
    assert PASSWORD not in "".join(row.outcome for row in rows)


def test_a_new_name_does_not_change_what_was_recorded(context: Flask) -> None:
    cast = build()
    user = people.add(SYSTEM, "new.person", "New Person", PASSWORD)
    people.rename(cast.adam, user.code, "New Name")
    assert people.person(user.code).full_name == "New Name"
    first = entries_of(db.session(), Kind.USER, user.code)[0]
    assert first.facts["full_name"] == "New Person"
    with pytest.raises(Refused, match="unchanged"):
        people.rename(cast.adam, user.code, " New   Name ")


def test_people_of_two_sites_are_listed_for_both(context: Flask, clock: Traveller) -> None:
    cast = build()
    _give(SYSTEM, cast.ola.user, role=Role.NURSE)
    assert "ola" in [line.user.login for line in people.listed(cast.adam)]
