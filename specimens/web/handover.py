"""What the pages of transfers, receipt and the bench share: words, ages, choices, how a scan came in."""

from collections.abc import Iterable
from typing import Any

from flask import request
from flask_babel import gettext as _

from specimens.domain.clocks import duration
from specimens.domain.protocol import Protocol
from specimens.domain.terms import Mode
from specimens.services.clock import now_ms
from specimens.services.study import protocol_of
from specimens.services.transfer_view import TransferView
from specimens.web import say
from specimens.web.doors import door
from specimens.web.guard import actor

Choice = tuple[str, str]
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_CURSOR_DIGITS = 18


def said(text: Any) -> str:
    """Return a text of the protocol in this reader's language."""
    return str(text.said(say.language()))


def age(milliseconds: int) -> str:
    """Return for how long something waits: to the minute in the first day, to the hour in the first week, then days."""
    step = 60_000 if milliseconds < _DAY_MS else _HOUR_MS if milliseconds < 7 * _DAY_MS else _DAY_MS
    return duration(milliseconds // step * step // 60_000, say.language())


def minutes(count: int) -> str:
    """Return minutes in words."""
    return age(count * 60_000)


def degrees(tenths: int | None) -> str:
    """Return a temperature as `−79.5 °C` or `4 °C`; in Dutch with a comma."""
    if tenths is None:
        return ""
    sign, whole, tenth = "−" if tenths < 0 else "", abs(tenths) // 10, abs(tenths) % 10
    comma = "," if say.language() == "nl" else "."
    return f"{sign}{whole}{comma}{tenth} °C" if tenth else f"{sign}{whole} °C"


def bands(protocol: Protocol) -> list[tuple[str, str, str]]:
    """Return the temperatures at which tubes travel, with their limits."""
    return [
        (
            each.code,
            said(each.text),
            _(
                "from %(lowest)s to %(highest)s",
                lowest=degrees(each.lowest_tenths_c),
                highest=degrees(each.highest_tenths_c),
            ),
        )
        for each in protocol.storage_temperatures
    ]


def reasons(use: str) -> list[Choice]:
    """Return the reasons that the protocol offers for a use."""
    return coded(protocol_of(actor().study).reasons_for(use))


def coded(records: Iterable[Any]) -> list[Choice]:
    """Return records of the protocol as choices of a form."""
    return [(each.code, said(each.text)) for each in records]


def reason_word(code: str | None) -> str:
    """Return a reason in words: of the protocol where it knows the code, else of the house."""
    if not code:
        return ""
    protocol = protocol_of(actor().study)
    for each in protocol.reject_codes:
        if each.code == code:
            return f"{code} · {said(each.text)}"
    for reason in protocol.reasons:
        if reason.code == code:
            return said(reason.text)
    return say.word(code)


def cursor(name: str) -> int | None:
    """Return a cursor of a page from the address; what cannot be one is as if it were not there."""
    said = request.args.get(name, "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < _CURSOR_DIGITS else None


def scan_mode() -> str:
    """Return how this scan came in: typed, or by a scanner."""
    return Mode.TYPED if request.form.get("typed") == "1" else Mode.SCAN


def around(view: TransferView | None = None) -> dict[str, Any]:
    """Return what every template of this room uses."""
    known: dict[str, Any] = {
        "said": said,
        "age": age,
        "minutes": minutes,
        "degrees": degrees,
        "door": door,
        "reason_word": reason_word,
        "now": now_ms(),
    }
    if view is not None:
        protocol = protocol_of(view.transfer.study)
        band = view.transfer.temperature
        known |= {
            "view": view,
            "transfer": view.transfer,
            "band": said(protocol.storage_temperature(band).text) if band else None,
        }
    return known
