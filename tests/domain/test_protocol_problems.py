"""A broken protocol file: each problem names its line, its key and what is allowed there."""

import json
import tomllib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specimens.domain import protocol
from specimens.domain.protocol_lines import lines_of

SHIPPED = protocol.shipped()
NAME = "belimumab_sle.toml"
TEXT = SHIPPED[NAME]

#: What is broken: a piece of the file, and what stands there instead; then the line of the problem (as a distance
#: from the start of the piece, or as a text on that line), its key, its code, and part of what is allowed.
BROKEN: list[tuple[str, str, int | str, str, str, str]] = [
    ("format = 1", "format = 2", 0, "format", "literal_error", "1"),
    ("participants = 15", 'participants = "15"', 0, "study.participants", "int_type", "a whole number"),
    ("participants = 15", "participants = 0", 0, "study.participants", "greater_than", "greater than 0"),
    ("weeks = 52\n", "weeks = 52\nmonths = 12\n", 1, "study.months", "extra_forbidden", "participants, weeks"),
    ("weeks = 52\n", "", "[study]", "study.weeks", "missing", "required"),
    ("blinded = false", 'blinded = "no"', 0, "study.blinded", "bool_type", "true or false"),
    ('example = "BEL-007"', 'example = "BEL-7"', 0, "subject_number.example", "does_not_fit", "^BEL-[0-9]{3}$"),
    ('pattern = "^BEL-[0-9]{3}$"', 'pattern = "(["', 0, "subject_number.pattern", "not_a_pattern", "regular"),
    ('zone = "Europe/Amsterdam"', 'zone = "Europe/Damsterdam"', 0, "sites.AMC.zone", "unknown_zone", "IANA"),
    ('treatment = { en = "Belimumab, 200 mg subcutaneous", nl = "Belimumab, 200 mg subcutaan" }',
     'treatment = { en = "Belimumab, 200 mg subcutaneous" }', 0, "groups.A.treatment.nl", "missing", "required"),
    ('group = "B", text', 'group = "C", text', 0, "criteria.I5.options.other.group", "unknown_name", "A, B"),
    ('code = "I3"\nkind = "number"', 'code = "I3"\nkind = "score"', 1, "criteria.I3.kind", "union_tag_invalid",
     "number"),
    ("minimum = 6\nplausible_minimum = 0", "minimum = 6\nplausible_minimum = 7", 0, "criteria.I3.minimum",
     "out_of_order", "plausible_minimum ≤ minimum"),
    ('code = "E6"', 'code = "E5"', 0, "criteria.E5.code", "not_unique", "no other"),
    ("more_than = { days = 90 }", "more_than = { days = 90, months = 3 }", 0, "criteria.E6.more_than",
     "not_a_period", "exactly one"),
    ("more_than = { days = 90 }", "more_than = { days = 0 }", 0, "criteria.E6.more_than.days", "greater_than",
     "greater than 0"),
    ("more_than = { days = 90 }", "more_than = { days = 90 }\npasses_when = false", 1, "criteria.E6.passes_when",
     "extra_forbidden", "more_than"),
    ('kind = "date_and_half_life"\nanchor = "day0"', 'kind = "date_and_half_life"\nanchor = "dosing"', 1,
     "criteria.E7.anchor", "literal_error", "day0, baseline or consent"),
    ("required = true", "required = false", 0, "consent_scopes.participation.required", "none_required", "true"),
    ('scopes = ["participation", "genetics",', 'scopes = ["genetics",', 0, "consent_versions.1.0.scopes",
     "scope_left_out", "participation"),
    ('scopes = ["participation", "genetics",', 'scopes = ["participation", "genes",', 0,
     "consent_versions.1.0.scopes.1", "unknown_name", "genetics"),
    ("target_day = 28", "target_day = 36", 0, "timepoints.W4.target_day", "outside_window", "from 21 to 35"),
    ("first_day = 154", "first_day = 183", 0, "timepoints.W24.first_day", "out_of_order", "at most 182"),
    ("first_day = 70", "first_day = 35", 0, "timepoints.W12.first_day", "windows_overlap", "after day 35"),
    ("first_day = 336\n", "", "last_day = 392", "timepoints.W52.last_day", "half_a_window", "both or neither"),
    ("number = 91", "number = 90", 0, "timepoints.ET.number", "not_unique", "no other"),
    ('procedures = ["blood"]\nsource = "ASSUMED"\n\n[[timepoints]]\ncode = "W12"',
     'procedures = ["bloed"]\nsource = "ASSUMED"\n\n[[timepoints]]\ncode = "W12"', 0,
     "timepoints.W4.procedures.0", "unknown_name", "blood, lymph_node, synovium"),
    ('offered_when = ["early_termination"]', 'offered_when = ["left"]', 0, "timepoints.ET.offered_when.0", "enum",
     "early_termination"),
    ('sides = ["left", "right"]\nlabel = "KNEE"', 'sides = ["both"]\nlabel = "KNEE"', 0, "body_sites.knee.sides.0",
     "literal_error", "left"),
    ("minimum_pieces = 4", "minimum_pieces = 13", 0, "body_sites.wrist.minimum_pieces", "too_high", "12"),
    ("Fulfils the ACR", "Fulfils\\u001B[31m the ACR", 0, "criteria.I1.text.en", "string_pattern_mismatch", "a text"),
    ("minimum_pieces = 6", "minimum_pieces = 13", 0, "procedures.synovium.minimum_pieces", "too_high", "12"),
    ('criterion = "I2"', 'criterion = "I1"', 0, "procedures.synovium.site_rules.0.criterion", "unknown_name", "I2"),
    ('{ rule = "answered_in", timepoint = "BL"', '{ rule = "answered", timepoint = "BL"', 0,
     "procedures.synovium.site_rules.0.rule", "union_tag_invalid", "same_as"),
    ('substitutes = ["serum_clot"]', 'substitutes = ["serum"]', 0, "containers.sst.substitutes.0", "unknown_name",
     "serum_clot"),
    ("lowest_tenths_c = -900", "lowest_tenths_c = -500", 0, "storage_temperatures.minus80.lowest_tenths_c",
     "out_of_order", "-600"),
    ("min_minutes = 30\n", "min_minutes = 60\n", 0, "clocks.clotting.min_minutes", "out_of_order", "60"),
    ('from_event = "in_medium"\nto_event = "fixation_ended"', 'from_event = "in_formalin"\nto_event = "frozen"', 0,
     "clocks.fixation.from_event", "enum", "in_medium"),
    ('to_event = "spun"\nmin_minutes = 30\nmax_minutes = 60\ndeviation = "late"',
     'to_event = "spun"\nmin_minutes = 30\nmax_minutes = 60\ndeviation = "tardy"', 3, "clocks.clotting.deviation",
     "unknown_name", "late"),
    ('clocks = ["clotting"]', 'clocks = ["cloting"]', 0, "slots.SST.clocks.0", "unknown_name", "clotting"),
    ('code = "HEP"\nprocedure = "blood"\norder = 2', 'code = "HEP"\nprocedure = "blood"\norder = 1', 2,
     "slots.HEP.order", "not_unique", "SST"),
    ('container = "sodium_heparin"\nspecimen_type = "whole_blood"\ncount = 4',
     'container = "sodium_heparin"\nspecimen_type = "whole_blood"\ncount = -4', 2, "slots.HEP.count",
     "greater_than", "greater than 0"),
    ("first_piece = 4\n", "first_piece = 3\n", 0, "slots.LN_OCT.first_piece", "ranges_overlap", "LN_FLOW"),
    ("last_piece = 12", "last_piece = 13", 0, "slots.SYN_OCT.last_piece", "too_high", "12"),
    ("last_piece = 12", "last_piece = 11", -2, "slots.SYN_OCT.count", "not_even", "3 pieces"),
    ('scope = "genetics"', 'scope = "dna"', 0, "derivatives.buffy_coat.scope", "unknown_name", "genetics"),
    ('slot = "HEP"', 'slot = "HEPARIN"', 0, "derivatives.pbmc.slot", "unknown_name", "HEP"),
    ("lowest_cells = 5_000_000", "lowest_cells = 50_000_000", 0, "derivatives.pbmc.lowest_cells", "out_of_order",
     "10000000"),
    ('sprec = { form = "fluid", spins = 2 }', 'sprec = { form = "fluid", spins = 3 }', 0,
     "derivatives.pbmc.sprec.spins", "literal_error", "0, 1 or 2"),
    ('sprec = "SHP"\n', "", 'sprec = { form = "fluid", spins = 2 }',
     "derivatives.pbmc.sprec", "no_sprec_container", "sodium_heparin"),
    ("per_visit_ul = 100_000", "per_visit_ul = 60_000",
     'procedures = ["blood", "lymph_node", "synovium"]', "timepoints.BL.procedures", "too_much_blood", "60000"),
    ('assumed = ["label", "version", "blinded", "day0"]', 'assumed = ["label", "versie"]', 0, "study.assumed.1",
     "unknown_key", "version"),
    ('source = "SOP"', 'source = "HEARSAY"', 0, "containers.cs10_vial.source", "enum", "ASSUMED"),
    ("[[groups]]\ncode = \"A\"", "[[groups]]\ncode = \"A\"\ncode = \"B\"", 2, "", "not_toml", "TOML"),
    ("per_period_ul = 450_000", "per_period_ul = 450 000", 0, "", "not_toml", "TOML"),
    ('signers = ["nurse", "investigator"]', 'signers = ["nurse", "doctor"]', 0,
     "signatures.consent_recorded.signers.1", "enum", "investigator"),
]  # fmt: skip


