"""Sections 1 to 3 of the custody report: the report itself, its scope, one stretch per specimen."""

from collections.abc import Iterator

from reportlab.pdfgen.canvas import Canvas

from specimens.documents.bar import bar
from specimens.documents.flow import Block, space
from specimens.documents.fonts import BOLD, MONO, SIZE, TEXT, draw, fit, width
from specimens.documents.language import counted
from specimens.documents.paper import LEFT, WIDTH
from specimens.documents.parts import heading, pairs, said, who
from specimens.documents.records import ClockLine, CustodyReport, Scope, SpecimenSection
from specimens.documents.table import HAIRLINE, paragraph, rule, shade
from specimens.documents.times import grouped, say_full, say_minutes

Words = dict[str, str]


def report(told: CustodyReport, words: Words, digest: str, language: str) -> Iterator[Block]:
    """Section 1: which report this is."""
    head = told.header
    yield heading(words["report"])
    yield from pairs(
        [
            (words["study"], head.study_name),
            (words["title"], head.title),
            (words["report_number"], grouped(head.number)),
            (words["made"], f"{say_full(head.generated_at, language)}, {who(head.generated_by)}"),
            (words["version"], f"specimens {head.software_version}"),
            (words["full_digest"], digest),
        ]
    )


def scope(told: Scope, words: Words, language: str) -> Iterator[Block]:
    """Section 2: what was asked for, and how much lies within and without."""
    yield heading(words["scope"])
    lines = [(name.word, grouped(value.word)) for name, value in told.filters]
    lines.append((words["period"], _period(told, words, language)))
    inside = (
        f"{counted(words, 'n_specimens', told.specimens_in)}, {counted(words, 'n_events', told.events_in)}"
    )
    others, outer = (
        counted(words, "n_others", told.specimens_out),
        counted(words, "n_outside", told.events_out),
    )
    outside = f"{others}; {outer}"
    lines += [
        (words["in_scope"], inside),
        (words["out_of_scope"], outside),
        (words["redactions"], str(told.redactions)),
        (words["up_to"], str(told.up_to_event)),
    ]
    yield from pairs(lines)
    if not told.specimens_in and not told.events_in:
        yield said(words["empty"])


def _period(told: Scope, words: Words, language: str) -> str:
    first, last = told.period
    if first is None and last is None:
        return words["whole"]
    begin = say_full(first, language) if first else words["beginning"]
    end = say_full(last, language) if last else words["now"]
    return f"{words['from']} {begin} {words['until']} {end}"


def specimens(sections: tuple[SpecimenSection, ...], words: Words, language: str) -> Iterator[Block]:
    """Section 3: each specimen with its bar and its limits."""
    yield heading(words["specimens"])
    if not sections:
        yield said(words["none"])
    for section in sections:
        yield from _specimen(section, words, language)


def _specimen(section: SpecimenSection, words: Words, language: str) -> Iterator[Block]:
    yield _title(section)
    identity = [
        f"{words['participant']} {grouped(section.participant)}",
        f"{words['visit']} {section.visit}",
        section.container.word,
        f"{words['protocol']} {section.protocol_version}",
    ]
    yield said(" · ".join(identity), keeps=True)
    place = " ".join(part for part in (section.place, section.position) if part)
    where = [
        f"{words['custodian']}: {section.custodian or words['nobody']}",
        f"{words['place']}: {place or words['nowhere']}",
    ]
    yield said(" · ".join(where), keeps=True)
    related = (
        (words["parents"], section.parents),
        (words["children"], section.children),
        (words["same_label"], section.same_label),
    )
    for label, codes in related:
        if codes:
            yield said(f"{label}: {', '.join(map(grouped, codes))}", keeps=True)
    for label, marks in ((words["holds"], section.holds), (words["flags"], section.flags)):
        if marks:
            yield paragraph(
                LEFT, WIDTH, f"{label}: {', '.join(mark.word for mark in marks)}", font=BOLD, keeps=True
            )
    yield bar(section.milestones, words, language)
    for clock in section.clocks:
        yield _clock(clock, words, language)
    yield space(10)


def _title(section: SpecimenSection) -> Block:
    def paint(canvas: Canvas, top: float) -> None:
        shade(canvas, LEFT, top - 4, WIDTH, 17)
        rule(canvas, LEFT, top - 4, WIDTH, HAIRLINE)
        draw(canvas, LEFT + 3, top - 16, grouped(section.code), MONO, 11)
        state = fit(section.status.word, BOLD, SIZE, WIDTH / 3)
        draw(canvas, LEFT + WIDTH - 3 - width(state, BOLD), top - 16, state, BOLD)
        room = WIDTH - 84 - width(state, BOLD)
        draw(canvas, LEFT + 76, top - 16, fit(section.specimen_type.word, BOLD, SIZE, room), BOLD)

    return Block(24, paint, keeps=True)


def limit_text(clock: ClockLine, words: Words, language: str) -> str:
    """Write the limits of a clock: `at most 2 h`, `30 min to 1 h`."""
    least = None if clock.least_minutes is None else say_minutes(clock.least_minutes, language)
    most = None if clock.most_minutes is None else say_minutes(clock.most_minutes, language)
    if least and most:
        return words["between"].format(least=least, most=most)
    if most:
        return words["at_most"].format(most=most)
    return words["at_least"].format(least=least or "–")


def _clock(clock: ClockLine, words: Words, language: str) -> Block:
    if clock.breach is not None:
        return paragraph(LEFT, WIDTH, f"▲ {words['breach']}: {clock.breach.word}", font=BOLD)
    took = (
        words["running"]
        if clock.elapsed_minutes is None
        else words["took"].format(elapsed=say_minutes(clock.elapsed_minutes, language))
    )
    kept = "" if clock.elapsed_minutes is None else f" · {words['kept']}"
    return paragraph(
        LEFT, WIDTH, f"{clock.what.word} ({limit_text(clock, words, language)}) · {took}{kept}", font=TEXT
    )
