"""A printer of a site: where it is, what it holds, and what it answers when it is asked how it is."""

from dataclasses import dataclass
from enum import StrEnum

from specimens.domain.entry import Entry


class PrinterKind(StrEnum):
    """How something gets to a printer."""

    NETWORK = "network"  # raw TCP, as label printers and most others take it
    COMMAND = "command"  # a command of this machine, such as lp, that whoever installs has allowed
    FOLDER = "folder"  # a folder that another program watches
    BROWSER = "browser"  # a PDF that the person prints from the browser


class PrinterLanguage(StrEnum):
    """What a printer understands."""

    PDF = "pdf"
    ZPL = "zpl"


@dataclass(frozen=True, slots=True)
class Printer:
    """A printer of a site.

    `address` is what the administrator typed (`host:port`) or chose (the name of a command or a folder), `resolved`
    the numeric address that a host had then. `answers` says that it tells how it is when asked (~HS). `stock` is what
    is loaded, `dpi` its dots per inch, `offset_x`/`offset_y` move the print right and down, in tenths of a
    millimetre. `stations` are those at which it is offered first.
    """

    code: str
    site: str
    name: str
    kind: str
    address: str
    resolved: str | None
    language: str
    answers: bool
    dpi: int
    stock: str
    offset_x: int = 0
    offset_y: int = 0
    stations: tuple[str, ...] = ()
    active: bool = True

    @property
    def queued(self) -> bool:
        """Say whether the program sends to it; a browser's printer is fed by the person."""
        return self.kind != PrinterKind.BROWSER


def after(state: Printer, entry: Entry) -> Printer:
    """A printer has nothing beyond the facts of its entries (`printer_added`, `printer_changed`, …)."""
    return state


#: What a printer is asked, and how its answer is framed: three strings between STX and ETX (ZPL II, ~HS).
STATUS_QUESTION = b"~HS"
STATUS_STRINGS = 3
_STX, _ETX = 0x02, 0x03
_FIELDS = (12, 11, 2)


def status_strings(answer: bytes) -> list[list[str]]:
    """Return the strings of a status answer that are complete so far, each as its fields.

    Raises:
        ValueError: when what came cannot be such an answer.
    """
    if len(answer) > 1024:
        raise ValueError("longer than any status")
    found = []
    rest = answer.lstrip(b"\r\n ")
    while rest:
        if rest[0] != _STX:
            raise ValueError("no status")
        end = rest.find(_ETX)
        if end < 0:
            break
        found.append(rest[1:end].decode("ascii").split(","))
        rest = rest[end + 1 :].lstrip(b"\r\n ")
    return found


def trouble(strings: list[list[str]]) -> str | None:
    """Return what keeps a printer from printing (a code of a sentence), None when it is ready.

    >>> ready = [["030", "0", "0"] + ["0"] * 9, ["000"] + ["0"] * 10, ["1234", "0"]]
    >>> trouble(ready) is None
    True

    Raises:
        ValueError: when the fields are not those of a status.
    """
    if len(strings) < STATUS_STRINGS or any(
        len(fields) < least for fields, least in zip(strings, _FIELDS, strict=False)
    ):
        raise ValueError("fields are missing")
    first, second = strings[0], strings[1]
    for fields, place, code in (
        (first, 1, "printer_paper_out"),
        (second, 2, "printer_head_open"),
        (second, 3, "printer_ribbon_out"),
        (first, 2, "printer_paused"),
        (first, 5, "printer_full"),
    ):
        if fields[place] not in ("0", "1"):
            raise ValueError(f"{fields[place]!r} is no flag")
        if fields[place] == "1":
            return code
    return None
