"""The identifier's check character, for whoever uses the library alone.

Eight characters, the last a check: weights 8 to 1 from the left, the sum divisible by 23. A program that uses the
library hands in its own check; a test holds the two together.
"""

_ALPHABET = "0123456789CDEFHJKNPRTVX"
_VALUE = {symbol: value for value, symbol in enumerate(_ALPHABET)}
_FIRST = frozenset("CDFHJKNPRTVX")


def is_identifier(text: str) -> bool:
    """Say whether a text is one well-formed identifier.

    >>> is_identifier("C4K7N2XD"), is_identifier("C4K7N2DX")
    (True, False)
    """
    if len(text) != 8 or text[0] not in _FIRST or not set(text) <= set(_ALPHABET):
        return False
    total = sum(_VALUE[symbol] * weight for symbol, weight in zip(text, range(8, 0, -1), strict=True))
    return total % len(_ALPHABET) == 0
