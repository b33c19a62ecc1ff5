"""Every act that the ledger can hold has a word, so that no timeline and no report shows a bare code."""

import re
from pathlib import Path

from specimens.domain import fold
from specimens.domain.custody import RULES
from specimens.domain.participant import ACTS
from specimens.domain.transfer import LEADS_TO
from specimens.domain.words import WORDS

_SERVICES = Path(__file__).parents[2] / "specimens" / "services"
_WRITTEN = re.compile(r'\b(?:append|create)\(\s*(?:Kind\.\w+|kind),\s*(?:[\w.()\[\]]+,\s*)?"(\w+)"')


def test_every_act_of_the_tables_has_a_word() -> None:
    acts = {*RULES, *ACTS, *LEADS_TO, fold.UNDONE, fold.CORRECTED}
    assert sorted(acts - WORDS.keys()) == []


def test_every_act_that_a_service_writes_has_a_word() -> None:
    acts = {
        act for path in _SERVICES.glob("*.py") for act in _WRITTEN.findall(path.read_text(encoding="utf-8"))
    }
    assert len(acts) > 50
    assert sorted(acts - WORDS.keys()) == []
