"""Papers that travel: the manifest of a transfer, and the downtime sheet of a visit."""

from collections.abc import Iterable
from datetime import UTC, datetime

from specimens.documents.language import tongue
from specimens.documents.manifest import manifest_pdf
from specimens.documents.records import Moment, Person
from specimens.documents.sheet_records import (
    Manifest,
    ManifestLine,
    Party,
    SheetHead,
    Worksheet,
    WorksheetLine,
)
from specimens.documents.times import say_date
from specimens.documents.worksheet import worksheet_pdf
from specimens.domain import fold
from specimens.domain.access import Actor, Permission
from specimens.domain.clocks import clocks_of, read_clocks
from specimens.domain.handover import HandoverState
from specimens.domain.identifiers import printed
from specimens.domain.protocol import Protocol
from specimens.domain.site import Site
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.domain.transfer import Transfer
from specimens.domain.visit import Visit
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import handover, kit_lots, tenancy
from specimens.services.clock import now_ms
from specimens.services.collection_facts import holds_medium
from specimens.services.entries import entries_of
from specimens.services.hands import listed, names_of, permit, specimens_in
from specimens.services.report_voice import Voice, moment
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of

BY_HAND = "by_hand"


def manifest(actor: Actor, transfer: str, voice: Voice | None = None) -> bytes:
    """Return the manifest of a transfer as a PDF; a list that is not released yet says so.

    Raises:
        NotPermitted: without `transfer:read`.
        NotFound: `unknown_transfer`.
    """
    permit(actor, Permission.TRANSFER_READ)
    voice = voice or Voice()
    held: Transfer = tenancy.load(Kind.TRANSFER, transfer, actor)
    known = specimens_in(db.session, [*held.lines, *held.extras])
    found = {each: _as_packed(specimen, transfer) for each, specimen in known.items()}
    outcomes = {**held.lines, **dict.fromkeys(held.extras, "extra")}
    sites = _sites((held.site, held.to_site))
    zone = sites[held.site].zone if held.site in sites else actor.zone
    signed = handover.latest(held.code)
    outside = signed if signed is not None and signed.state == HandoverState.SIGNED else None
    names = names_of([held.to_code, held.released_by, outside.code if outside else None])
    temperature = None
    if held.temperature:
        bands = protocol_of(held.study).storage_temperatures
        texts = {each.code: each.text.said(voice.language) for each in bands}
        temperature = texts.get(held.temperature) or voice.say(held.temperature)
    told = Manifest(
        head=_head(actor, held.study, held.code, voice, zone),
        consignor=_party(names.get(held.released_by or "", "–"), held.site, sites),
        consignee=_party(names.get(held.to_code, "–"), held.to_site, sites),
        lines=tuple(
            _line(found[code], outcome, voice) for code, outcome in outcomes.items() if code in found
        ),
        temperature=temperature,
        transport=voice.say(held.transport),
        seal=held.seal,
        earliest_deadline=_deadline(known.values(), zone),
        released_at=moment(held.released_at, zone) if held.released_at else None,
        off_campus=held.transport != BY_HAND,
        list_hash=held.list_hash,
        taken_over_by=names.get(outside.code, printed(outside.code)) if outside else None,
        taken_over_at=moment(outside.signed_at, zone) if outside and outside.signed_at else None,
    )
    return manifest_pdf(told)


def _as_packed(specimen: Specimen, transfer: str) -> Specimen:
    """Return a specimen as it was on this list: what is left of it later is no matter of the manifest."""
    state: Specimen | None = None
    packed: Specimen | None = None
    for entry in fold.effective(entries_of(db.session(), Kind.SPECIMEN, specimen.code)):
        state = fold.apply(Kind.SPECIMEN, state, entry)
        if state is not None and state.transfer == transfer:
            packed = state
    return packed or specimen


def _head(actor: Actor, study: str, code: str, voice: Voice, zone: str) -> SheetHead:
    return SheetHead(
        study=protocol_of(study).study.label,
        title=protocol_of(study).study.title.said(voice.language),
        number=code,
        generated_at=moment(now_ms(), zone),
        generated_by=Person(actor.name, voice.word(actor.role)),
        software_version=voice.version,
        language=voice.language,
    )


def _sites(codes: Iterable[str]) -> dict[str, Site]:
    table = table_of(Kind.SITE)
    rows = db.session.execute(table.select().where(table.c.code.in_(sorted(set(codes))))).mappings()
    return {row["code"]: state_of(Kind.SITE, row) for row in rows}


