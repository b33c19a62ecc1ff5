"""Signing: the password again, a meaning, the hash of what was signed; the act and its signature, or neither."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyotp
import pytest
import time_machine
from sqlalchemy import func, select

from specimens.domain.access import Actor, system_actor
from specimens.domain.errors import BadInput, NotPermitted, Refused, SpecimensError
from specimens.domain.protocol import shipped
from specimens.domain.terms import Kind, Role
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.signature import SignatureRow
from specimens.services import (
    access,
    consent,
    correction,
    decision,
    disposal,
    eligibility,
    people,
    publication,
    report,
    second_factor,
    signature,
)
from specimens.services.entries import entries_of
from specimens.services.record import writing
from specimens.services.report_scope import ReportScope
from specimens.services.signature import Pen
from specimens.services.verify import verify
from tests.cast import PASSWORD, Cast
from tests.history import child_of, received
from tests.screening import answered, consented, enrolled

Clock = time_machine.Traveller
PEN = Pen(PASSWORD)
OTHER = "a quiet heron over wet grass"


@pytest.fixture
def cast(cast: Cast, clock: Clock) -> Cast:
    """Everybody, on the morning of the tests."""
    return cast


def head(kind: Kind, code: str) -> tuple[int, str, str]:
    """Return number, hash and operation of a record's newest entry."""
    row = db.session.execute(
        select(LedgerEntry.seq, LedgerEntry.hash, LedgerEntry.operation)
        .where(LedgerEntry.subject_kind == str(kind), LedgerEntry.subject_code == code)
        .order_by(LedgerEntry.seq.desc())
        .limit(1)
    ).one()
    return row.seq, row.hash.hex(), row.operation


def count() -> int:
    """Return how many signatures there are."""
    return db.session.execute(select(func.count(SignatureRow.id))).scalar_one()


def told(work: Callable[[], Any]) -> str:
    """Return the code with which *work* is refused: that of a field where it is one."""
    with pytest.raises(SpecimensError) as refused:
        work()
    fields = getattr(refused.value, "fields", {})
    return next(iter(fields.values()), refused.value.code)


def set_aside(cast: Cast, clock: Clock) -> str:
    """Return a received tube that waits for the investigator."""
    tube = received(cast, clock).tubes[0]
    disposal.quarantine(cast.mei, tube, reason="condition_doubtful")
    return tube


def new_password(cast: Cast, actor: Actor) -> None:
    """Let the administrator set somebody's password."""
    people.reset_password(system_actor(), actor.user, OTHER)


def test_a_signature_names_its_signer_and_holds_the_hash_of_the_entry_it_signs(cast: Cast) -> None:
    code = answered(cast)
    eligibility.confirm(cast.ivo, code, pen=PEN)
    seq, digest, operation = head(Kind.PARTICIPANT, code)
    (given,) = signature.of(Kind.PARTICIPANT, code)
    signed = given.signature
    assert (signed.of_seq, signed.of_hash) == (seq, digest)
    assert (signed.full_name, signed.role, given.login) == ("Ivo Smit", "investigator", "ivo")
    assert (signed.occasion, signed.meaning) == ("eligibility_confirmed",) * 2
    assert given.text.en.startswith("I have checked every criterion")
    assert (signed.zone, signed.offset) == ("Europe/Amsterdam", "+01:00")
    assert given.changed is None
    assert head(Kind.SIGNATURE, signed.code)[2] == operation
    assert verify().sound


def test_a_wrong_password_leaves_neither_act_nor_signature_and_slows_the_next_try(cast: Cast) -> None:
    code = answered(cast)
    before = head(Kind.PARTICIPANT, code)
    answers = [
        told(lambda: eligibility.confirm(cast.ivo, code, pen=Pen("guess", address="10.0.0.7")))
        for _try in range(5)
    ]
    assert answers[:3] == ["password_wrong"] * 3 and answers[-1] == "login_wait"
    assert told(lambda: eligibility.confirm(cast.ivo, code, pen=Pen(""))) == "field_needed"
    assert head(Kind.PARTICIPANT, code) == before and count() == 0


def test_an_act_that_is_refused_leaves_no_signature(cast: Cast) -> None:
    code = answered(cast, I3={"value": "0"})
    assert told(lambda: eligibility.confirm(cast.ivo, code, pen=PEN)) == "not_eligible"
    assert count() == 0


def test_in_the_session_of_somebody_else_ones_own_password_signs_nothing(cast: Cast) -> None:
    code = answered(cast)
    with writing(system_actor()) as op:
        op.session.execute(  # Ivo has a password of his own; what Nora knows is hers
            access.update(access.Credential)
            .where(access.Credential.user == cast.ivo.user)
            .values(password_hash=access.HASHER.hash(OTHER))
        )
    assert told(lambda: eligibility.confirm(cast.ivo, code, pen=PEN)) == "password_wrong"
    with pytest.raises(NotPermitted):
        eligibility.confirm(cast.nora, code, pen=PEN)
    assert eligibility.confirm(cast.ivo, code, pen=Pen(OTHER)).eligibility == "confirmed"