@pytest.mark.parametrize(("piece", "instead", "where", "key", "code", "allowed"), BROKEN)
def test_a_broken_protocol_names_the_line_the_key_and_what_is_allowed(
    piece: str, instead: str, where: int | str, key: str, code: str, allowed: str
) -> None:
    broken = TEXT.replace(piece, instead, 1)
    assert broken != TEXT
    line = _line(broken, where) if isinstance(where, str) else _line(TEXT, piece) + where
    problems = protocol.check(broken, NAME)
    found = [problem for problem in problems if (problem.key, problem.code) == (key, code)]
    assert found, [str(problem) for problem in problems]
    assert found[0].file == NAME
    assert found[0].line == line, str(found[0])
    assert allowed in found[0].allowed


def _line(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def test_a_problem_reads_as_one_sentence() -> None:
    (problem,) = protocol.check(TEXT.replace('clocks = ["clotting"]', 'clocks = ["clock"]'), NAME)
    line = _line(TEXT, 'clocks = ["clotting"]')
    assert str(problem).startswith(
        f"{NAME}, line {line}: slots.SST.clocks.0 is clock; allowed: one of clotting, "
    )


def test_a_byte_order_mark_in_front_is_no_problem_and_moves_no_line() -> None:
    assert protocol.check("\ufeff" + TEXT, NAME) == []
    broken = TEXT.replace('kind = "tissue"', 'kind = "bone"')
    assert protocol.check("\ufeff" + broken, NAME) == protocol.check(broken, NAME) != []


def test_several_problems_are_listed_in_the_order_of_the_file() -> None:
    broken = TEXT.replace("target_day = 28", "target_day = 36").replace('slot = "HEP"', 'slot = "H"')
    assert [problem.key for problem in protocol.check(broken, NAME)] == [
        "timepoints.W4.target_day",
        "derivatives.pbmc.slot",
    ]


@pytest.mark.parametrize(
    "text", ["", "\ufeff", "[" * 20_000, "format = " + "9" * 5_000, "a = 1\na = 2", "\x00", "x ="]
)
def test_a_file_that_is_no_protocol_is_a_problem_and_not_a_crash(text: str) -> None:
    assert protocol.check(text, "x.toml")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.sampled_from(["", "x", "code = 1", "[[slots]]", "[study]", "source = []"]))
