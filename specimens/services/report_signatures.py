"""Section 8 of a custody report: the signatures on what it tells of, and on reports that say the same."""

from collections.abc import Iterable

from specimens.documents.records import Moment, Person, SignatureLine, Worded
from specimens.domain.terms import Kind
from specimens.services import signature
from specimens.services.report_facts import Facts
from specimens.services.report_voice import Voice
from specimens.services.signature import Given


def on_records(facts: Facts, voice: Voice) -> tuple[SignatureLine, ...]:
    """Return the signatures on the specimens of a report, and on their kits, visits and transfers."""
    subjects: dict[Kind, set[str]] = {Kind.SPECIMEN: {each.specimen.code for each in facts.histories}}
    for row in facts.around:
        subjects.setdefault(Kind(row.entry.kind), set()).add(row.entry.code)
    found: list[Given] = []
    for kind, codes in subjects.items():
        found += [each for some in signature.of_many(kind, codes).values() for each in some]
    return lines(sorted(found, key=lambda each: each.number), voice)


def on_report(study: str, digest: str, voice: Voice) -> tuple[SignatureLine, ...]:
    """Return the signatures on reports of a study that bear this digest."""
    return lines(signature.of_digest(study, digest), voice)


def lines(given: Iterable[Given], voice: Voice) -> tuple[SignatureLine, ...]:
    """Return signatures as a report prints them."""
    return tuple(_line(each, voice) for each in given)


def _line(given: Given, voice: Voice) -> SignatureLine:
    signed = given.signature
    return SignatureLine(
        number=given.number,
        subject_kind=voice.word(signed.of_kind),
        subject=signed.of_code,
        at=Moment(signed.signed_at or 0, signed.zone or "UTC", signed.offset or "+00:00"),
        who=Person(signed.full_name or "", voice.word(signed.role or "")),
        login=given.login,
        meaning=Worded(signed.meaning, given.text.said(voice.language)),
        of_entry=signed.of_seq,
        of_hash=signed.of_hash,
        entry_hash=given.hash,
        changed_by=given.changed.seq if given.changed else None,
        digest=signed.digest if signed.of_kind == Kind.REPORT else None,
    )
