"""One identifier for everything: eight characters, the last a check character.

Alphabet of 23 symbols (a prime), weights 8 to 1 from the left, the weighted sum divisible by 23:
each single substitution and each swap of two characters is caught. The first character is a letter
other than E, so that no spreadsheet takes an identifier for a number.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from specimens.domain.errors import BadInput

ALPHABET = "0123456789CDEFHJKNPRTVX"
LENGTH = 8
LONGEST_SCAN = 128
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_FIRST = "CDFHJKNPRTVX"
_SHAPE = re.compile(f"[{_FIRST}][{ALPHABET}]{{{LENGTH - 1}}}").fullmatch

#: A symbology prefix (AIM) and a separator that a scanner may put around the payload; Caps Lock turns the letter over.
_AIM_PREFIX = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS = "\x1d"

#: Between what the keys typed and what the same keys type on a US keyboard: the script sends both where they differ.
KEYS = "\x1f"

#: What a US scanner's keystrokes become under other keyboard layouts, unshifted and with Caps Lock.
#: Values are the US key. Letters of the alphabet that move are listed; the rest stay where they are.
_AZERTY = {
    "à": "0", "&": "1", "é": "2", '"': "3", "'": "4", "(": "5", "-": "6", "§": "6", "è": "7",
    "_": "8", "!": "8", "ç": "9", "À": "0", "É": "2", "È": "7", "Ç": "9", "$": "]",
}  # fmt: skip
_SHIFTED_US = dict(zip(")!@#$%^&*(", "0123456789", strict=True))
_SHIFTED_NL = dict(zip("'!\"#$%&_()", "0123456789", strict=True)) | {"*": "]"}
_SHIFTED_DE = dict(zip('=!"§$%&/()', "0123456789", strict=True)) | {"+": "]"}
_LAYOUTS: tuple[dict[str, str], ...] = (_AZERTY, _SHIFTED_US, _SHIFTED_NL, _SHIFTED_DE)

#: Identifiers that begin so are never issued: they are commands and reasons.
RESERVED = "X000"

#: Identifiers that begin so are issued for the badges of people and for nothing else: a badge is told from a tube
#: before anything is looked up.
PERSON = "XP"

#: Command codes: reserved identifiers that let the scan pages work by scanning alone. Print shows the word.
COMMANDS: dict[str, str] = {}


def check_character(body: str) -> str:
    """Return the eighth character for seven others.

    >>> check_character("C4K7N2X")
    'D'
    """
    total = sum(_VALUE[symbol] * weight for symbol, weight in zip(body, range(8, 1, -1), strict=True))
    return ALPHABET[-total % len(ALPHABET)]


def is_identifier(text: str) -> bool:
    """Say whether *text* is exactly one well-formed identifier.

    >>> is_identifier("C4K7N2XD"), is_identifier("C4K7N2XF")
    (True, False)
    """
    if not _SHAPE(text):
        return False
    a, b, c, d, e, f, g, h = map(
        _VALUE.__getitem__, text
    )  # spelled out: it is asked of every scan and every label
    return (8 * a + 7 * b + 6 * c + 5 * d + 4 * e + 3 * f + 2 * g + h) % len(ALPHABET) == 0


def new_identifier(below: Callable[[int], int] = secrets.randbelow) -> str:
    """Make a random identifier; it says nothing about the participant. The caller checks for collisions.

    *below* gives a random number from 0 up to, but not including, its argument.
    """
    rest = len(ALPHABET) ** (LENGTH - 2)
    while True:
        first, others = divmod(below(len(_FIRST) * rest), rest)
        body = _FIRST[first] + _symbols(others, LENGTH - 2)
        if not body.startswith((RESERVED, PERSON)):
            return body + check_character(body)


def new_badge(below: Callable[[int], int] = secrets.randbelow) -> str:
    """Make a random identifier for the badge of a person. The caller checks for collisions. *below*: as above."""
    count = LENGTH - 1 - len(PERSON)
    body = PERSON + _symbols(below(len(ALPHABET) ** count), count)
    return body + check_character(body)


def _symbols(number: int, count: int) -> str:
    """Return a number in *count* symbols of the alphabet, the lowest place first."""
    symbols = ""
    for _ in range(count):
        number, place = divmod(number, len(ALPHABET))
        symbols += ALPHABET[place]
    return symbols


def printed(code: str) -> str:
    """Return the identifier as print shows it: four and four."""
    return f"{code[:4]} {code[4:]}"


@dataclass(frozen=True, slots=True)
class ScanText:
    """What a scanner or a keyboard sent, and the identifier read from it."""

    raw: str
    code: str
    layout_corrected: bool


def _plain(text: str) -> str:
    """Return what a reading says without prefix and spaces, in capitals."""
    found = _AIM_PREFIX.match(text.lstrip())
    return "".join((text.lstrip()[found.end() :] if found else text).split()).upper()


def _readings(text: str) -> set[str]:
    readings = set()
    for layout in _LAYOUTS:
        reading = _plain("".join(layout.get(symbol, symbol) for symbol in text))
        if is_identifier(reading):
            readings.add(reading)
    return readings


def read_scan(raw: str) -> ScanText:
    """Read one identifier from what came in.

    Strips AIM prefixes, group separators and spaces, takes either case, and undoes a wrong keyboard layout
    when exactly one reading has a correct check character: first the one of the keys' places, where the script sent
    it behind `KEYS`, else those of the tables of layouts.

    Raises:
        BadInput: `scan_empty`, `scan_too_long`, `scan_control_characters`, `scan_unreadable`, `scan_ambiguous`.
    """
    typed, _, places = raw.partition(KEYS)
    text = typed.strip()
    if not (text + places).strip(_GS + " \t"):
        raise BadInput("scan_empty")
    if max(len(text), len(places)) > LONGEST_SCAN:
        raise BadInput("scan_too_long", length=max(len(text), len(places)), longest=LONGEST_SCAN)
    text, places = text.replace(_GS, ""), places.strip().replace(_GS, "")
    if any(not symbol.isprintable() for symbol in text + places):
        raise BadInput("scan_control_characters")
    direct, placed = _plain(text), _plain(places)
    if is_identifier(direct):
        if is_identifier(placed) and placed != direct:
            raise BadInput("scan_ambiguous")
        return ScanText(raw, direct, layout_corrected=False)
    readings = {placed} if is_identifier(placed) else _readings(text)
    if len(readings) == 1:
        return ScanText(raw, readings.pop(), layout_corrected=True)
    raise BadInput("scan_ambiguous" if readings else "scan_unreadable")


def _command(body: str) -> str:
    return body + check_character(body)


COMMANDS.update(
    {
        _command("X000001"): "IDENTITY",
        _command("X000002"): "NOT_COLLECTED",
        _command("X000003"): "UNDO",
        _command("X000004"): "ACKNOWLEDGE",
        _command("X000005"): "FINISH",
    }
)
COMMAND_CODES = {word: code for code, word in COMMANDS.items()}
