"""What has no place on a label: a name, a birth date, a hospital number. The content has no field for them.

What reaches a label as free text (a label of the study, a body site, a name of a shelf) is looked at once more.
"""

import re
from functools import lru_cache

_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[ .-]?[0-9]){6,}(?![0-9])")
_PAST = r"(?:19[0-9]{2}|20[01][0-9])(?![0-9])"
_DAY_FIRST = re.compile(
    rf"(?<![0-9])[0-3]?[0-9][-/. ]+(?:[01]?[0-9]|[a-z]{{3,9}}\.?)[-/. ]+{_PAST}", re.IGNORECASE
)
_YEAR_FIRST = re.compile(r"(?<![0-9])(?:19[0-9]{2}|20[01][0-9])[-/.][01]?[0-9][-/.][0-3]?[0-9](?![0-9])")
_ANNOUNCED = re.compile(
    r"\b(?:dob|born|geb|geboren|geboortedatum|mrn|bsn|pati[eë]nt(?:e|nr|nummer)?|dhr|mevr|mw|mr|mrs|ms)\b[.:]?",
    re.IGNORECASE,
)

#: Fields that hold a moment or a telephone number by their nature.
EXEMPT = frozenset(
    {"date", "deadline", "released", "made", "window", "sender_telephone", "consignee_telephone"}
)


@lru_cache(maxsize=4096)
def looks_like(text: str) -> str | None:
    """Say what a text seems to hold: `number`, `birth_date`, `person`, or None.

    Seven digits or more look like a hospital number, a day before 2020 like a birth date, a title like a person.

    >>> looks_like("PLASMA 2/6 -80"), looks_like("7654321"), looks_like("12-03-1961"), looks_like("Mw. Jansen")
    (None, 'number', 'birth_date', 'person')
    """
    if _DAY_FIRST.search(text) or _YEAR_FIRST.search(text):
        return "birth_date"
    if _NUMBER.search(text):
        return "number"
    return "person" if _ANNOUNCED.search(text) else None
