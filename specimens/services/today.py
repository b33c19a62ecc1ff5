"""Today: what waits for the clinic this morning: visits, open kits, first doses, consents, differences."""

from dataclasses import dataclass
from datetime import date, timedelta

from specimens.domain.access import Actor, Permission
from specimens.domain.kit import Kit
from specimens.domain.participant import Participant
from specimens.domain.protocol_base import Text
from specimens.domain.schedule import VisitStatus
from specimens.domain.terms import Status
from specimens.domain.visit import Visit
from specimens.models.base import db
from specimens.services import consent, difference, kit_view, tenancy
from specimens.services import participant as people
from specimens.services.clock import now_ms, today
from specimens.services.day_zero import never_treated
from specimens.services.difference import Difference
from specimens.services.hands import names_of
from specimens.services.schedule import ScheduledVisit, schedules
from specimens.services.study import protocol_of, zone_of

#: What the page *Today* lists, in this order.
TODAY = (VisitStatus.DUE, VisitStatus.IN_WINDOW, VisitStatus.LATE, VisitStatus.MISSED)

#: A consent that has to be renewed is listed so many days before that.
RENEWAL_DAYS = 28


@dataclass(frozen=True, slots=True)
class OpenKit:
    """A kit that is being filled now: whose, at which station, since when (ms UTC), how many tubes of how many."""

    kit: Kit
    visit: Visit
    timepoint: Text
    procedure: Text
    participant: Participant
    station: str
    collected: int
    total: int


@dataclass(frozen=True, slots=True)
class Renewal:
    """A participant whose consent has to be renewed from a local date on; `held` once that has come."""

    participant: Participant
    required_on: date
    held: bool


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A consent that no second person compared with the paper yet; *mine*: whoever reads this entered it."""

    participant: Participant
    seq: int
    version: str
    recorded_at: int
    recorded_by: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that waits for the clinic; *differences* is None for roles that do not see them."""

    visits: dict[VisitStatus, list[ScheduledVisit]]
    kits: tuple[OpenKit, ...]
    never_treated: tuple[Participant, ...]
    renewals: tuple[Renewal, ...]
    unchecked: tuple[Unchecked, ...]
    differences: tuple[Difference, ...] | None

    @property
    def empty(self) -> bool:
        """Say whether nothing waits."""
        lists = (
            *self.visits.values(), self.kits, self.never_treated, self.renewals, self.unchecked, self.differences,
        )  # fmt: skip
        return not any(lists)


def board(actor: Actor) -> Board:
    """Return what waits for the clinic at this person's own sites."""
    mine = [each for each in people.listed(actor) if tenancy.own_site(actor, each.site)]
    days = {site: today(zone_of(site)) for site in {each.site for each in mine}}
    return Board(
        _visits(actor, mine),
        _open_kits(actor, mine),
        tuple(each for each in mine if never_treated(each, days[each.site])),
        _renewals(actor, mine, days),
        _unchecked(actor, mine),
        difference.open_everywhere(actor, now_ms()) if actor.may(Permission.TRANSFER_READ) else None,
    )


def today_lists(actor: Actor) -> dict[VisitStatus, list[ScheduledVisit]]:
    """Return the visits of *Today*: due, in window, late and missed, nearest end of window first."""
    mine = [each for each in people.listed(actor) if tenancy.own_site(actor, each.site)]
    return _visits(actor, mine)


def _visits(actor: Actor, mine: list[Participant]) -> dict[VisitStatus, list[ScheduledVisit]]:
    found: dict[VisitStatus, list[ScheduledVisit]] = {status: [] for status in TODAY}
    for line in schedules(actor, mine):
        if line.planned.status in found:
            found[line.planned.status].append(line)
    for lines in found.values():
        lines.sort(
            key=lambda line: (line.planned.window.last_on or date.max, line.participant.subject_number)
        )
    return found


def _open_kits(actor: Actor, mine: list[Participant]) -> tuple[OpenKit, ...]:
    known = {each.code: each for each in mine}
    running = [kit for kit in kit_view.running(actor) if kit.participant in known]
    stations = names_of([kit.opened_at_station for kit in running])
    found = []
    for kit in running:
        view = kit_view.get(actor, kit.code)
        tubes = [each for each in view.specimens if each.status != Status.VOIDED]
        waiting = sum(each.status in (Status.PLANNED, Status.NOT_COLLECTED) for each in tubes)
        found.append(
            OpenKit(
                kit,
                view.visit,
                view.protocol.timepoint(view.visit.timepoint).text,
                view.protocol.procedure(kit.procedure).text,
                known[kit.participant],
                stations.get(kit.opened_at_station or "", ""),
                len(tubes) - waiting,
                len(tubes),
            )
        )
    return tuple(found)


def _renewals(actor: Actor, mine: list[Participant], days: dict[str, date]) -> tuple[Renewal, ...]:
    if not mine:
        return ()
    protocol = protocol_of(actor.study)
    found = []
    for each in mine:
        on = days[each.site]
        required = consent.renewal_on(each, protocol)
        if required is not None and required <= on + timedelta(days=RENEWAL_DAYS):
            found.append(Renewal(each, required, required <= on))
    return tuple(sorted(found, key=lambda each: (each.required_on, each.participant.subject_number)))


def _unchecked(actor: Actor, mine: list[Participant]) -> tuple[Unchecked, ...]:
    """Return the consents that wait for a second person, oldest first; of each participant the one that counts."""
    found = []
    for each in consent.not_checked(mine):
        given = consent.consents_of(db.session(), each.code)[-1]
        if given.checked_at is None:
            found.append(
                Unchecked(
                    each,
                    given.seq,
                    given.version,
                    given.recorded_at,
                    given.recorded_by,
                    not given.may_check(actor),
                )
            )
    return tuple(sorted(found, key=lambda each: each.recorded_at))
