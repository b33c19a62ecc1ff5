"""The manifest: the list of tubes that travels with a transfer, and where both parties sign for it."""

from collections.abc import Iterator

from specimens.documents.flow import Block, space
from specimens.documents.fonts import BOLD, MONO
from specimens.documents.language import own, tongue
from specimens.documents.paper import WIDTH, render
from specimens.documents.parts import cell, listing, pairs, said, subheading
from specimens.documents.sheet_records import Manifest, ManifestLine, Party
from specimens.documents.sheets import big_identifier, frame_of, ink
from specimens.documents.table import Cell, Span
from specimens.documents.times import grouped, say_full

Words = dict[str, str]

_COUNT, _CODE, _WHO, _AMOUNT, _OUTCOME = 46.0, 74.0, 84.0, 70.0, 92.0


def manifest_pdf(manifest: Manifest) -> bytes:
    """Return the manifest as a PDF; a list without tubes still prints."""
    language = tongue(manifest.head.language)
    words = own(language)

    def blocks() -> Iterator[Block]:
        count = f"{words['tubes']}: {len(manifest.lines)}"
        yield big_identifier(manifest.head.number, count)
        yield from pairs(_facts(manifest, words, language))
        if manifest.off_campus:
            yield said(words["off_campus"])
        yield from listing(_columns(words), _rows(manifest, words), words["no_tubes"])
        yield from _hands(words)

    return render(blocks, frame_of(manifest.head, "manifest"))


def _facts(manifest: Manifest, words: Words, language: str) -> Iterator[tuple[str, str]]:
    yield words["consignor"], _party(manifest.consignor, words)
    yield words["consignee"], _party(manifest.consignee, words)
    released = manifest.released_at
    yield words["released"], say_full(released, language) if released else words["not_released"]
    for key, value in (
        ("transport", manifest.transport), ("keep_at", manifest.temperature), ("seal", manifest.seal),
    ):  # fmt: skip
        if value:
            yield words[key], value
    if manifest.earliest_deadline:
        yield words["deadline"], say_full(manifest.earliest_deadline, language)
    if manifest.list_hash:
        yield words["list_hash"], manifest.list_hash
    if manifest.taken_over_by and manifest.taken_over_at:
        signed = say_full(manifest.taken_over_at, language)
        yield words["taken_over"], f"{manifest.taken_over_by} · {signed}"


def _party(party: Party, words: Words) -> str:
    telephone = f"{words['telephone']} {party.telephone}" if party.telephone else None
    return " · ".join(part for part in (party.name, party.station, party.site, telephone) if part)


def _columns(words: Words) -> tuple[tuple[str, float], ...]:
    rest = WIDTH - _COUNT - _CODE - _WHO - _AMOUNT - _OUTCOME
    return (
        (words["number"], _COUNT),
        (words["identifier"], _CODE),
        (f"{words['participant']}, {words['visit'].lower()}", _WHO),
        (f"{words['type']}, {words['container'].lower()}", rest),
        (words["amount"], _AMOUNT),
        (words["outcome"], _OUTCOME),
    )


def _rows(manifest: Manifest, words: Words) -> Iterator[tuple[tuple[Cell, ...], Cell]]:
    of = len(manifest.lines)
    for number, line in enumerate(manifest.lines, start=1):
        yield _row(words["count_of"].format(n=number, of=of), line), ()


def _row(count: str, line: ManifestLine) -> tuple[Cell, ...]:
    return (
        cell(count),
        (Span(grouped(line.code), MONO),),
        (Span(grouped(line.participant), MONO), Span(line.visit)),
        (Span(line.specimen_type, BOLD), Span(line.container)),
        cell(line.amount or "–"),
        cell(line.outcome or "___________"),
    )


def _hands(words: Words) -> Iterator[Block]:
    yield space(6, keeps=True)
    for key in ("handed", "taken"):
        yield subheading(words[key])
        yield ink(
            ((words["counted"], 0.2), (words["name_time_signature"], 0.8)),
            keeps=True,
        )
    yield ink(((words["condition_on_arrival"], 0.5), (words["temperature_on_arrival"], 0.5)))