def _party(name: str, site: str, sites: dict[str, Site]) -> Party:
    known = sites.get(site)
    return Party(name, known.name if known else site, telephone=(known.telephone or None) if known else None)


def _line(specimen: Specimen, outcome: str, voice: Voice) -> ManifestLine:
    rules = protocol_of(specimen.study, specimen.protocol_version)
    return ManifestLine(
        code=specimen.code,
        participant=specimen.participant,
        visit=specimen.timepoint,
        specimen_type=rules.specimen_type(specimen.specimen_type).text.said(voice.language),
        container=rules.container(specimen.container).text.said(voice.language),
        amount=_amount(specimen, rules, voice),
        outcome=voice.say(outcome) if outcome else None,
    )


def _amount(specimen: Specimen, rules: Protocol, voice: Voice) -> str | None:
    if specimen.pieces is not None:
        return f"{specimen.pieces} {voice.say('pieces')}"
    volume_ul = specimen.volume_ul
    if volume_ul is None and specimen.derivative is None:
        volume_ul = rules.slot(specimen.slot).volume_ul
    if volume_ul is None:
        return None
    whole, rest = divmod(volume_ul, 1000)
    mark = "," if voice.language.startswith("nl") else "."
    return f"{whole}{mark}{rest:03d}".rstrip("0").rstrip(mark) + " ml"


def _deadline(specimens: Iterable[Specimen], zone: str) -> Moment | None:
    """Return when the first running clock of these tubes runs out."""
    now = now_ms()
    deadlines = []
    for each in specimens:
        rules = protocol_of(each.study, each.protocol_version)
        codes = [None, *(child.code for child in rules.derivatives_of(each.slot, each.timepoint))]
        for derivative in codes if each.derivative is None else [each.derivative]:
            for clock in read_clocks(clocks_of(rules, each.slot, derivative), each.moments, now):
                if clock.deadline_at is not None and not clock.stopped:
                    deadlines.append(clock.deadline_at)
    return moment(min(deadlines), zone) if deadlines else None


def worksheet(actor: Actor, visit: str, voice: Voice | None = None) -> bytes:
    """Return the downtime sheet of a visit as a PDF.

    Raises:
        NotPermitted: without `visit:read`.
        NotFound: `unknown_visit`.
    """
    permit(actor, Permission.VISIT_READ)
    voice = voice or Voice()
    held: Visit = tenancy.load(Kind.VISIT, visit, actor)
    rules = protocol_of(held.study, held.protocol_version)
    sites = _sites([held.site])
    zone = sites[held.site].zone if held.site in sites else actor.zone
    specimens = listed(SpecimenRow.visit == visit, SpecimenRow.level == 0, tenancy.visible_specimens(actor))
    told = Worksheet(
        head=_head(actor, held.study, held.code, voice, zone),
        participant=held.participant,
        visit=f"{held.timepoint} · {rules.timepoint(held.timepoint).text.said(voice.language)}",
        lines=tuple(_slot(each, rules, voice) for each in specimens),
        protocol_version=held.protocol_version,
        site=sites[held.site].name if held.site in sites else held.site,
        window=_window(held, voice),
        kits=tuple(dict.fromkeys(each.kit for each in specimens if each.kit)),
        lots=tuple(
            rules.container(each).text.said(voice.language) for each in kit_lots.wanting(rules, specimens)
        ),
    )
    return worksheet_pdf(told)


def _window(visit: Visit, voice: Voice) -> str | None:
    if not (visit.first_on and visit.last_on):
        return None
    days = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (visit.first_on, visit.last_on))
    moments = (Moment(int(day.timestamp() * 1000), "UTC", "+00:00") for day in days)
    return " – ".join(say_date(each, tongue(voice.language)) for each in moments)


def _slot(specimen: Specimen, rules: Protocol, voice: Voice) -> WorksheetLine:
    slot = rules.slot(specimen.slot)
    container = rules.container(specimen.container)
    clocks = clocks_of(rules, specimen.slot)
    count = f" {specimen.number}/{slot.count}" if slot.count > 1 else ""
    return WorksheetLine(
        slot=f"{slot.text.said(voice.language)}{count}",
        specimen_type=rules.specimen_type(specimen.specimen_type).text.said(voice.language),
        container=container.text.said(voice.language),
        code=specimen.code,
        cap_colour=container.cap_colour.said(voice.language) if container.cap_colour else None,
        handling=slot.handling.said(voice.language),
        clock=" ".join(rule.text.said(voice.language) for rule in clocks) or None,
        medium=holds_medium(rules, specimen.container),
    )
