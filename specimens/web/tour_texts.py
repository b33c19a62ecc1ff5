"""The first steps of each role: what its home page shows once to whoever is new, at most five."""

from collections.abc import Mapping
from dataclasses import dataclass

from specimens.domain.sentences.marker import N_
from specimens.domain.terms import Role


@dataclass(frozen=True, slots=True)
class First:
    """One step: a heading, a sentence, and the door to try it at with the words of that link."""

    title: str
    text: str
    door: str = ""
    word: str = ""


#: Role → the door of its home page. A courier's home is a scan page, which nothing stands in front of.
HOMES: Mapping[Role, str] = {
    Role.NURSE: "today.index",
    Role.INVESTIGATOR: "today.index",
    Role.TECHNICIAN: "bench.index",
    Role.COURIER: "transfer.index",
    Role.MONITOR: "participant.index",
    Role.AUDITOR: "audit.index",
    Role.ADMINISTRATOR: "admin_people.index",
}

_STATION = First(
    N_("Say where you are"),
    N_(
        "The band at the top shows your station. Scan the code on the wall when you change places: what you record carries its name."
    ),
    "access.station",
    N_("Choose your station"),
)
_SCAN = First(
    N_("Scan anything"),
    N_(
        "Any label, on any page: a tube opens its page, a kit opens collection, a bag opens receipt, a box opens its map."
    ),
    "home.index",
    N_("Scan anything"),
)
_HELP = First(
    N_("Help is on every page"),
    N_("The question mark at the top right says what to do on that page, and what to do when something goes wrong."),
    "help.index",
    N_("All help"),
)  # fmt: skip

TOURS: Mapping[Role, tuple[First, ...]] = {
    Role.NURSE: (
        First(N_("Your day begins here"), N_("Kits that are open, visits that are due, and everything that waits for the clinic. Each number leads to its list.")),
        _STATION,
        First(N_("Open the visit, print, collect"), N_("Opening a visit plans its tubes. Print the kit's labels, scan them back, then scan each tube as it is filled."), "participant.index", N_("Participants")),
        First(N_("Hand it over"), N_("Release the tubes to the laboratory: the list stays in sight until somebody has received it."), "transfer.index", N_("Transfers")),
        _HELP,
    ),
    Role.INVESTIGATOR: (
        First(N_("What waits at your site"), N_("Visits, consents and differences, as the nurse sees them.")),
        First(N_("You confirm who is eligible"), N_("On a participant's page, once every criterion passes. You sign with your password."), "participant.index", N_("Participants")),
        First(N_("You decide about quarantine"), N_("Specimens on hold wait for you under Decisions, oldest first."), "decision.index", N_("Decisions")),
        _HELP,
    ),
    Role.TECHNICIAN: (
        First(N_("Your bench"), N_("What is to be received, and what was received and is not stored yet; the tube with the least time left stands first.")),
        _STATION,
        First(N_("Batch, steps, vials"), N_("Scan received tubes into a batch and record each step as you do it. The button under “Next” is what the protocol expects."), "batch.index", N_("Processing")),
        First(N_("Put them away"), N_("Scan a box, then tube after tube: the well for the next one is lit."), "storage.index", N_("Storage")),
        _HELP,
    ),
    Role.COURIER: (
        First(N_("Two scans are your work"), N_("Scan a bag when you take it along, and scan it again with the place where you leave it."), "carriage.scan", N_("Carry bags")),
        First(N_("Between the two it is yours"), N_("You answer for a bag from picking it up until somebody has received it.")),
        _HELP,
    ),
    Role.MONITOR: (
        First(N_("What you see"), N_("Every participant of your study by code, never a name.")),
        First(N_("Follow one specimen"), N_("Its page shows who had it when, gaps hatched; the trail shows every entry, field by field."), "search.index", N_("Find")),
        First(N_("Raise what you find"), N_("A finding is signed by you, answered by the site, and closed."), "audit.index", N_("Audit")),
        _HELP,
    ),
    Role.AUDITOR: (
        First(N_("Begin with the numbers"), N_("Corrections, refused scans, late entries, open matters: each number leads to its list.")),
        First(N_("Draw at random"), N_("The seed stands in the ledger before anything is drawn, so that nobody chose for you."), "audit_bench.new_draw", N_("Draw specimens at random")),
        First(N_("A report proves itself"), N_("Make a custody report, and check any report from paper, file or photo."), "genuine.ask", N_("Verify a report")),
        _HELP,
    ),
    Role.ADMINISTRATOR: (
        First(N_("Sites and stations first"), N_("People scan at stations. Open the site, add its stations, print their codes."), "admin_site.index", N_("Sites and stations")),
        First(N_("Then storage"), N_("From outside to inside: freezer, rack, box. Print each box's label."), "admin_storage.index", N_("Storage")),
        First(N_("Then the protocol"), N_("Checking a file writes nothing. Publish it, and open the study at its sites."), "admin_study.index", N_("Studies")),
        First(N_("Then people"), N_("An account is one person's for ever; what they may do is a grant with a period and a training date.")),
        _HELP,
    ),
}  # fmt: skip
