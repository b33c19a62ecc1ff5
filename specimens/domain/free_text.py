"""Free text that people type: bounded, printable, and without what looks like somebody's number or birth date."""

import re

LONGEST_NOTE = 2000
LONGEST_LINE = 200

_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[ .-]?[0-9]){6,}(?![0-9])")
_DATE = re.compile(r"(?<![0-9])[0-3]?[0-9][-/. ][01]?[0-9][-/. ](?:19[0-9]{2}|20[01][0-9])(?![0-9])")


def problem(text: str, *, longest: int = LONGEST_NOTE) -> str | None:
    """Return the code of what is wrong with a text that a person typed, or None.

    Seven digits or more look like a hospital number, a date before 2020 like a birth date: neither belongs here.
    """
    if len(text) > longest:
        return "text_too_long"
    if any(not (symbol.isprintable() or symbol in "\n\r\t") for symbol in text):
        return "text_control_characters"
    if _DATE.search(text):
        return "text_birth_date"
    if _NUMBER.search(text):
        return "text_number"
    return None