def test_whatever_becomes_of_a_line_the_answer_is_a_list_of_problems(at: int, instead: str) -> None:
    lines = SHIPPED["example_vaccine.toml"].splitlines()
    lines[at % len(lines)] = instead
    for problem in protocol.check("\n".join(lines), "x.toml"):
        assert 1 <= problem.line <= len(lines)
        assert problem.allowed


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([0, -1, 10**30, "", "Ω", True, [], [[]], [{}], {}, {"code": "x"}, None]), st.data())
def test_whatever_stands_at_a_key_the_answer_is_a_list_of_problems(value: Any, data: st.DataObject) -> None:
    """Values of the wrong kind anywhere in the tables, the deepest included."""
    paths = sorted(lines_of(TEXT), key=str)
    path = data.draw(st.sampled_from(paths))
    tables = tomllib.loads(TEXT, parse_float=Decimal)
    at: Any = tables
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    protocol.check(_toml(tables), NAME)


def _toml(value: Any) -> str:
    """Write tables as TOML on one level: every table inline."""
    return "\n".join(f"{key} = {_inline(inner)}" for key, inner in value.items() if inner is not None)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {_inline(inner)}" for key, inner in value.items() if inner is not None)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(each) for each in value if each is not None) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool | int) else str(value)


def test_every_key_of_the_shipped_files_is_found_on_the_line_where_it_stands() -> None:
    for text in SHIPPED.values():
        lines, rows = lines_of(text), text.splitlines()
        for path in _paths(tomllib.loads(text)):
            name = next(part for part in reversed(path) if isinstance(part, str))
            if isinstance(path[-1], str):
                assert name in rows[lines[path] - 1], path
            else:
                assert path in lines


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, inner in pairs for each in [(*path, key), *_paths(inner, (*path, key))]]


