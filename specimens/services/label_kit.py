"""The sheet that goes with a kit: what is drawn in which order, into what, and what happens to it."""

from typing import Any

from labels.errors import LabelError
from labels.join import joined
from labels.kit_content import KitRow, KitSheet
from labels.kit_sheet import kit_sheet_pdf
from specimens.domain.access import Actor
from specimens.domain.identifiers import COMMANDS, is_identifier
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_base import Event
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Kind
from specimens.services import kit_view, label_words
from specimens.services.clock import now_ms
from specimens.services.hands import seen
from specimens.services.kit_view import KitView
from specimens.services.label import Again, print_set
from specimens.services.label_content import kind_of
from specimens.services.label_out import Printed
from specimens.services.label_set import kit_set
from specimens.services.label_stock import Choice, told
from specimens.services.label_words import WORDS, language_of
from specimens.services.record import Operation
from specimens.services.request import perform


def kit_sheet(actor: Actor, code: str, *, key: str | None = None, language: str = "en") -> Printed:
    """Print the sheet of a kit of one's own site.

    Raises:
        NotFound, NotPermitted: as for the kit. BadInput: a text that would be cut, with the mm that are missing.
    """
    kit_set(actor, code)
    view = kit_view.get(actor, code)
    spoken = language_of(language)
    began = now_ms()
    pdf = _drawn(actor, view, began, spoken)  # before anything is written: a sheet that fails was not printed

    def work(op: Operation) -> dict[str, Any]:
        seen(op, Kind.KIT, code)
        op.append(Kind.KIT, code, "sheet_printed", facts={"containers": len(view.specimens)})
        return {"at": began}

    outcome = perform(actor, key, {"act": "print_sheet", "kit": code}, work)
    if outcome["at"] != began:
        pdf = _drawn(actor, view, outcome["at"], spoken)
    return Printed(pdf, f"kit-{code}.pdf", tuple(each.code for each in view.specimens), outcome["at"])


def kit_pdf(
    actor: Actor,
    code: str,
    choice: Choice,
    *,
    again: Again | None = None,
    key: str | None = None,
    language: str = "en",
) -> Printed:
    """Print a kit's sheet and its labels in one file, the sheet first; as `kit_sheet` and `label.print_set`."""
    labels = print_set(actor, kit_set(actor, code), choice, again=again, key=key, language=language)
    sheet = kit_sheet(actor, code, key=key and f"{key[:120]}.sheet", language=language)
    return Printed(joined([sheet.pdf, labels.pdf]), sheet.name, labels.codes, labels.at)


def _drawn(actor: Actor, view: KitView, at: int, language: str) -> bytes:
    protocol, visit = view.protocol, view.visit
    point = protocol.timepoint(visit.timepoint)
    attempt = f" · {view.kit.attempt}" if view.kit.attempt > 1 else ""
    if visit.first_on and visit.last_on:
        window = f"{_day(visit.first_on, language)} – {_day(visit.last_on, language)}"
    else:
        window = WORDS[language]["no_window"]
    sheet = KitSheet(
        identifier=view.kit.code,
        participant=view.kit.participant,
        study=protocol.study.label,
        visit=f"{point.code} · {point.text.said(language)}",
        procedure=protocol.procedure(view.kit.procedure).text.said(language) + attempt,
        window=window,
        rows=tuple(_row(each, protocol, language) for each in view.specimens if each.status not in ENDED),
        commands=tuple((each, label_words.COMMANDS[language][word][0]) for each, word in COMMANDS.items()),
        protocol_version=visit.protocol_version,
        made=label_words.printed_by(at, actor.zone, actor.name, language),
        notes=_notes(view, language),
        language=language,
    )
    try:
        return kit_sheet_pdf(sheet, check=is_identifier)
    except LabelError as error:
        raise told(error) from error


def _day(iso: str, language: str) -> str:
    return label_words.local_day_said(iso, language)


def _row(specimen: Specimen, protocol: Protocol, language: str) -> KitRow:
    slot = protocol.slot(specimen.slot)
    container = protocol.container(specimen.container)
    kind, number = kind_of(specimen, protocol)
    codes = [*slot.clocks]
    for each in protocol.derivatives_of(specimen.slot, specimen.timepoint):
        codes += each.clocks
    rules = [protocol.clock(code) for code in dict.fromkeys(codes)]
    # What starts in the nurse's hands; what begins in the laboratory stands on its worksheet.
    told_now = [rule.text.said(language) for rule in rules if rule.from_event is Event.COLLECTED]
    return KitRow(
        container=container.text.said(language),
        kind=f"{kind} {number}".strip(),
        identifier=specimen.code,
        cap=container.cap_colour.said(language) if container.cap_colour else "",
        handling=slot.handling.said(language),
        clock=" ".join(dict.fromkeys(told_now)),
    )


def _notes(view: KitView, language: str) -> tuple[str, ...]:
    """What is filled in for tissue, where it is expected to be taken; how much blood is planned."""
    words, protocol = WORDS[language], view.protocol
    procedure = protocol.procedure(view.kit.procedure)
    if not view.tissue:
        drawn = [
            protocol.slot(each.slot).volume_ul or 0 for each in view.specimens if each.status not in ENDED
        ]
        return (words["blood"].format(ml=f"{sum(drawn) / 1000:g}"),) if any(drawn) else ()
    names = [protocol.body_site(code).text.said(language) for code in procedure.body_sites]
    boxes = names if len(names) == 1 else [f"{name} ☐" for name in names]
    pieces = procedure.piece.said(language) if procedure.piece else ""
    notes = [words["fill_in"].format(places="  ".join(boxes), pieces=pieces, device=words["device"])]
    if 0 < len(view.expected) < len(view.places):
        sides = label_words.SIDES[language]
        said = [
            f"{protocol.body_site(site).text.said(language)} {sides[side].lower()}"
            for site, side in view.expected
        ]
        notes.append(words["expected"].format(places=", ".join(said)))
    return tuple(notes)
