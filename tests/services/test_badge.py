"""Badges and PINs: one live badge a person, each act in the ledger; a PIN that counts only after the password."""

import pytest
from sqlalchemy import select, update
from time_machine import Traveller

from specimens.domain import pin as rules
from specimens.domain.access import Permission
from specimens.domain.entry import Entry, read_entry
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.identifiers import ALPHABET, PERSON, is_identifier, new_badge, new_identifier, read_scan
from specimens.domain.terms import Kind
from specimens.models.badge import Pin
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.user import Credential
from specimens.services import access, badge, people, pin, presence, session, token
from specimens.services.entries import entries_of
from specimens.services.presence import Proof
from specimens.services.verify import verify
from tests.badges import PIN, badge_of
from tests.cast import PASSWORD, Cast

HOURS = {"absolute_hours": 12}
LIMITS = {"idle_minutes": 30, **HOURS, "lock_minutes": 10}
HERE = "192.0.2.7"


def at_station(cast: Cast, login: str, station: str = "AMS clinic") -> str:
    """Log somebody in at a station with the password; return the token."""
    user = access.verify(login, PASSWORD)
    presence.proven(user)
    return access.begin(user, access.grants_today(user.code)[0], cast.stations[station])


def held(token: str) -> access.Held:
    found = access.present(token, **HOURS)
    assert found is not None
    return found


def with_pin(cast: Cast, login: str) -> str:
    """Give somebody a badge and a PIN; return the badge."""
    return badge_of(cast.actors[login])


def acts_of(user: str) -> list[str]:
    return [each.act for each in entries_of(db.session(), Kind.USER, user)]


def come(code: str, there: str, **typed: str) -> presence.Come:
    coming = presence.comer(presence.whose(code), held(there))
    return presence.come(coming, there, Proof(HERE, **typed), **HOURS)


def test_a_badge_is_an_identifier_that_is_issued_for_nothing_else() -> None:
    made = new_badge()
    assert is_identifier(made) and made.startswith(PERSON)
    assert read_scan(f" {made[:4]} {made[4:]}".lower()).code == made
    drawn = iter(map(_number, ("XPC4K7N", "C4K7N2X")))  # what would be a badge is drawn again
    assert new_identifier(lambda _: next(drawn)) == "C4K7N2XD"


def _number(body: str) -> int:
    """Return the random number by which an identifier begins with these seven."""
    number = 0
    for symbol in reversed(body[1:]):
        number = number * len(ALPHABET) + ALPHABET.index(symbol)
    return "CDFHJKNPRTVX".index(body[0]) * len(ALPHABET) ** 6 + number


@pytest.mark.parametrize(
    ("digits", "told"),
    [
        ("8205", None), ("20461937", None), ("123", "pin_unusable"), ("123456789", "pin_unusable"),
        ("12a4", "pin_unusable"), ("٣٤٥٦", "pin_unusable"), ("0000", "pin_trivial"), ("1234", "pin_trivial"),
        ("9876", "pin_trivial"), ("2468", "pin_trivial"), ("1212", "pin_trivial"), ("1984", "pin_trivial"),
        ("8998", "pin_trivial"), ("2580", "pin_trivial"), ("890123", "pin_trivial"),
    ],
)  # fmt: skip
def test_a_pin_is_four_to_eight_digits_that_nobody_tries_first(digits: str, told: str | None) -> None:
    assert rules.problem(digits) == told


def test_a_person_has_one_live_badge_and_every_act_is_in_the_ledger(cast: Cast) -> None:
    first = badge.issue(cast.adam, cast.nora.user, key="k")
    assert badge.issue(cast.adam, cast.nora.user, key="k") == first
    with pytest.raises(Conflict, match="badge_is_live"):
        badge.issue(cast.nora, cast.nora.user)
    with pytest.raises(BadInput):
        badge.retire(cast.adam, first.code, "because")
    printed = badge.card_pdf(cast.nora, first.code, language="nl")
    assert printed.pdf.startswith(b"%PDF-") and printed.codes == (first.code,)
    badge.retire(cast.nora, first.code, "badge_lost")
    for again in (
        lambda: badge.retire(cast.adam, first.code, "badge_worn"),
        lambda: badge.card_pdf(cast.nora, first.code),
    ):
        with pytest.raises(Refused, match="badge_retired"):
            again()
    second = badge.issue(cast.nora, cast.nora.user)
    assert second.code != first.code
    lines = badge.of(cast.adam, cast.nora.user)
    assert [(each.badge.code, each.reason, each.retired_by) for each in lines] == [
        (second.code, None, None), (first.code, "badge_lost", "Nora de Wit"),
    ]  # fmt: skip
    acts = [each.act for each in entries_of(db.session(), Kind.BADGE, first.code)]
    assert acts == ["badge_issued", "label_printed", "badge_retired"]
    assert verify().sound


