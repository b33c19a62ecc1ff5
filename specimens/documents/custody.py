"""The custody report as a PDF: A4 portrait, black on white, eight sections, every page numbered and digested."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from specimens.documents import (
    custody_back,
    custody_events,
    custody_findings,
    custody_front,
    custody_integrity,
)
from specimens.documents.archive import Attached, Packed, archived, packed
from specimens.documents.canonical import custody_digest
from specimens.documents.flow import Block
from specimens.documents.language import own, tongue
from specimens.documents.paper import Frame, Progress, drawn
from specimens.documents.records import CustodyReport
from specimens.documents.times import grouped, say_full

#: How much of the 64 digits of the digest stands at the foot of each page.
DIGEST_DIGITS = 16


def custody_pdf(
    report: CustodyReport,
    progress: Progress | None = None,
    files: Iterable[Attached] = (),
    digest: str | None = None,
) -> bytes:
    """Return the report as PDF/A-3b with *files* attached. *progress* is called with pages done and pages in all.

    *digest* is that of the report, where it is known already. The same report always gives the same bytes.
    """
    return bound(laid(report, progress, files, digest))


@dataclass(frozen=True, slots=True)
class Laid:
    """A report whose pages are drawn and whose files are packed: the records are no longer needed to bind it."""

    paper: BinaryIO
    files: list[Packed]
    at_ms: int


def bound(report: Laid) -> bytes:
    """Return the file of a report that is laid; once, its paper is used up."""
    return archived(report.paper, report.files, report.at_ms)


def laid(
    report: CustodyReport,
    progress: Progress | None = None,
    files: Iterable[Attached] = (),
    digest: str | None = None,
) -> Laid:
    """Draw the pages of a report and pack what is attached to it, see `custody_pdf`."""
    head = report.header
    language = tongue(head.language)
    words = own(language)
    digest = digest or custody_digest(report)
    generated = words["generated"].format(
        when=say_full(head.generated_at, language),
        who=head.generated_by.name,
        role=head.generated_by.role.word,
        version=head.software_version,
    )
    frame = Frame(
        kind=words["custody"],
        study=f"{head.study_name} · {head.title}",
        number=f"{words['report_number']} {grouped(head.number)}",
        page_of=words["page_of"],
        foot=(generated, words["digest"].format(digest=digest[:DIGEST_DIGITS])),
        title=f"{words['custody']} {grouped(head.number)}",
        author=head.generated_by.name,
        language=language,
    )

    def blocks() -> Iterator[Block]:
        yield from custody_front.report(report, words, digest, language)
        yield from custody_front.scope(report.scope, words, language)
        yield from custody_front.specimens(report.specimens, words, language)
        yield from custody_events.events(report.events, words, language)
        yield from custody_findings.findings(report, words, language)
        yield from custody_back.legend(report, words)
        yield from custody_integrity.integrity(report, words, digest, language)
        yield from custody_back.signatures(report, words, language)

    inside = [packed(each) for each in files]
    return Laid(drawn(blocks, frame, progress), inside, head.generated_at.at_ms)
