"""What a manifest, a downtime sheet and a pick list say, as plain records."""

from dataclasses import dataclass

from specimens.documents.records import Moment, Person


@dataclass(frozen=True, slots=True)
class SheetHead:
    """What stands at the top and foot of every page. `number` is the identifier of the transfer or the visit."""

    study: str
    title: str
    number: str
    generated_at: Moment
    generated_by: Person
    software_version: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Party:
    """Who hands over or takes over: a person or a team, where, and how to reach them."""

    name: str
    site: str
    station: str | None = None
    telephone: str | None = None


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """A tube on a transfer list. `amount` is in words (`10 ml`, `2 pieces`), `outcome` the word of the receipt."""

    code: str
    participant: str
    visit: str
    specimen_type: str
    container: str
    amount: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A transfer's list of tubes. `temperature` and `transport` are words; `list_hash` is what both parties confirm.

    `taken_over_by` is who signed for it with a one-time code, `taken_over_at` when.
    """

    head: SheetHead
    consignor: Party
    consignee: Party
    lines: tuple[ManifestLine, ...]
    temperature: str | None = None
    transport: str | None = None
    seal: str | None = None
    earliest_deadline: Moment | None = None
    released_at: Moment | None = None
    off_campus: bool = False
    list_hash: str | None = None
    taken_over_by: str | None = None
    taken_over_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class WorksheetLine:
    """A planned tube. `code` is None while no label is printed; `handling` and `clock` are advice in words.

    `medium`: its container is filled before, so that the minutes until the piece lay in it are asked.
    """

    slot: str
    specimen_type: str
    container: str
    code: str | None = None
    cap_colour: str | None = None
    handling: str | None = None
    clock: str | None = None
    medium: bool = False


@dataclass(frozen=True, slots=True)
class Worksheet:
    """The paper that stands in for the screen when the system is down: a visit and its planned tubes, in order.

    `lots` are the containers of which the lot is asked, in words.
    """

    head: SheetHead
    participant: str
    visit: str
    lines: tuple[WorksheetLine, ...]
    protocol_version: str
    site: str
    window: str | None = None
    kits: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PickLine:
    """A tube to fetch. `where` is the way to its box in words, `outcome` the word of what became of it, if anything."""

    code: str
    where: str
    well: str | None
    what: str
    participant: str | None = None
    visit: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class PickSheet:
    """A pick list on paper, its lines in walking order. `purpose` is in words."""

    head: SheetHead
    purpose: str
    listed_by: str
    lines: tuple[PickLine, ...]
