"""Why a report or a checkpoint is not believed, as `ledger/offline.py` says it: the English text → its word.

That program needs nothing of the rest, so it speaks English; what it says on a page is translated here.
"""

import re

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "it is not a signed checkpoint": N_("it is not a signed checkpoint"),
    "its root is not a hash": N_("its root is not a hash"),
    "a line of its signatures cannot be read": N_("a line of its signatures cannot be read"),
    "none of the keys signed it": N_("none of the keys signed it"),
    "a name stands twice in one object": N_("a name stands twice in one object"),
    "it is nested too deeply": N_("it is nested too deeply"),
    "it is not in canonical form": N_("it is not in canonical form"),
}

#: The same with something in it that differs: how it is recognised, and the sentence.
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"the signature of (?P<name>.+) does not hold"), N_("the signature of {name} does not hold")),
    (re.compile(r"not part of canonical JSON: (?P<said>.+)"), N_("not part of canonical JSON: {said}")),
    (re.compile(r"it is not of the format (?P<format>.+)"), N_("it is not of the format {format}")),
)