def test_nobody_signs_with_a_password_that_somebody_else_set(cast: Cast) -> None:
    code = answered(cast)
    new_password(cast, cast.ivo)
    assert told(lambda: eligibility.confirm(cast.ivo, code, pen=Pen(OTHER))) == "password_of_another"
    people.change_password(cast.ivo, "three small boats at low tide", token="none")
    own = Pen("three small boats at low tide")
    assert eligibility.confirm(cast.ivo, code, pen=own).eligibility == "confirmed"


def test_a_witness_whose_password_somebody_else_set_is_no_witness(cast: Cast, clock: Clock) -> None:
    tube = received(cast, clock).tubes[0]
    new_password(cast, cast.ivo)
    asked = {"pen": PEN, "witness": "ivo", "witness_pen": Pen(OTHER), "reason": "unusable"}
    assert told(lambda: disposal.destroy(cast.mei, tube, **asked)) == "witness_password_of_another"  # type: ignore[arg-type]
    assert count() == 1  # that of the eligibility


def test_the_same_form_sent_again_is_one_signature(cast: Cast) -> None:
    code = answered(cast)
    for _twice in range(2):
        eligibility.confirm(cast.ivo, code, pen=PEN, key="k")
    assert count() == 1
    assert told(lambda: eligibility.confirm(cast.ivo, code, pen=Pen("guess"), key="k")) == "password_wrong"
    assert told(lambda: eligibility.confirm(cast.ivo, code, pen=PEN, key="other")) == "confirmed_before"


def test_both_who_destroy_sign_with_their_own_password(cast: Cast, clock: Clock) -> None:
    tube = received(cast, clock).tubes[0]
    disposal.destroy(cast.mei, tube, pen=PEN, witness="ivo", witness_pen=PEN, reason="unusable")
    given = signature.of(Kind.SPECIMEN, tube)
    assert [(each.signature.full_name, each.signature.role) for each in given] == [
        ("Mei Tan", "technician"),
        ("Ivo Smit", "investigator"),
    ]
    assert {(each.signature.of_seq, each.signature.of_hash) for each in given} == {
        head(Kind.SPECIMEN, tube)[:2]
    }
    signer = entries_of(db.session(), Kind.SIGNATURE, given[1].signature.code)[0]
    assert signer.actor["user"] == cast.ivo.user
    assert verify().sound


def test_a_role_that_the_study_does_not_name_is_no_witness(cast: Cast, clock: Clock) -> None:
    tube = received(cast, clock).tubes[0]
    asked = {"pen": PEN, "witness": "nora", "witness_pen": PEN, "reason": "unusable"}
    assert told(lambda: disposal.destroy(cast.mei, tube, **asked)) == "witness_may_not"  # type: ignore[arg-type]


def test_what_is_decided_with_a_tube_is_signed_with_it(cast: Cast, clock: Clock) -> None:
    tube = received(cast, clock).tubes[0]
    child = child_of(cast, tube).code
    disposal.quarantine(cast.mei, tube, reason="condition_doubtful")
    decision.decide(cast.ivo, tube, "release", "condition_acceptable", pen=PEN)
    for code in (tube, child):
        (given,) = signature.of(Kind.SPECIMEN, code)
        assert (given.signature.occasion, given.signature.of_hash) == (
            "quarantine_decided",
            head(Kind.SPECIMEN, code)[1],
        )


def test_a_correction_shows_the_record_as_changed_since_it_was_signed(cast: Cast, clock: Clock) -> None:
    tube = set_aside(cast, clock)
    decision.decide(cast.ivo, tube, "release", "condition_acceptable", pen=PEN)
    (given,) = signature.of(Kind.SPECIMEN, tube)
    assert given.changed is None
    collected = next(
        each for each in entries_of(db.session(), Kind.SPECIMEN, tube) if each.act == "collected"
    )
    clock.shift(60)
    correction.correct(
        cast.nora, tube, collected.id, {"happened_at": collected.happened_at - 60_000}, reason="typing_error"
    )
    (after,) = signature.of(Kind.SPECIMEN, tube)
    assert after.changed is not None and after.changed.act == "corrected"
    assert after.signature == given.signature  # the history stays
    assert verify().sound


def test_what_merely_comes_after_a_signature_does_not_change_what_was_signed(cast: Cast) -> None:
    code = enrolled(cast)
    (given,) = signature.of(Kind.PARTICIPANT, code)
    assert given.changed is None


