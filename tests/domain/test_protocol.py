"""A study as data: the shipped protocols, lookups, what is assumed, what changed."""

import hashlib
import re
from datetime import date, datetime
from typing import Any

import pytest

from specimens.domain import custody, protocol
from specimens.domain.access import Permission
from specimens.domain.eligibility import Choices
from specimens.domain.errors import BadInput, NotFound
from specimens.domain.protocol_base import Event
from specimens.domain.protocol_kit import (
    blood_budget,
    expected_places,
    fill,
    minimum_pieces,
    places,
)

SHIPPED = protocol.shipped()
BELIMUMAB = "belimumab_sle.toml"
EXAMPLE = "example_vaccine.toml"


def _belimumab() -> protocol.Protocol:
    return protocol.load(SHIPPED[BELIMUMAB], BELIMUMAB)


def test_both_shipped_protocols_have_no_problem() -> None:
    assert set(SHIPPED) == {BELIMUMAB, EXAMPLE}
    assert {name: protocol.check(text, name) for name, text in SHIPPED.items()} == {
        BELIMUMAB: [],
        EXAMPLE: [],
    }


def test_the_digest_of_a_protocol_is_the_sha_256_of_its_file() -> None:
    assert protocol.digest("ä") == hashlib.sha256("ä".encode()).hexdigest()


def test_a_protocol_never_changes_after_it_was_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        _belimumab().study.participants = 16


def test_a_baseline_visit_plans_twenty_containers_in_three_kits_and_61_ml_of_blood() -> None:
    plan = _belimumab()
    kits = {each.code: plan.planned("BL", each.code) for each in plan.procedures_at("BL")}
    assert {code: sum(slot.count for slot in slots) for code, slots in kits.items()} == {
        "blood": 7,
        "lymph_node": 6,
        "synovium": 7,
    }
    assert [slot.code for slot in kits["blood"]] == ["SST", "HEP", "EDTA", "PAX"]
    assert plan.blood_volume_ul("BL") == 61_000


def test_only_baseline_and_week_12_plan_biopsies() -> None:
    plan = _belimumab()
    with_node = [point.code for point in plan.timepoints if "lymph_node" in point.procedures]
    assert with_node == ["BL", "W12"]
    assert plan.planned("W4", "lymph_node") == ()
    assert len(plan.planned("UNS", "lymph_node")) == 6


def test_a_buffy_coat_is_made_at_baseline_alone_and_needs_the_genetics_scope() -> None:
    plan = _belimumab()
    assert [each.code for each in plan.derivatives_of("EDTA", "BL")] == ["plasma", "buffy_coat"]
    assert [each.code for each in plan.derivatives_of("EDTA", "W4")] == ["plasma"]
    assert plan.derivative("buffy_coat").scope == "genetics"


def test_whoever_looks_up_what_the_protocol_does_not_have_is_told_so() -> None:
    with pytest.raises(NotFound) as told:
        _belimumab().slot("SSX")
    assert told.value.facts == {"kind": "slot", "wanted": "SSX"}


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_code_of_a_protocol_can_be_looked_up(name: str) -> None:
    plan = protocol.load(SHIPPED[name], name)
    lookups = {
        "timepoints": plan.timepoint, "procedures": plan.procedure, "slots": plan.slot,
        "derivatives": plan.derivative, "containers": plan.container, "clocks": plan.clock,
        "criteria": plan.criterion, "groups": plan.group, "body_sites": plan.body_site, "sites": plan.site,
        "specimen_types": plan.specimen_type, "storage_temperatures": plan.storage_temperature,
        "signatures": plan.meaning, "deviations": plan.deviation, "reject_codes": plan.reject_code,
    }  # fmt: skip
    for table, lookup in lookups.items():
        for record in getattr(plan, table):
            assert lookup(record.code) is record


def test_every_clock_starts_and_stops_with_an_act_of_custody() -> None:
    assert {event.value for event in Event} <= set(custody.RULES)


def test_a_restriction_names_an_act_or_a_permission_of_the_house() -> None:
    acts = set(custody.RULES) | {"eligibility_confirmed"} | {each.value for each in Permission}
    for name, text in SHIPPED.items():
        assert {each.code for each in protocol.load(text, name).restrictions} <= acts


def test_the_group_b_that_the_registry_forgets_is_listed_as_an_assumption() -> None:
    listed = {each.key: each for each in _belimumab().assumptions()}
    assert "group B never gets" in listed["study.day0"].note
    assert listed["timepoints.W4.first_day"].value == "21"
    assert listed["criteria.E6.anchor"].value == "day0"
    assert listed["procedures.lymph_node.minimum_pieces"].value == "4"
    assert "study.participants" not in listed
    assert "procedures.synovium.minimum_pieces" not in listed
    assert "criteria.E6.more_than" not in listed


