"""Codes for what is said before a scan at receipt: an outcome and its reason, each a reserved identifier.

With them a receipt needs no mouse: outcome, reason, tube. Print shows the word, the code is what is scanned.
"""

from specimens.domain.identifiers import RESERVED, check_character
from specimens.domain.terms import Outcome


def _code(number: int) -> str:
    body = f"{RESERVED}{number:03d}"
    return body + check_character(body)


#: Reject codes that have a code to scan: HL7 v2 table 0490 and our own, in the order of print.
_REASONS = (
    "EX", "QS", "RA", "RB", "RC", "RD", "RH", "RI", "RM", "RN", "RP", "RR",
    "LATE", "TEMP", "WRONGVISIT", "WRONGTUBE", "LEAK", "NORELEASE",
)  # fmt: skip

#: Reserved identifier → the outcome of the next tube.
OUTCOMES: dict[str, str] = {
    _code(101): str(Outcome.ACCEPTED_WITH_DEVIATION),
    _code(102): str(Outcome.QUARANTINED),
    _code(103): str(Outcome.REJECTED),
    _code(104): str(Outcome.ACCEPTED),
}

#: Reserved identifier → the reject code of the next tube.
REASONS: dict[str, str] = {_code(201 + place): code for place, code in enumerate(_REASONS)}

#: Outcomes that somebody can choose before a scan, in the order of gravity.
CHOSEN = (str(Outcome.ACCEPTED_WITH_DEVIATION), str(Outcome.QUARANTINED), str(Outcome.REJECTED))
#: Reject codes that the program gives, and nobody chooses.
GIVEN = frozenset({"MISSING", "EXTRA"})
