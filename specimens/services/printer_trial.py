"""A test print: the calibration page of the stock that is loaded, with rulers that say how far the printer is off."""

from typing import Any

from labels.calibration import calibration_pdf, calibration_zpl
from labels.errors import LabelError
from specimens.domain.access import Actor
from specimens.domain.printer import Printer
from specimens.domain.terms import Kind
from specimens.services import printer as printers
from specimens.services import printer_worker
from specimens.services.hands import seen
from specimens.services.label_out import Printed, facts_of, queued
from specimens.services.label_stock import Choice, stock_of, told
from specimens.services.label_words import language_of
from specimens.services.record import Operation
from specimens.services.request import perform

SOURCE = "printer"


def print_test(actor: Actor, code: str, *, key: str | None = None, language: str = "en") -> Printed:
    """Print the calibration page of a printer's stock, moved as its labels are.

    Raises:
        NotFound: `unknown_printer`. BadInput: what does not fit, with the mm that are missing.
    """
    printer: Printer = printers.get(actor, code)
    choice = Choice(printer.stock, printer.dpi, printer=printer)
    made = calibration_zpl if choice.zpl else calibration_pdf
    try:
        document = made(
            stock_of(choice), dpi=choice.dpi, offset=choice.offset, language=language_of(language)
        )
    except LabelError as error:
        raise told(error) from error

    def work(op: Operation) -> dict[str, Any]:
        seen(op, Kind.PRINTER, code)
        job = queued(op, choice, document, source=SOURCE, subject=code, codes=[code])
        op.append(Kind.PRINTER, code, "label_printed", facts=facts_of(choice, job), site=printer.site)
        return {"at": op.now, "job": job}

    outcome = perform(actor, key, {"act": "test_print", "code": code}, work)
    if outcome["job"]:
        printer_worker.wake()
    return Printed(document, f"test-{code}.pdf", (code,), outcome["at"], outcome["job"])
