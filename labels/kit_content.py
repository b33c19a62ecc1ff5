"""What stands on the A4 sheets: the sheet of a visit's kit, and the sheet of a station."""

from dataclasses import dataclass

from labels.content import four_four

LONGEST_HANDLING = 600


@dataclass(frozen=True, slots=True)
class KitRow:
    """One container, in order of draw or priority; a spare one has no identifier yet."""

    container: str
    kind: str
    identifier: str = ""
    cap: str = ""
    handling: str = ""
    clock: str = ""


@dataclass(frozen=True, slots=True)
class KitSheet:
    """The sheet that goes with the tubes of one procedure. `commands` pairs a command's identifier with its word.

    `notes` stand above the containers: what is filled in first (site, side, pieces), what has to be known before the
    draw. `made` says when and by whom it was printed.
    """

    identifier: str
    participant: str
    study: str
    visit: str
    procedure: str
    window: str
    rows: tuple[KitRow, ...]
    commands: tuple[tuple[str, str], ...]
    protocol_version: str
    made: str
    notes: tuple[str, ...] = ()
    spares: int = 3
    language: str = "en"

    def codes(self) -> tuple[str, ...]:
        """Return every identifier on it."""
        tubes = tuple(row.identifier for row in self.rows if row.identifier)
        return (self.identifier, self.participant, *tubes, *(code for code, _ in self.commands))


@dataclass(frozen=True, slots=True)
class StationSheet:
    """The sheet that hangs at a station: its own code, and the codes that steer the scanning pages."""

    identifier: str
    name: str
    site: str
    commands: tuple[tuple[str, str, str], ...]
    made: str
    language: str = "en"

    def codes(self) -> tuple[str, ...]:
        """Return every identifier on it."""
        return (self.identifier, *(code for code, _, _ in self.commands))


#: Words of the sheets, by language.
WORDS = {
    "en": {
        "title": "Collection sheet", "participant": "Participant", "visit": "Visit", "window": "Window",
        "procedure": "Procedure", "kit": "Kit", "identity": "Two identifiers checked against the list",
        "initials": "initials", "date": "Date", "time": "Time", "container": "Container", "cap": "Cap",
        "handling": "Handling", "clock": "Clock", "taken": "Taken", "label": "Identifier or label",
        "extra": "Extra container", "performed": "Performed by",
        "page": "page {page} of {pages}", "protocol": "protocol", "commands": "Commands for the scanner",
        "kit_code": "Scan to open the kit", "station": "Station", "station_code": "Scan to work at this station",
        "not_here": "Scan the labels on the containers, never this sheet.",
    },
    "nl": {
        "title": "Afnameformulier", "participant": "Deelnemer", "visit": "Visite", "window": "Venster",
        "procedure": "Ingreep", "kit": "Kit", "identity": "Twee identificaties gecontroleerd met de lijst",
        "initials": "paraaf", "date": "Datum", "time": "Tijd", "container": "Houder", "cap": "Dop",
        "handling": "Behandeling", "clock": "Klok", "taken": "Gedaan", "label": "Identificatie of etiket",
        "extra": "Extra houder", "performed": "Uitgevoerd door",
        "page": "pagina {page} van {pages}", "protocol": "protocol", "commands": "Opdrachten voor de scanner",
        "kit_code": "Scan om de kit te openen", "station": "Werkplek", "station_code": "Scan om hier te werken",
        "not_here": "Scan de etiketten op de houders, nooit dit formulier.",
    },
}  # fmt: skip


def spelled(code: str) -> str:
    """Return an identifier as print shows it, or nothing for a spare row."""
    return four_four(code) if code else ""
