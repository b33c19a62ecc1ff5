"""What the pages of visits and kits share: ways to other rooms, and reasons as choices."""

from collections.abc import Iterable
from typing import Any

from flask import current_app, url_for

from specimens.domain.identifiers import COMMAND_CODES
from specimens.domain.protocol import Protocol
from specimens.web import say

Choice = tuple[str, str]


def door(endpoint: str, **values: Any) -> str | None:
    """Return the address of another room's page; None where that room is not built in."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def choices(coded: Iterable[Any]) -> list[Choice]:
    """Return records of the protocol as choices of a form, in this reader's language."""
    return [(each.code, each.text.said(say.language())) for each in coded]


def reasons(protocol: Protocol, use: str) -> list[Choice]:
    """Return the reasons that the protocol offers for a use."""
    return choices(protocol.reasons_for(use))


def said(text: Any) -> str:
    """Return a text of the protocol in this reader's language."""
    return str(text.said(say.language()))


def reason_word(protocol: Protocol, code: str | None) -> str:
    """Return a reason in words: of the protocol where it knows the code, else of the house."""
    if not code:
        return ""
    for each in (*protocol.reasons, *protocol.not_collected_reasons):
        if each.code == code:
            return said(each.text)
    return say.word(code)


def around(protocol: Protocol) -> dict[str, Any]:
    """Return what every template of the clinic uses."""
    return {
        "protocol": protocol,
        "said": said,
        "door": door,
        "commands": COMMAND_CODES,
        "reason_word": lambda code: reason_word(protocol, code),
    }