def test_nobody_has_to_do_with_the_badge_of_another_but_who_manages_people(cast: Cast) -> None:
    code = badge.issue(cast.adam, cast.nora.user).code
    for act in (
        lambda: badge.issue(cast.nils, cast.mei.user),
        lambda: badge.retire(cast.nils, code, "badge_lost"),
        lambda: badge.card_pdf(cast.ivo, code),
        lambda: badge.of(cast.mei, cast.nora.user),
    ):
        with pytest.raises(NotPermitted):
            act()
    with pytest.raises(NotFound):
        badge.of(cast.adam, cast.ola.user)


def test_a_pin_takes_over_a_station_and_the_one_before_is_logged_out(cast: Cast) -> None:
    code = with_pin(cast, "nils")
    there = at_station(cast, "nora")
    came = come(code, there, pin="8205")
    assert (came.same, came.actor.user, came.actor.station) == (False, cast.nils.user, cast.nora.station)
    assert access.resume(there, **LIMITS) is None
    actor = access.resume(came.token, **LIMITS)
    assert actor is not None and actor.by_pin and actor.user == cast.nils.user
    left, arrived = (entries_of(db.session(), Kind.USER, each.user)[-1] for each in (cast.nora, cast.nils))
    assert (left.act, left.facts["came"], left.operation) == ("relieved", cast.nils.user, arrived.operation)
    assert arrived.act == "took_over"
    assert arrived.facts["left"] == cast.nora.user and arrived.facts["chosen_station"] == cast.nora.station
    assert arrived.facts["entered_by"] == "pin"
    with pytest.raises(Refused, match="session_ended"):
        presence.come(
            presence.comer(presence.whose(code), held(came.token)), there, Proof(HERE, pin="8205"), **HOURS
        )
    assert verify().sound


def test_a_pin_counts_only_while_the_password_was_typed_recently_and_not_after_logging_out(
    cast: Cast, clock: Traveller
) -> None:
    code = with_pin(cast, "nils")
    clock.shift(12 * 3600 + 1)
    there = at_station(cast, "nora")
    with pytest.raises(Refused, match="pin_not_proven"):
        come(code, there, pin="8205")
    came = come(code, there, password=PASSWORD)
    assert not came.actor.by_pin
    there = at_station(cast, "mei", "AMS laboratory")
    access.end(cast.nils, came.token)
    there = at_station(cast, "nora")
    with pytest.raises(Refused, match="pin_not_proven"):
        come(code, there, pin="8205")


def test_a_session_by_pin_lives_no_longer_than_since_the_password(cast: Cast, clock: Traveller) -> None:
    code = with_pin(cast, "nils")
    clock.shift(11 * 3600)
    there = at_station(cast, "nora")
    came = come(code, there, pin="8205")
    clock.shift(3000)
    access.touch(held(came.token).number)
    assert access.resume(came.token, **LIMITS) is not None
    clock.shift(601)
    assert access.resume(came.token, **LIMITS) is None and access.present(came.token, **HOURS) is None


def test_guessing_a_pin_is_slowed_and_after_five_only_the_password_works(
    cast: Cast, clock: Traveller
) -> None:
    code = with_pin(cast, "nils")
    there = at_station(cast, "nora")
    for _guess in range(3):
        with pytest.raises(Refused, match="pin_wrong"):
            come(code, there, pin="9417")
    with pytest.raises(Refused, match="login_wait"):
        come(code, there, pin="8205")
    for _guess in range(2):
        clock.shift(10)
        with pytest.raises(Refused, match="pin_wrong"):
            come(code, there, pin="9417")
    clock.shift(60)
    with pytest.raises(Refused, match="pin_used_up"):
        come(code, there, pin="8205")
    back = come(code, there, password=PASSWORD)
    there = come(with_pin(cast, "mei"), back.token, password=PASSWORD).token
    clock.shift(300)
    assert come(code, there, pin="8205").actor.user == cast.nils.user
    outcomes = [each.facts["outcome"] for each in _failed()]
    assert outcomes == ["pin"] * 5


def _failed() -> list[Entry]:
    rows = db.session.execute(select(LedgerEntry.body).where(LedgerEntry.act == "login_failed"))
    return [read_entry(body) for body in rows.scalars()]