def test_an_answer_that_changes_after_the_confirmation_shows(cast: Cast) -> None:
    code = answered(cast)
    eligibility.confirm(cast.ivo, code, pen=PEN)
    eligibility.answer(cast.nora, code, {"I3": {"value": "12"}})
    (given,) = signature.of(Kind.PARTICIPANT, code)
    assert given.changed is not None and given.changed.act == "eligibility_answered"
    eligibility.confirm(cast.ivo, code, pen=PEN)
    assert [each.changed is None for each in signature.of(Kind.PARTICIPANT, code)] == [False, True]


def test_a_consent_is_compared_with_the_paper_by_a_second_person(cast: Cast) -> None:
    code = consented(cast)
    (given,) = consent.history(cast.nora, code)
    assert given.checked_at is None
    check = {"seq": given.seq, "pen": PEN}
    assert told(lambda: consent.check(cast.nora, code, **check)) == "own_consent_entry"  # type: ignore[arg-type]
    with pytest.raises(NotPermitted):
        consent.check(cast.mei, code, **check)  # type: ignore[arg-type]
    assert told(lambda: consent.check(cast.nils, code, seq=99, pen=PEN)) == "nothing_to_check"
    consent.check(cast.nils, code, **check)  # type: ignore[arg-type]
    (after,) = consent.history(cast.nora, code)
    assert after.checked_by == "Nils Bakker"
    assert told(lambda: consent.check(cast.ivo, code, **check)) == "already_checked"  # type: ignore[arg-type]
    (signed,) = signature.of(Kind.PARTICIPANT, code)
    assert (signed.signature.occasion, signed.signature.full_name) == ("consent_recorded", "Nils Bakker")


def made(cast: Cast, clock: Clock) -> report.Made:
    """Make a report on a tube."""
    tube = received(cast, clock).tubes[0]
    return report.make(cast.ada, ReportScope("specimen", tube), "csv")


def test_a_report_is_signed_by_its_digest_with_a_meaning_from_the_list(cast: Cast, clock: Clock) -> None:
    file = made(cast, clock)
    assert told(lambda: report.review(cast.ivo, file.code, pen=PEN)) == "choose_one"
    made_up = Pen(PASSWORD, "i_like_it")
    assert told(lambda: report.review(cast.ivo, file.code, pen=made_up)) == "choose_one"
    report.review(cast.ivo, file.code, pen=Pen(PASSWORD, "report_reviewed"))
    report.review(cast.mei, file.code, pen=PEN)  # a technician can only state that it was received
    assert told(lambda: report.review(cast.mei, file.code, pen=PEN)) == "signed_before"
    given = signature.of(Kind.REPORT, file.code)
    assert [(each.signature.meaning, each.signature.digest) for each in given] == [
        ("report_reviewed", file.digest),
        ("report_received", file.digest),
    ]
    assert verify().sound


def test_signatures_stand_in_the_report_and_those_on_it_leave_its_digest_alone(
    cast: Cast, clock: Clock
) -> None:
    tube = set_aside(cast, clock)
    decision.decide(cast.ivo, tube, "release", "condition_acceptable", pen=PEN)
    scope = ReportScope("specimen", tube)
    first = report.make(cast.ada, scope, "csv")
    report.review(cast.ada, first.code, pen=Pen(PASSWORD, "report_reviewed"))
    shown = report.preview(cast.ada, scope)
    (line,), (on_it,) = shown.signatures.given, shown.signatures.of_report
    assert (line.who.name, line.subject, line.meaning.code) == ("Ivo Smit", tube, "quarantine_decided")
    assert (on_it.who.name, on_it.digest) == ("Ada Jansen", first.digest)
    again = report.make(cast.ada, scope, "csv")
    assert again.digest == first.digest
    rows = again.data.decode("utf-8-sig").splitlines()
    assert sum('"signed"' in row for row in rows) == 2
    assert any("Ada Jansen" in row and "report_reviewed" in row for row in rows)


def test_a_protocol_is_published_with_a_signature_and_later_versions_never_without(cast: Cast) -> None:
    text = shipped()["belimumab_sle.toml"].replace('\nversion = "1.0"', '\nversion = "1.1"', 1)
    assert told(lambda: publication.publish(cast.adam, text, "a.toml", reason="x")) == "field_needed"
    with pytest.raises(NotPermitted):
        publication.publish(system_actor(), text, "a.toml", reason="x")
    new = publication.publish(cast.adam, text, "a.toml", pen=PEN, reason="amendment")
    (given,) = signature.of(Kind.PROTOCOL, cast.study)
    assert (given.signature.digest, given.signature.meaning) == (new.digest, "protocol_published")
    assert given.signature.protocol_version == "1.0"  # the list that was in force
    assert verify().sound


