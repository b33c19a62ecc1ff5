"""Whatever the services of this room refuse, a person is told in a sentence; every code has one."""

import re
from pathlib import Path

import pytest

from specimens.domain import eligibility_answers
from specimens.domain.participant import ACTS
from specimens.domain.schedule import VisitStatus
from specimens.domain.sentences import SENTENCES
from specimens.domain.terms import ParticipantState
from specimens.domain.words import WORDS
from specimens.services import participant

ROOM = Path(participant.__file__).parent
FILES = ("participant", "consent", "eligibility", "day_zero", "schedule", "today", "dossier")

#: `Refused("code"`, `BadInput("code"`, `{"field": "code"}`, `fields["field"] = "code"`, `return "code"`.
PATTERNS = (
    r'(?:Refused|BadInput|Conflict|NotFound|NotPermitted)\(\s*"([a-z_0-9]+)"',
    r'BadInput\("form_incomplete", \{"[a-z_0-9]+": "([a-z_0-9]+)"\}',
    r'fields\["[a-z_]+"\] = "([a-z_0-9]+)"',
    r'return (?:None if .* else )?"((?:consent|before)_[a-z_]+)"',
)


@pytest.mark.parametrize("name", FILES)
def test_every_refusal_has_its_sentence(name: str) -> None:
    text = (ROOM / f"{name}.py").read_text(encoding="utf-8")
    codes = {code for pattern in PATTERNS for code in re.findall(pattern, text)}
    assert codes or name in ("schedule", "today", "dossier")
    assert sorted(codes - set(SENTENCES)) == []


def test_every_problem_with_an_answer_has_its_sentence() -> None:
    text = Path(eligibility_answers.__file__).read_text(encoding="utf-8")
    calls = re.findall(r"_problem\(([^\n]*(?:\n[^\n]*){0,2})", text)
    codes = {code for call in calls for code in re.findall(r'"([a-z_]{4,})"', call)}
    names = {"value", "none", "unknown", "never", "year", "month", "half_life_days", "excepted", "no"}
    codes -= names | {"criterion"}
    assert {"not_a_number", "never_and_date", "half_life", "choose_or_none", "in_the_future"} <= codes
    assert sorted(codes - set(SENTENCES)) == []


def test_every_state_act_and_status_has_its_word() -> None:
    shown = {*map(str, ParticipantState), *map(str, VisitStatus), *ACTS}
    assert sorted(shown - set(WORDS)) == []
