"""A near miss: a scan that was refused, kept with what was read and what was expected."""

from dataclasses import dataclass, replace
from enum import StrEnum

from specimens.domain.entry import Entry

#: So many specimens that were expected are named at most: a list of a courier can be long.
MOST_EXPECTED = 40


class MissKind(StrEnum):
    """What went wrong with a scan, as a quality meeting counts it."""

    WRONG_PARTICIPANT = "miss_wrong_participant"
    RETIRED = "miss_retired"
    DUPLICATE = "miss_duplicate"
    UNKNOWN = "miss_unknown"
    UNREADABLE = "miss_unreadable"
    ELSEWHERE = "miss_elsewhere"
    TOO_EARLY = "miss_too_early"
    PERSON = "miss_person"
    OTHER = "miss_other"


_K = MissKind

#: Why a scan was refused → what it is counted as; every other refusal is `OTHER`.
KIND_OF: dict[str, MissKind] = {
    refusal: kind
    for kind, refusals in {
        _K.WRONG_PARTICIPANT: """wrong_participant wrong_kit wrong_visit kit_of_another_visit not_its_parent
            not_one_draw""",
        _K.RETIRED: "label_retired label_not_scanned_back badge_retired",
        _K.DUPLICATE: """already already_open already_quarantined already_received already_stored_here
            already_seen already_picked label_counts_already""",
        _K.UNKNOWN: "unknown_code unknown_specimen unknown_station not_a_tube a_unit_not_a_tube",
        _K.UNREADABLE: "scan_ambiguous scan_control_characters scan_empty scan_too_long scan_unreadable",
        _K.ELSEWHERE: """on_another_list not_on_a_list not_on_this_list in_another_batch not_in_this_batch
            receive_on_its_list kit_open_elsewhere not_in_your_hands not_the_consignee other_body_site
            other_temperature storage_not_planned well_occupied well_taken no_such_well
            no_business_here not_this_box not_on_this_pick""",
        _K.TOO_EARLY: """identity_first identity_again kit_not_open yield_first receipt_not_opened label_not_printed
            label_never_printed label_never_scanned_back before_collection position_needed check_scan_box""",
        _K.PERSON: """badge_unknown person_is_off no_grant_at_station password_first role_may_not own_release
            not_your_act station_needed witness_needed""",
    }.items()
    for refusal in refusals.split()
}


def kind_of(refusal: str) -> MissKind:
    """Return what a refused scan is counted as."""
    return KIND_OF.get(refusal, MissKind.OTHER)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A refused scan. `raw` is sealed in the ledger: what a scanner picks up may be a hospital number.

    `study` and `site` are where the person stood; `subject` names the kit, transfer or visit that was open, `expected`
    what was still to be scanned there (at most `MOST_EXPECTED`), `participant` whose it is.
    """

    code: str
    refusal: str
    read: str | None = None
    raw: str | None = None
    subject: str | None = None
    participant: str | None = None
    expected: tuple[str, ...] | None = None
    study: str | None = None
    site: str | None = None
    station: str | None = None
    user: str | None = None
    happened_at: int | None = None


def after(state: NearMiss, entry: Entry) -> NearMiss:
    """A near miss keeps who stood where, and when."""
    return replace(state, station=entry.station, user=entry.actor["user"], happened_at=entry.happened_at)