def test_strings_comments_and_nested_tables_do_not_mislead_the_line_reader() -> None:
    text = """# [not] = "a table"
a."b.c".d = 1 # e = 2
s = '''
f = 3
'''
t = "x # y = [" # "
u = \"\"\"
v = 1 \\\"\" w\"\"\"
[x.y]
z = [ # one
  [1, 2], { k = [
    "]", '}' ] },
  1979-05-27 07:32:00,
]
[[p]]
[[p.q]]
r = 1
[[p]]
[[p.q]]
[[p.q]]
r = 2
[p.o]
n = -1.5e3
"""
    lines = lines_of(text)
    assert set(_paths(tomllib.loads(text))) <= set(lines)
    expected = {
        ("a", "b.c", "d"): 2, ("s",): 3, ("t",): 6, ("u",): 7, ("x", "y"): 9, ("x", "y", "z"): 10,
        ("x", "y", "z", 0, 1): 11, ("x", "y", "z", 1, "k", 0): 12, ("x", "y", "z", 2): 13, ("p", 0): 15,
        ("p", 0, "q", 0, "r"): 17, ("p", 1): 18, ("p", 1, "q", 1, "r"): 21, ("p", 1, "o", "n"): 23,
    }  # fmt: skip
    assert {path: lines[path] for path in expected} == expected


def test_a_number_without_any_limit_is_a_problem() -> None:
    broken = TEXT.replace("minimum = 30\nplausible", "plausible")
    assert [(each.key, each.code) for each in protocol.check(broken, NAME)] == [("criteria.E3", "no_limit")]


def test_slots_may_share_pieces_when_they_belong_to_different_timepoints() -> None:
    shared = TEXT.replace(
        "first_piece = 4\nlast_piece = 4", 'timepoints = ["BL"]\nfirst_piece = 5\nlast_piece = 5'
    )
    (problem,) = protocol.check(shared, NAME)
    assert (problem.key, problem.code) == ("slots.LN_RNA.first_piece", "ranges_overlap")
    apart = shared.replace("first_piece = 5\nlast_piece = 5\nhandling = { en = \"In RNA", 'timepoints = ["W12"]\n'
                           "first_piece = 5\nlast_piece = 5\nhandling = { en = \"In RNA")  # fmt: skip
    assert apart != shared and protocol.check(apart, NAME) == []
