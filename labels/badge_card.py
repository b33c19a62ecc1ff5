"""A person's badge as a card: the code to scan, and whose it is."""

from dataclasses import dataclass

from labels import a4, faces
from labels.content import LONGEST_TEXT
from labels.draw import Check
from labels.errors import LabelError
from labels.faces import BOLD, MONO_BOLD, TEXT
from labels.kit_content import spelled
from labels.layout import Box
from labels.paper import Paper
from labels.symbols import CODE_128, DATA_MATRIX

#: ISO/IEC 7810 ID-1, the size of a bank card (mm).
WIDTH, HEIGHT = 85.6, 54.0
_MARGIN = 5.0

_WORDS = {
    "en": {
        "badge": "Badge", "scan": "Scan at a station, then type your own PIN.",
        "lost": "Lost? Have it retired at once.",
    },
    "nl": {
        "badge": "Pas", "scan": "Scan bij een werkplek en typ uw eigen pincode.",
        "lost": "Kwijt? Laat hem meteen intrekken.",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BadgeCard:
    """What stands on the card: no role and no site, which change while the card stays."""

    identifier: str
    name: str
    made: str
    language: str = "en"


def badge_card_pdf(card: BadgeCard, *, check: Check) -> bytes:
    """Return the card as PDF, one page of the size of a bank card.

    >>> from labels.identifier import is_identifier
    >>> badge_card_pdf(BadgeCard("XPC4K7N5", "Nora de Wit", "2 Mar 2026"), check=is_identifier)[:5]
    b'%PDF-'

    Raises:
        LabelError: for an identifier that does not pass *check*, or a text that would be cut.
    """
    if not check(card.identifier):
        raise LabelError("label_identifier_wrong", said=card.identifier[:40])
    for field, text in {"name": card.name, "made": card.made}.items():
        if len(text) > LONGEST_TEXT:
            raise LabelError("label_field_too_long", field=field, length=len(text), longest=LONGEST_TEXT)
        faces.printable(text, field)
    words = _WORDS[card.language]
    room = WIDTH - 2 * _MARGIN
    paper = Paper(WIDTH, HEIGHT, a4.LASER_DPI, f"{words['badge']} {spelled(card.identifier)}")
    a4.one_line(paper, _MARGIN, 4.5, card.name, BOLD, 16, room, "name", 7)
    paper.symbol(DATA_MATRIX, card.identifier, Box(x=_MARGIN, y=13.5, width=18, height=18))
    paper.text(_MARGIN + 22, 14.5, spelled(card.identifier), MONO_BOLD, 17)
    a4.one_line(paper, _MARGIN + 22, 22.5, words["scan"], TEXT, 8, room - 22, "scan", 5)
    a4.one_line(paper, _MARGIN + 22, 26.5, words["lost"], TEXT, 8, room - 22, "lost", 5)
    paper.symbol(CODE_128, card.identifier, Box(x=_MARGIN, y=34.0, width=room, height=11))
    a4.one_line(paper, _MARGIN, 47.5, card.made, TEXT, 6, room, "made", 4)
    return paper.bytes()