def test_a_role_that_the_list_leaves_out_does_not_sign(cast: Cast) -> None:
    rules = publication.protocol_of(cast.study)
    assert signature.meanings(rules, signature.Occasion.ELIGIBILITY_CONFIRMED, Role.NURSE) == ()
    with pytest.raises(NotPermitted):
        signature.ask(cast.nora, signature.Occasion.ELIGIBILITY_CONFIRMED, PEN)


def test_only_what_was_written_in_the_same_operation_is_signed(cast: Cast) -> None:
    code = answered(cast)
    signer = signature.ask(cast.ivo, signature.Occasion.ELIGIBILITY_CONFIRMED, PEN)
    with pytest.raises(RuntimeError), writing(cast.ivo) as op:
        signature.sign(op, signer, Kind.PARTICIPANT, code)
    assert count() == 0


def test_a_pen_never_shows_its_password() -> None:
    assert PASSWORD not in repr(Pen(PASSWORD, code="123456")) and "123456" not in repr(Pen("", code="123456"))


def _authenticator(actor: Actor) -> pyotp.TOTP:
    """Set a second factor for somebody, as their page does; return what their telephone shows from then on."""
    totp = pyotp.TOTP(second_factor.offer(actor, issuer="Specimens").secret)
    second_factor.confirm(actor, totp.now())
    return totp


def test_where_a_second_factor_is_set_the_password_alone_signs_nothing(cast: Cast, clock: Clock) -> None:
    totp = _authenticator(cast.ivo)
    clock.shift(60)
    for code, told in (("", "code_needed"), ("000000", "code_wrong")):
        with pytest.raises(Refused) as refused:
            signature.ask(cast.ivo, signature.Occasion.QUARANTINE_DECIDED, replace(PEN, code=code))
        assert refused.value.code == told
    right = replace(PEN, code=totp.now())
    assert signature.ask(cast.ivo, signature.Occasion.QUARANTINE_DECIDED, right).actor == cast.ivo
    with pytest.raises(Refused):  # no code works twice
        signature.ask(cast.ivo, signature.Occasion.QUARANTINE_DECIDED, right)


def test_a_witness_signs_with_the_second_factor_too(cast: Cast, clock: Clock) -> None:
    totp = _authenticator(cast.ivo)
    clock.shift(60)
    occasion = signature.Occasion.DESTRUCTION
    with pytest.raises(BadInput) as bad:
        signature.ask_witness(cast.mei, occasion, "ivo", PEN, production=False)
    assert bad.value.fields == {"witness_code": "code_needed"}
    pen = replace(PEN, code=totp.now())
    assert signature.ask_witness(cast.mei, occasion, "ivo", pen, production=False).actor.user == cast.ivo.user


def test_a_study_that_lists_no_meaning_has_the_usual_one(cast: Cast) -> None:
    protocol = publication.rules.load(shipped()["example_vaccine.toml"], "example_vaccine.toml")
    (usual,) = protocol.meanings("quarantine_decided")
    assert usual.text.nl.startswith("Ik heb de quarantaine onderzocht")
    assert [each.code for each in protocol.meanings("report_reviewed")] == [
        "reviewed_for_sponsor",
        "reviewed_at_site",
    ]


def test_bad_meanings_are_named_by_line() -> None:
    text = shipped()["example_vaccine.toml"].replace('code = "destruction"', 'code = "burning"')
    (problem,) = publication.rules.check(text, "a.toml")
    assert (problem.key, problem.value) == ("signatures.burning.code", "burning")
    text = shipped()["example_vaccine.toml"].replace("people = 2", "people = 1")
    (problem,) = publication.rules.check(text, "a.toml")
    assert (problem.key, problem.allowed) == ("signatures.destruction.people", "2")


def test_a_deviation_is_another_occasion_than_a_quarantine(cast: Cast, clock: Clock) -> None:
    tube = received(cast, clock).tubes[0]
    with writing(cast.mei) as op:
        op.append(
            Kind.SPECIMEN,
            tube,
            "temperature_excursion",
            reason="too_warm",
            facts={"add_holds": ["excursion"]},
        )
    decision.decide(cast.ivo, tube, "release", "condition_acceptable", pen=PEN)
    (given,) = signature.of(Kind.SPECIMEN, tube)
    assert given.signature.occasion == "deviation_decided"
    with pytest.raises(Refused):
        decision.decide(cast.ivo, tube, "release", "condition_acceptable", pen=PEN)
    assert len(signature.of(Kind.SPECIMEN, tube)) == 1


def test_bad_input_comes_before_the_password_is_asked(cast: Cast, clock: Clock) -> None:
    tube = set_aside(cast, clock)
    with pytest.raises(BadInput):
        decision.decide(cast.ivo, tube, "release", "because", pen=Pen("guess"))