def test_what_a_pin_opened_makes_no_token_no_badge_and_no_other_role(cast: Cast) -> None:
    code = with_pin(cast, "ivo")
    came = come(code, at_station(cast, "nora"), pin="8205")
    actor = access.resume(came.token, **LIMITS)
    assert actor is not None
    for act in (
        lambda: token.make(actor, "mine"),
        lambda: badge.retire(actor, code, "badge_lost"),
    ):
        with pytest.raises(Refused, match="password_log_in_needed"):
            act()
    assert not actor.may(Permission.REDACT) and cast.ivo.may(Permission.REDACT)
    going = session.choose_station(actor, came.token, cast.stations["AMS clinic 2"])
    again = access.resume(going, **LIMITS)
    assert again is not None and again.by_pin  # it does not get more by moving on


def test_a_pin_is_set_by_its_person_and_only_its_hash_is_kept(cast: Cast) -> None:
    with pytest.raises(BadInput):
        pin.change(cast.nora, "1234")
    pin.change(cast.nora, "8205", key="k")
    row = db.session.execute(select(Pin)).scalar_one()
    assert "8205" not in str(row.pin_hash) and pin.is_right(cast.nora.user, "８２０５")
    entry = entries_of(db.session(), Kind.USER, cast.nora.user)[-1]
    assert (entry.act, entry.facts) == ("pin_set", {})
    pin.remove(cast.nora)
    assert not pin.is_set(cast.nora.user) and not pin.is_right(cast.nora.user, "8205")


def test_a_pin_goes_with_the_password_that_somebody_else_sets(cast: Cast) -> None:
    code = with_pin(cast, "nils")
    people.reset_password(cast.adam, cast.nils.user, "a quiet heron over wet grass")
    assert not pin.is_set(cast.nils.user)
    acts = [each.act for each in entries_of(db.session(), Kind.USER, cast.nils.user)]
    assert acts[-2:] == ["pin_removed", "password_set"]
    there = at_station(cast, "nora")
    with pytest.raises(Refused, match="password_first"):
        come(code, there, pin="8205")


def test_the_published_pin_opens_nothing_in_production_and_goes_with_the_published_password(
    cast: Cast,
) -> None:
    code, there = with_pin(cast, "nils"), at_station(cast, "nora")
    assert badge.of_demonstration() == {}
    db.session.execute(update(Credential).where(Credential.user == cast.nils.user).values(demonstration=True))
    db.session.commit()
    assert badge.of_demonstration() == {"nils": code}
    coming = presence.comer(presence.whose(code), held(there))
    for proof in (Proof(HERE, pin=PIN), Proof(HERE, password=PASSWORD)):
        with pytest.raises(Refused, match="demonstration_login"):
            presence.come(coming, there, proof, **HOURS, production=True)
    come(code, there, pin=PIN)
    people.change_password(cast.nils, "nobody else would say this sentence", token="none")
    assert not pin.is_set(cast.nils.user) and badge.of_demonstration() == {}
    assert acts_of(cast.nils.user)[-2:] == ["pin_removed", "password_changed"]
    people.change_password(cast.nora, "and nobody else this one either", token="none")
    assert acts_of(cast.nora.user)[-1] == "password_changed"


def test_a_badge_of_somebody_without_a_role_at_the_station_is_refused(cast: Cast) -> None:
    code = badge.issue(cast.adam, cast.luis.user).code
    there = at_station(cast, "nora")
    with pytest.raises(Refused, match="no_grant_at_station"):
        come(code, there, pin="8205")
    people.switch(cast.adam, cast.luis.user, active=False, reason="left")
    with pytest.raises(Refused, match="person_is_off"):
        presence.whose(code)
    with pytest.raises(Refused, match="badge_unknown"):
        presence.whose(cast.stations["AMS clinic"])


def test_a_station_locks_by_itself_and_the_same_person_goes_on_where_they_were(
    cast: Cast, clock: Traveller
) -> None:
    code = with_pin(cast, "nora")
    there = at_station(cast, "nora")
    clock.shift(10 * 60)
    assert access.resume(there, **LIMITS) is not None
    clock.shift(11 * 60 + 1)
    assert access.resume(there, **LIMITS) is None and held(there).locked(10)
    clock.shift(3 * 3600)  # longer than any idleness: the station asks, and nobody has to begin anew
    came = come(code, there, pin="8205")
    assert came.same and came.token == there
    assert access.resume(there, **LIMITS) is not None
    last = entries_of(db.session(), Kind.USER, cast.nora.user)[-1]
    assert (last.act, last.facts["entered_by"]) == ("station_unlocked", "pin")


def test_locking_by_hand_is_an_act_and_holds_until_somebody_is_known(cast: Cast) -> None:
    there = at_station(cast, "nora")
    presence.lock(cast.nora, there)
    assert access.resume(there, **LIMITS) is None
    assert entries_of(db.session(), Kind.USER, cast.nora.user)[-1].act == "station_locked"
    with pytest.raises(Refused, match="lock_needs_station"):
        presence.lock(cast.luis, there)
