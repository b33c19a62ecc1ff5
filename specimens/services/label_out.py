"""The way out of every label: drawn for where it goes, then shown in the browser or put into a printer's queue."""

from collections.abc import Sequence
from dataclasses import dataclass

from labels.content import Label
from labels.errors import LabelError
from labels.sheet import labels_pdf
from labels.zpl import labels_zpl
from specimens.domain.errors import BadInput
from specimens.domain.identifiers import is_identifier
from specimens.services import printer_queue
from specimens.services.label_stock import Choice, stock_of, told
from specimens.services.record import Operation

#: More of each label than this in one go are a mistake.
MOST_COPIES = 20


@dataclass(frozen=True, slots=True)
class Printed:
    """What came out: the PDF, a name for the file, the labels on it, when (ms, UTC) it was printed.

    `job` is its code in a printer's queue; None where the person prints the PDF.
    """

    pdf: bytes
    name: str
    codes: tuple[str, ...]
    at: int
    job: str | None = None


def drawn(labels: Sequence[Label], choice: Choice, title: str = "Labels") -> bytes:
    """Return the document of some labels, each as often as was asked, in the language of where it goes.

    Raises:
        BadInput: whatever cannot be printed as asked; field `stock`, `start` or `copies` where it belongs to one.
    """
    if not 1 <= choice.copies <= MOST_COPIES:
        raise BadInput("form_incomplete", {"copies": "number_out_of_range"})
    stock = stock_of(choice)
    several = [label for label in labels for _ in range(choice.copies)]
    if beyond := sorted(cell for cell in choice.used if cell > stock.cells):
        raise BadInput("form_incomplete", {"used": "label_start"}, start=beyond[0], cells=stock.cells)
    try:
        if choice.zpl:
            if choice.start != 1 or choice.used:  # a roll has no cell to begin at
                raise LabelError("label_start", start=choice.start, cells=stock.cells)
            return labels_zpl(several, stock, dpi=choice.dpi, check=is_identifier, offset=choice.offset)
        return labels_pdf(
            several, stock, dpi=choice.dpi, start=choice.start, used=choice.used, check=is_identifier,
            offset=choice.offset, title=title,
        )  # fmt: skip
    except LabelError as error:
        raise told(error) from error


def queued(
    op: Operation,
    choice: Choice,
    document: bytes,
    *,
    source: str,
    subject: str,
    codes: Sequence[str],
    study: str | None = None,
) -> str | None:
    """Put a document into the queue of the printer that was chosen; return the job, None for the browser."""
    if choice.printer is None or not choice.printer.queued:
        return None
    return printer_queue.add(
        op, choice.printer, document, source=source, subject=subject, codes=codes, copies=choice.copies,
        study=study,
    )  # fmt: skip


def facts_of(choice: Choice, job: str | None) -> dict[str, str | int]:
    """Return what the entry of a printing says about where it went: stock, resolution, printer, job, copies."""
    facts: dict[str, str | int] = {"stock": choice.stock, "dpi": choice.dpi}
    if choice.copies != 1:
        facts["copies"] = choice.copies
    if choice.printer:
        facts["printer"] = choice.printer.code
    if job:
        facts["job"] = job
    return facts


def asked_of(choice: Choice) -> dict[str, str | int | list[int] | None]:
    """Return what of a choice tells two requests apart."""
    return {
        "stock": choice.stock, "dpi": choice.dpi, "start": choice.start, "copies": choice.copies,
        "printer": choice.printer.code if choice.printer else None,
        **({"used": sorted(choice.used)} if choice.used else {}),
    }  # fmt: skip
