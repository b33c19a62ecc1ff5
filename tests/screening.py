"""Participants on their way into the first trial: registered, consented, judged, confirmed, enrolled.

The clock of the tests stands on Monday 2 March 2026, 9:00 in Amsterdam; consent was signed an hour before.
"""

from collections.abc import Mapping
from datetime import date

from specimens.domain.participant import Participant
from specimens.domain.protocol import shipped
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import consent, eligibility, participant, publication
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.signature import Pen
from tests.cast import PASSWORD, Cast

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DAY0 = date(2026, 3, 9)

#: Form answers of somebody who meets every criterion.
ELIGIBLE: Mapping[str, Mapping[str, str]] = {
    "I1": {"option_slicc": "1"},
    "I2": {"option_knee_left": "1", "option_wrist_right": "1"},
    "I3": {"value": "8"},
    "I4": {"value": "40"},
    "I5": {"value": "belimumab"},
    "E3": {"value": "90"},
    **{code: {"never": "1"} for code in ("E6", "E7", "E8", "E10", "E11b", "E11c", "E12b")},
    **{code: {"value": "no"} for code in ("E1", "E2", "E4", "E5", "E9", "E11a", "E12a", "E13")},
}


def registered(cast: Cast, number: int = 1) -> str:
    """Register somebody; return the code."""
    return participant.register(cast.nora, f"BEL-{number:03d}").code


def consented(cast: Cast, number: int = 1, **said: object) -> str:
    """Register somebody and record the consent that was signed an hour ago."""
    code = registered(cast, number)
    consent.record(cast.nora, code, **paper(**said))  # type: ignore[arg-type]
    return code


def paper(**said: object) -> dict[str, object]:
    """Return what a signed consent says, with some of it changed."""
    return {
        "version": "1.0",
        "scopes": ["participation", "genetics"],
        "signed_at": now_ms() - HOUR_MS,
        "obtained_by": "Ivo Smit",
        "original": "Investigator site file, binder 3",
        **said,
    }


def answered(cast: Cast, number: int = 1, **changed: Mapping[str, str]) -> str:
    """Bring somebody as far as the answers; `E6={"year": "2026"}` changes one of them."""
    code = consented(cast, number)
    eligibility.answer(cast.nora, code, {**ELIGIBLE, **changed}, day0_planned_on=DAY0)
    return code


def enrolled(cast: Cast, number: int = 1, day0: date = DAY0, **changed: Mapping[str, str]) -> str:
    """Enrol somebody, with some of the answers changed; all of them have to pass for the planned Day 0."""
    code = answered(cast, number, **changed)
    eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD))
    eligibility.enrol(cast.nora, code, day0_planned_on=day0)
    return code


def stands(code: str) -> Participant:
    """Return how a participant stands, whoever asks."""
    db.session.rollback()
    return participant.now(code)


def acts(code: str, kind: Kind = Kind.PARTICIPANT) -> list[str]:
    """Return the acts on one subject, oldest first."""
    return [entry.act for entry in entries_of(db.session(), kind, code)]


def publish_newer_consent(cast: Cast, required_from: str = "2026-03-16") -> None:
    """Publish a version of the trial's protocol in which a newer consent form is required from a date on."""
    text = shipped()["belimumab_sle.toml"].replace('\nversion = "1.0"', '\nversion = "1.1"', 1)
    newer = f"""
[[consent_versions]]
code = "2.0"
text = {{ en = "Consent form, version 2.0", nl = "Toestemmingsformulier, versie 2.0" }}
required_from = {required_from}
scopes = ["participation", "genetics", "future_research", "sharing"]
source = "ASSUMED"

[[timepoints]]
"""
    text = text.replace("\n[[timepoints]]\n", newer, 1)
    publication.publish(
        cast.adam, text, "newer.toml", pen=Pen(PASSWORD), reason="amendment 1: a newer consent form"
    )
