"""Codes for the numbered choices that a scanning page shows: with them a reason needs no mouse.

Reasons come from the protocol and differ between studies, so the card beside the scanner has numbers, and the page
says what each number means just now.
"""

from specimens.domain.identifiers import RESERVED, check_character

MOST_CHOICES = 9


def _code(number: int) -> str:
    body = f"{RESERVED}{300 + number}"
    return body + check_character(body)


#: Reserved identifier → the number of the choice that it names, from 1.
CHOICES: dict[str, int] = {_code(number): number for number in range(1, MOST_CHOICES + 1)}
