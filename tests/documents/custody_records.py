"""A custody report to test with: as many events as asked for, and everything a report can say."""

from dataclasses import replace

from specimens.documents.records import (
    ClockLine,
    Correction,
    CustodyReport,
    Event,
    Gap,
    Header,
    Milestone,
    Moment,
    NearMiss,
    Note,
    OpenMatter,
    Person,
    Scope,
    SignatureLine,
    SpecimenSection,
    Struck,
    Worded,
    plain,
)

NOON = 1_795_348_991_123  # 22 November 2026, 13:03:11.123 in Amsterdam
NORA = Person("Nora de Wit", Worded("nurse", "research nurse"))
MEI = Person("Mei Tan", Worded("technician", "laboratory technician"))
TUBE = "C4K7N2XD"


def moment(minutes: int = 0) -> Moment:
    """Return an instant so many minutes after `NOON`."""
    return Moment(NOON + minutes * 60_000, "Europe/Amsterdam", "+01:00")


def event(number: int, **more: object) -> Event:
    """Return an ordinary event, with some of its fields changed."""
    told = Event(
        number=number,
        subject_kind=Worded("specimen", "specimen"),
        subject=TUBE,
        happened=moment(number),
        recorded=moment(number),
        act=Worded("accepted", "accepted"),
        who=MEI,
        mode=Worded("scan", "scanned"),
        entry_hash=f"{number:064x}",
        station="Laboratory bench",
        moved_from="Nora de Wit",
        moved_to="Laboratory bench",
        condition=Worded("intact", "intact"),
        temperature_tenths_c=215,
    )
    return replace(told, **more)  # type: ignore[arg-type]


def section(code: str = TUBE, **more: object) -> SpecimenSection:
    """Return a specimen that was collected, released and received too late to be spun in time."""
    told = SpecimenSection(
        code=code,
        participant="H9K2T0PX",
        visit="BL · D2C9J5RV",
        specimen_type=Worded("serum", "serum"),
        container=Worded("SST", "SST tube, 8.5 ml"),
        protocol_version="1.2",
        status=Worded("received", "received"),
        custodian="Laboratory bench",
        milestones=(
            Milestone(Worded("collected", "collected"), moment()),
            Milestone(Worded("released", "released"), moment(12)),
            Milestone(Worded("received", "received"), moment(40)),
            Milestone(
                Worded("processed", "processed"), moment(95), 60, Worded("late", "It took 1 h 35 min.")
            ),
            Milestone(Worded("stored", "stored")),
        ),
        clocks=(
            ClockLine(
                Worded("clotting", "Clots 30 to 60 minutes, then is spun."),
                30,
                60,
                95,
                Worded("late", "Clots 30 to 60 minutes, then is spun. It took 1 h 35 min: 35 min too long."),
            ),
            ClockLine(Worded("serum_frozen", "Frozen within 2 hours of collection."), None, 120, None),
        ),
    )
    return replace(told, **more)  # type: ignore[arg-type]


def report(events: int = 6, language: str = "en", **more: object) -> CustodyReport:
    """Return a report with so many events and one of everything else."""
    told = CustodyReport(
        header=Header(
            study="belimumab_sle",
            title="Belimumab in SLE Synovial Inflammation and Lymph Nodes",
            number="K7N2C4X3",
            generated_at=moment(6000),
            generated_by=Person("Ada Jansen", Worded("auditor", "auditor")),
            software_version="0.1.0",
            language=language,
        ),
        scope=Scope(
            filters=((Worded("specimen", "specimen"), plain(TUBE)),),
            specimens_in=1,
            specimens_out=61,
            events_in=events,
            up_to_event=9999,
        ),
        specimens=(section(),),
        events=tuple(event(number) for number in range(1, events + 1)),
        corrections=(
            Correction(
                5, 2, TUBE, Worded("happened_at", "time"), plain("13:05"), plain("13:03"), NORA, moment(8),
                Worded("typing_error", "typing error"), Note("read from the wall clock"),
            ),
        ),
        gaps=(Gap(TUBE, 2, 3, Worded("hand_over", "on its way between two custodians"), 95, 60),),
        near_misses=(
            NearMiss(moment(3), NORA, Worded("wrong_kit", "tube of another kit"), "Room 1", "H9K2T0PX", TUBE),
        ),
        open_matters=(OpenMatter(Worded("missing", "missing"), TUBE, moment(50), "Mei Tan"),),
    )  # fmt: skip
    return replace(told, **more)  # type: ignore[arg-type]


def struck(number: int, by: int) -> Event:
    """Return an event that was corrected by another."""
    return event(number, struck=Struck(Worded("corrected", "corrected"), by))


def signature(number: int = 7, changed_by: int | None = None) -> SignatureLine:
    """Return a signature of the investigator on the tube."""
    return SignatureLine(
        number, Worded("specimen", "specimen"), TUBE, moment(40),
        Person("Ivo Smit", Worded("investigator", "investigator")), "ivo",
        Worded("deviation_decided", "I have judged this deviation."), 3, "ab" * 32, "cd" * 32, changed_by,
    )  # fmt: skip
