"""What is still open in a custody report: holds, missing tubes, lists that nobody accepted, unchecked paper."""

from collections.abc import Iterator

from specimens.documents.records import OpenMatter
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Hold, Status
from specimens.services.report_facts import Facts, Row
from specimens.services.report_voice import Voice, moment

#: Hold → the acts that put it on.
_PUT_ON = {
    Hold.QUARANTINE: frozenset(
        {"quarantined", "received_in_quarantine", "received_extra", "duplicate_found"}
    ),
    Hold.EXCURSION: frozenset({"temperature_excursion"}),
    Hold.CONSENT: frozenset({"consent_hold"}),
}
_BETWEEN_HANDS = frozenset({Status.RELEASED, Status.IN_TRANSIT, Status.DELIVERED})


def open_matters(facts: Facts, voice: Voice) -> Iterator[OpenMatter]:
    """Yield what waits for somebody."""
    for history in facts.histories:
        specimen = history.specimen
        zone = facts.zones.get(specimen.site, "UTC")
        for what, since in _of(specimen, [row for row in history.rows if row.entry.id in history.states]):
            owner = facts.names.get(specimen.custodian, specimen.custodian) if specimen.custodian else None
            yield OpenMatter(voice.word(what), specimen.code, moment(since, zone), owner)
    yield from _papers(facts, voice)


def _of(specimen: Specimen, counted: list[Row]) -> Iterator[tuple[str, int]]:
    for hold in sorted(specimen.holds):
        acts = _PUT_ON.get(Hold(hold), frozenset())
        yield f"open_{hold}", _last(counted, acts)
    if specimen.status == Status.MISSING:
        yield "open_missing", _last(counted, frozenset({"reported_missing"}))
    if specimen.status in _BETWEEN_HANDS:
        yield "open_not_accepted", _last(counted, frozenset({"released"}))
    if specimen.collected_at is None and "received_without_release" in specimen.moments:
        yield "open_not_logged", _last(counted, frozenset({"received_without_release"}))


def _last(counted: list[Row], acts: frozenset[str]) -> int:
    """Return when one of the acts happened last; where none is found, when the specimen's last act did."""
    times = [row.entry.happened_at for row in counted if row.entry.act in acts]
    return times[-1] if times else counted[-1].entry.happened_at


def _papers(facts: Facts, voice: Voice) -> Iterator[OpenMatter]:
    """Yield visits that were entered from paper and that nobody has compared with the sheet yet."""
    waiting: dict[str, Row] = {}
    for row in facts.around:
        if row.entry.act == "visit_entered_from_paper":
            waiting[row.entry.code] = row
        elif row.entry.act == "paper_checked":
            waiting.pop(row.entry.code, None)
    for code, row in waiting.items():
        since = moment(row.entry.happened_at, row.entry.zone)
        yield OpenMatter(voice.word("open_paper"), code, since, None)