def test_two_versions_differ_in_exactly_what_was_changed() -> None:
    old = _belimumab()
    text = SHIPPED[BELIMUMAB].replace('code = "W4"\nnumber = 3', 'code = "W4"\nnumber = 7')
    text = text.replace("minimum_pieces = 6", "minimum_pieces = 5")
    text = text.replace(
        '[[restrictions]]\ncode = "eligibility_confirmed"', '[[restrictions]]\ncode = "destroyed"'
    )
    changed = {
        each.key: (each.before, each.after) for each in protocol.difference(old, protocol.load(text, "new"))
    }
    assert changed["timepoints.W4.number"] == ("3", "7")
    assert changed["procedures.synovium.minimum_pieces"] == ("6", "5")
    assert changed["restrictions.eligibility_confirmed.source"] == ("CONV", None)
    assert changed["restrictions.destroyed.source"] == (None, "CONV")
    assert all(key.split(".")[0] in {"timepoints", "procedures", "restrictions"} for key in changed)
    assert protocol.difference(old, old) == []


def test_a_changed_order_of_entries_is_no_change() -> None:
    text = SHIPPED[EXAMPLE]
    sites = re.search(
        r"(\[\[sites\]\]\ncode = \"NORTH\".*?)(\[\[sites\]\].*?)(?=\[\[groups)", text, re.DOTALL
    )
    assert sites
    swapped = text.replace(sites.group(0), sites.group(2) + sites.group(1))
    assert swapped != text
    assert protocol.difference(protocol.load(text, "a"), protocol.load(swapped, "b")) == []


def test_every_sentence_of_the_protocols_has_words_of_its_own_in_dutch() -> None:
    """A sentence of five words or more that reads the same in both languages was not translated."""
    for name, text in SHIPPED.items():
        for english, dutch in _texts(protocol.load(text, name).model_dump()):
            assert english != dutch or len(english.split()) < 5, english


