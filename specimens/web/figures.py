"""How numbers and headings are written on a page."""


def grouped(number: int) -> str:
    """Write a whole number with its thousands apart.

    >>> grouped(38000000)
    '38\u202f000\u202f000'
    """
    return f"{number:,}".replace(",", "\u202f")


def capital(text: str) -> str:
    """Write the first letter large and leave the others: units keep theirs.

    >>> capital("temperature (°C)")
    'Temperature (°C)'
    """
    return text[:1].upper() + text[1:]
