"""What makes a PIN usable: four to eight digits that nobody tries first."""

import itertools
import unicodedata

SHORTEST = 4
LONGEST = 8
#: So many wrong PINs in a row, and only the password works until it was typed.
MOST_WRONG = 5

#: Chosen most often in every published list, beyond runs, repeats and years.
_FAVOURITES = frozenset(
    {"1004", "1122", "1313", "2001", "2580", "0852", "6969", "4321", "147258", "159753", "789456"}
)


def normal(pin: str) -> str:
    """Return a PIN as it is hashed: full-width digits of another keyboard are the same digits."""
    return unicodedata.normalize("NFKC", pin).strip()


def problem(pin: str) -> str | None:
    """Return the code of what is wrong with a PIN, or None.

    >>> problem("8205"), problem("1234"), problem("12a4"), problem("2580")
    (None, 'pin_trivial', 'pin_unusable', 'pin_trivial')
    """
    if not (SHORTEST <= len(pin) <= LONGEST and pin.isascii() and pin.isdecimal()):
        return "pin_unusable"
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    repeats = any(pin == pin[:size] * (len(pin) // size) for size in (1, 2) if len(pin) % size == 0)
    years = len(pin) == SHORTEST and pin[:2] in ("19", "20")
    mirrored = len(set(pin)) <= 2 and pin == pin[::-1]
    if len(steps) == 1 or repeats or years or mirrored or pin in _FAVOURITES:
        return "pin_trivial"
    return None