def _texts(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        if set(value) == {"en", "nl"}:
            return [(value["en"], value["nl"])]
        return [pair for inner in value.values() for pair in _texts(inner)]
    return [pair for inner in value for pair in _texts(inner)] if isinstance(value, tuple) else []


def test_a_text_is_said_in_dutch_where_dutch_is_asked_for_and_in_english_otherwise() -> None:
    text = _belimumab().clock("tissue_frozen").text
    assert [text.said(each) for each in ("nl", "nl-NL", "nl_BE", "NL")] == [
        "Ingevroren binnen 30 minuten."
    ] * 4
    assert [text.said(each) for each in ("en", "de")] == ["Frozen within 30 minutes."] * 2


def test_five_cores_fill_the_first_three_slots_and_leave_the_others_empty() -> None:
    filled = fill(_belimumab(), "BL", "lymph_node", 5)
    assert [(each.slot.code, each.pieces) for each in filled] == [
        ("LN_FLOW", 3), ("LN_OCT", 1), ("LN_RNA", 1), ("LN_STROMA", 0), ("LN_FFPE", 0), ("LN_CRYO", 0),
    ]  # fmt: skip


def test_synovium_is_shared_out_vial_by_vial_and_a_partial_fill_is_allowed() -> None:
    filled = fill(_belimumab(), "BL", "synovium", 5)
    assert [(each.slot.code, each.number, each.pieces) for each in filled][:3] == [
        ("SYN_FFPE", 1, 2),
        ("SYN_CRYO", 1, 2),
        ("SYN_CRYO", 2, 1),
    ]


@pytest.mark.parametrize("procedure", ["lymph_node", "synovium"])
def test_no_piece_is_lost_or_invented_whatever_the_yield(procedure: str) -> None:
    plan = _belimumab()
    target = plan.procedure(procedure).target_pieces or 0
    for obtained in range(target + 3):
        shared = sum(each.pieces or 0 for each in fill(plan, "BL", procedure, obtained))
        assert shared == min(obtained, target)
    assert fill(plan, "BL", procedure) == fill(plan, "BL", procedure, target)


def test_blood_is_shared_out_by_tubes_and_has_no_pieces() -> None:
    assert [(each.slot.code, each.number, each.pieces) for each in fill(_belimumab(), "W4", "blood")][
        1:5
    ] == [("HEP", number, None) for number in (1, 2, 3, 4)]


def test_a_wrist_needs_four_pieces_and_a_knee_six() -> None:
    plan = _belimumab()
    assert [minimum_pieces(plan, "synovium", site) for site in ("wrist", "knee", None)] == [4, 6, 6]
    assert minimum_pieces(plan, "blood", "antecubital") is None


def test_at_baseline_synovium_comes_from_a_joint_that_was_answered_as_active() -> None:
    answers = {"I2": Choices(("wrist_left", "knee_right"))}
    assert expected_places(_belimumab(), "BL", "synovium", answers, {}) == (
        ("wrist", "left"),
        ("knee", "right"),
    )


def test_at_week_12_joint_and_side_are_those_of_baseline_active_or_not() -> None:
    plan, answers = _belimumab(), {"I2": Choices(("wrist_left",))}
    assert expected_places(plan, "W12", "synovium", answers, {"BL": ("knee", "right")}) == (
        ("knee", "right"),
    )
    assert expected_places(plan, "W12", "lymph_node", answers, {"BL": ("inguinal", "left")}) == (
        ("inguinal", "left"),
    )


def test_without_a_biopsy_at_baseline_week_12_is_open_to_every_place() -> None:
    plan = _belimumab()
    assert expected_places(plan, "W12", "synovium", {}, {}) == places(plan, "synovium")
    assert len(places(plan, "synovium")) == 6


def test_a_draw_that_would_pass_the_ceiling_is_known_before_the_needle() -> None:
    plan, on = _belimumab(), date(2026, 11, 24)
    assert blood_budget(plan, 61_000, on, []).exceeds == ()
    assert blood_budget(plan, 61_000, on, [], already_ul=39_000).exceeds == ()
    assert blood_budget(plan, 61_000, on, [], already_ul=39_001).exceeds == ("visit",)


def test_the_blood_of_eight_weeks_counts_and_that_of_the_day_before_them_does_not() -> None:
    plan, on = _belimumab(), date(2026, 11, 24)
    inside, outside = date(2026, 9, 30), date(2026, 9, 29)
    assert (on - inside).days == 55
    assert blood_budget(plan, 61_000, on, [(inside, 389_001)]).exceeds == ("period",)
    assert blood_budget(plan, 61_000, on, [(inside, 389_000)]).exceeds == ()
    assert blood_budget(plan, 61_000, on, [(outside, 400_000)]).exceeds == ()


def test_an_older_consent_suffices_until_the_newer_one_is_required() -> None:
    plan = protocol.load(SHIPPED[EXAMPLE], EXAMPLE)
    assert plan.consent_suffices("A", date(2026, 8, 31))
    assert not plan.consent_suffices("A", date(2026, 9, 1))
    assert plan.consent_suffices("B", date(2026, 8, 31))
    assert plan.consent_required_on(date(2025, 12, 31)) is None
    assert not plan.consent_suffices("A", date(2025, 12, 31))


def test_insufficient_yield_is_given_by_the_system_and_not_chosen_by_a_person() -> None:
    offered = [each.code for each in _belimumab().not_collected_reasons_for("lymph_node")]
    assert "insufficient_yield" not in offered
    assert "no_safe_target" in offered and "no_vein" not in offered


def test_every_use_of_a_reason_has_one_to_choose_in_every_shipped_protocol() -> None:
    uses = (
        "visit", "repeat", "extra", "body_site", "container", "reprint", "retire_label", "void", "undo",
        "correction", "late_entry", "recall", "decline", "quarantine", "reassign", "retrieve", "destroy",
    )  # fmt: skip
    for name, text in SHIPPED.items():
        plan = protocol.load(text, name)
        assert [use for use in uses if not plan.reasons_for(use)] == []


def test_a_label_text_is_short_enough_for_a_vial() -> None:
    plan = _belimumab()
    labels = [made.label for made in plan.derivatives] + [slot.label for slot in plan.slots]
    assert max(len(label) for label in labels) <= 24


def test_nothing_in_the_code_names_a_code_of_the_first_study() -> None:
    """The second study has other codes for everything: it loads, plans and judges without the first."""
    plan = protocol.load(SHIPPED[EXAMPLE], EXAMPLE)
    assert [slot.code for slot in plan.planned("D28", "venepuncture")] == ["CLOT"]
    assert plan.blood_volume_ul("D0") == 12_000
    assert {site.code for site in plan.sites} == {"NORTH", "SOUTH"}
    assert fill(plan, "D0", "venepuncture")[1].number == 2
    ours, first = set(_codes(plan)), set(_codes(_belimumab()))
    assert not {"SST", "BL", "I2", "pbmc", "genetics"} & ours
    assert {"SST", "BL", "I2", "pbmc", "genetics"} <= first


def _codes(plan: protocol.Protocol) -> list[str]:
    tables = ("slots", "timepoints", "criteria", "derivatives", "consent_scopes", "procedures")
    return [record.code for table in tables for record in getattr(plan, table)]


def test_a_refused_protocol_says_why_in_the_error() -> None:
    with pytest.raises(BadInput) as told:
        protocol.load("format = 2", "broken.toml")
    assert told.value.code == "protocol_invalid"
    assert told.value.facts["file"] == "broken.toml"
    assert told.value.facts["problems"][0].line == 1


def test_the_consent_date_of_the_protocol_is_a_date() -> None:
    required = _belimumab().consent_versions[0].required_from
    assert isinstance(required, date) and not isinstance(required, datetime)
