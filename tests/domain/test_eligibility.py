"""Eligibility of the first trial: every criterion at its limit and one off, in words, in both languages."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specimens.domain import protocol
from specimens.domain.eligibility import (
    Anchors,
    Answer,
    Choices,
    Last,
    Number,
    Outcome,
    PartialDate,
    Unknown,
    YesNo,
    from_plain,
    judge,
    judge_all,
    parse_answer,
    sentence,
    to_plain,
)

NAME = "belimumab_sle.toml"
PROTOCOL = protocol.load(protocol.shipped()[NAME], NAME)
CONSENT, BASELINE, DAY0 = date(2026, 11, 1), date(2026, 11, 20), date(2026, 11, 23)
ANCHORS = Anchors(CONSENT, BASELINE, DAY0)
MET, NOT_MET, UNKNOWN = Outcome.MET, Outcome.NOT_MET, Outcome.UNKNOWN

#: Answers of somebody who is eligible.
ELIGIBLE: dict[str, Answer] = {
    "I1": Choices(("slicc",)),
    "I2": Choices(("knee_left",)),
    "I3": Number(Decimal(8)),
    "I4": Number(Decimal(40)),
    "I5": Choices(("belimumab",)),
    "E3": Number(Decimal(90)),
    **{code: Last(None) for code in ("E6", "E7", "E8", "E10", "E11b", "E11c", "E12b")},
    **{code: YesNo(False) for code in ("E1", "E2", "E4", "E5", "E9", "E11a", "E12a", "E13")},
}


def _last(day: date, **more: object) -> Last:
    return Last(PartialDate(day.year, day.month, day.day), **more)  # type: ignore[arg-type]


def _outcome(code: str, answer: Answer | None, anchors: Anchors = ANCHORS) -> Outcome:
    return judge(PROTOCOL.criterion(code), answer, anchors).outcome


def _said(code: str, answer: Answer | None, language: str = "en", anchors: Anchors = ANCHORS) -> str:
    return sentence(judge(PROTOCOL.criterion(code), answer, anchors), language)


def test_the_protocol_asks_every_criterion_of_the_registry_once() -> None:
    assert {criterion.code for criterion in PROTOCOL.criteria} == set(ELIGIBLE)


def test_somebody_who_meets_everything_is_eligible_and_gets_the_group_of_the_treatment() -> None:
    verdict = judge_all(PROTOCOL, ELIGIBLE, ANCHORS)
    assert verdict.eligible and verdict.blocking == () and verdict.group == "A"
    assert judge_all(PROTOCOL, {**ELIGIBLE, "I5": Choices(("other",))}, ANCHORS).group == "B"


@pytest.mark.parametrize("code", sorted(ELIGIBLE))
def test_one_unknown_answer_blocks_enrolment(code: str) -> None:
    for answers in ({**ELIGIBLE, code: Unknown()}, {k: v for k, v in ELIGIBLE.items() if k != code}):
        verdict = judge_all(PROTOCOL, answers, ANCHORS)
        assert not verdict.eligible
        assert [(each.criterion, each.outcome) for each in verdict.blocking] == [(code, UNKNOWN)]


@pytest.mark.parametrize("code", ["E1", "E2", "E4", "E5", "E9", "E11a", "E12a", "E13"])
def test_a_yes_to_an_exclusion_blocks(code: str) -> None:
    assert (_outcome(code, YesNo(True)), _outcome(code, YesNo(False))) == (NOT_MET, MET)


@pytest.mark.parametrize(
    ("code", "value", "outcome"),
    [
        ("I3", "5", NOT_MET), ("I3", "6", MET),
        ("I4", "17", NOT_MET), ("I4", "18", MET), ("I4", "75", MET), ("I4", "76", NOT_MET),
        ("E3", "29.9", NOT_MET), ("E3", "30", MET),
    ],
)  # fmt: skip
def test_a_number_passes_from_its_limit_on(code: str, value: str, outcome: Outcome) -> None:
    assert _outcome(code, Number(Decimal(value))) is outcome


@pytest.mark.parametrize("code", ["I1", "I2"])
def test_at_least_one_option_must_apply(code: str) -> None:
    options = PROTOCOL.criterion(code).options  # type: ignore[union-attr]
    assert _outcome(code, Choices(())) is NOT_MET
    assert {_outcome(code, Choices((option.code,))) for option in options} == {MET}


#: Criterion, anchor, and the last date that still passes: more than so long before, so the day before the limit.
LOOK_BACK = [
    ("E6", DAY0 - timedelta(days=91)),
    ("E8", BASELINE - timedelta(days=31)),
    ("E12b", DAY0 - timedelta(days=366)),
    ("E10", date(2021, 10, 31)),
    ("E11b", date(2026, 4, 30)),
    ("E11c", date(2026, 8, 31)),
]


@pytest.mark.parametrize(("code", "passes"), LOOK_BACK)
def test_a_look_back_passes_on_its_last_day_and_fails_the_day_after(code: str, passes: date) -> None:
    assert _outcome(code, _last(passes)) is MET
    assert _outcome(code, _last(passes + timedelta(days=1))) is NOT_MET
    assert _outcome(code, Last(None)) is MET


@settings(deadline=None)
@given(st.sampled_from(LOOK_BACK), st.dates(date(2000, 1, 1), date(2030, 1, 1)))
def test_the_longer_ago_the_better_for_every_look_back(look_back: tuple[str, date], on: date) -> None:
    code, passes = look_back
    assert _outcome(code, _last(on)) is (MET if on <= passes else NOT_MET)


@pytest.mark.parametrize(
    ("half_life", "days", "outcome"),
    [
        ("2", 31, MET), ("2", 30, NOT_MET),  # 5 × 2 is less than 30
        ("6", 31, MET), ("6", 30, NOT_MET),
        ("6.5", 33, MET), ("6.5", 32, NOT_MET),  # 32.5 days: the 33rd is more, the 32nd is not
        ("20", 101, MET), ("20", 100, NOT_MET),
    ],
)  # fmt: skip
def test_an_investigational_agent_needs_five_half_lives_and_at_least_30_days(
    half_life: str, days: int, outcome: Outcome
) -> None:
    answer = _last(DAY0 - timedelta(days=days), half_life_days=Decimal(half_life))
    assert _outcome("E7", answer) is outcome


def test_a_resected_skin_carcinoma_never_counts() -> None:
    assert _outcome("E10", _last(CONSENT, excepted="skin_bcc_scc")) is MET
    assert _outcome("E10", _last(CONSENT)) is NOT_MET


def test_a_cervical_carcinoma_in_situ_needs_three_years_without_metastasis() -> None:
    limit = date(2023, 11, 1)
    assert _outcome("E10", _last(limit, excepted="cervix_in_situ")) is MET
    assert _outcome("E10", _last(limit + timedelta(days=1), excepted="cervix_in_situ")) is NOT_MET
    spread = PartialDate(2024, 5, 1)
    assert _outcome("E10", _last(limit, excepted="cervix_in_situ", metastasis=spread)) is NOT_MET
    vague = PartialDate(2023)
    assert _outcome("E10", _last(date(2022, 1, 1), excepted="cervix_in_situ", metastasis=vague)) is UNKNOWN


def test_a_live_vaccine_during_the_study_is_not_met() -> None:
    judged = judge(PROTOCOL.criterion("E8"), _last(BASELINE + timedelta(days=3)), ANCHORS)
    assert (judged.outcome, judged.code) == (NOT_MET, "after_anchor")


def test_a_later_day_zero_can_turn_a_failed_look_back_into_a_met_one() -> None:
    answer = _last(date(2026, 8, 30))
    assert _outcome("E6", answer) is NOT_MET
    assert _outcome("E6", answer, Anchors(CONSENT, BASELINE, date(2026, 11, 29))) is MET


def test_without_the_anchor_a_date_is_unknown_and_never_is_met() -> None:
    nothing = Anchors()
    assert _outcome("E6", _last(date(2001, 1, 1)), nothing) is UNKNOWN
    assert _outcome("E6", Last(None), nothing) is MET


def test_a_month_alone_counts_when_all_its_days_agree() -> None:
    assert _outcome("E6", Last(PartialDate(2026, 7))) is MET
    assert _outcome("E6", Last(PartialDate(2026, 8))) is UNKNOWN  # up to the 24th it would pass
    assert _outcome("E6", Last(PartialDate(2026, 9))) is NOT_MET
    assert _outcome("E6", Last(PartialDate(2025))) is MET


def test_counting_months_back_from_the_31st_ends_on_the_last_day_of_a_shorter_month() -> None:
    anchors = Anchors(consent_on=date(2026, 8, 31))
    assert _outcome("E11b", _last(date(2026, 2, 27)), anchors) is MET
    assert _outcome("E11b", _last(date(2026, 2, 28)), anchors) is NOT_MET


@pytest.mark.parametrize(
    ("code", "answer", "english", "dutch"),
    [
        ("E6", _last(date(2026, 8, 30)),
         "Last intravenous cyclophosphamide 30 Aug 2026 is 85 days before Day 0; more than 90 days required.",
         "Laatste intraveneuze cyclofosfamide 30 aug 2026 is 85 dagen vóór dag 0; meer dan 90 dagen vereist."),
        ("E7", _last(date(2026, 10, 22), half_life_days=Decimal("6.5")),
         "Last non-biologic investigational agent 22 Oct 2026 is 32 days before Day 0; "
         "more than 32.5 days required.",
         "Laatste niet-biologische experimentele middel 22 okt 2026 is 32 dagen vóór dag 0; "
         "meer dan 32,5 dagen vereist."),
        ("E8", _last(date(2026, 11, 25)),
         "Last live vaccine 25 Nov 2026 is after baseline; more than 30 days before it required.",
         "Laatste levende vaccin 25 nov 2026 is na baseline; meer dan 30 dagen ervoor vereist."),
        ("E6", Last(PartialDate(2026, 8)),
         "Last intravenous cyclophosphamide Aug 2026: the exact date decides; "
         "more than 90 days before Day 0 required.",
         "Laatste intraveneuze cyclofosfamide aug 2026: de precieze datum beslist; "
         "meer dan 90 dagen vóór dag 0 vereist."),
        ("E10", _last(date(2024, 3, 5), excepted="cervix_in_situ"),
         "Malignancy 5 Mar 2024: carcinoma in situ of the cervix, locally treated; "
         "without metastasis only since 5 Mar 2024, 3 years required.",
         "Maligniteit 5 mrt 2024: carcinoma in situ van de cervix, lokaal behandeld; "
         "pas sinds 5 mrt 2024 zonder metastasen, 3 jaar vereist."),
        ("E3", Number(Decimal("29.50")),
         "eGFR is 29.5 ml/min/1.73 m²; at least 30 required.", "eGFR is 29,5 ml/min/1.73 m²; ten minste 30 vereist."),
        ("I4", Number(Decimal(80)),
         "Age at consent is 80 years; 18 to 75 required.",
         "Leeftijd bij toestemming is 80 jaar; 18 tot en met 75 vereist."),
        ("I2", Choices(()),
         "Joints with active arthritis: none; at least 1 required.",
         "Gewrichten met actieve artritis: geen; ten minste 1 vereist."),
        ("I2", Choices(("wrist_left", "knee_right")),
         "Joints with active arthritis: left wrist, right knee.",
         "Gewrichten met actieve artritis: linkerpols, rechterknie."),
        ("E2", YesNo(True), "Pregnancy: yes.", "Zwangerschap: ja."),
        ("E2", Unknown(), "Pregnancy: not known yet.", "Zwangerschap: nog niet bekend."),
        ("E2", None, "Pregnancy: not answered yet.", "Zwangerschap: nog niet beantwoord."),
        ("E12b", Last(None), "Last drug or alcohol abuse or dependence: never.",
         "Laatste misbruik of afhankelijkheid van drugs of alcohol: nooit."),
    ],
)  # fmt: skip
def test_the_reason_is_given_in_words_in_both_languages(
    code: str, answer: Answer | None, english: str, dutch: str
) -> None:
    assert _said(code, answer) == english
    assert _said(code, answer, "nl") == dutch


def test_what_cannot_be_judged_yet_says_what_is_missing() -> None:
    assert _said("E6", _last(date(2026, 8, 30)), anchors=Anchors()) == (
        "Last intravenous cyclophosphamide 30 Aug 2026: cannot be judged before Day 0 has a date."
    )


FORMS: list[tuple[str, Mapping[str, str], Answer]] = [
    ("I3", {"value": " 6 "}, Number(Decimal(6))),
    ("E3", {"value": "29,5"}, Number(Decimal("29.5"))),
    ("I1", {"option_slicc": "on", "option_acr_1997": "on"}, Choices(("acr_1997", "slicc"))),
    ("I1", {"none": "on"}, Choices(())),
    ("I5", {"value": "other"}, Choices(("other",))),
    ("E2", {"value": "no"}, YesNo(False)),
    ("E2", {"unknown": "on", "value": ""}, Unknown()),
    ("E6", {"never": "on"}, Last(None)),
    ("E6", {"day": "3", "month": "8", "year": "2026"}, Last(PartialDate(2026, 8, 3))),
    ("E6", {"month": "8", "year": "2026"}, Last(PartialDate(2026, 8))),
    ("E7", {"day": "3", "month": "8", "year": "2026", "half_life_days": "6,5"},
     Last(PartialDate(2026, 8, 3), Decimal("6.5"))),
    ("E10", {"year": "2020", "excepted": "no"}, Last(PartialDate(2020))),
    ("E10", {"year": "2020", "excepted": "skin_bcc_scc"}, Last(PartialDate(2020), excepted="skin_bcc_scc")),
    ("E10", {"year": "2020", "excepted": "cervix_in_situ", "metastasis_never": "on"},
     Last(PartialDate(2020), excepted="cervix_in_situ")),
    ("E10", {"year": "2020", "excepted": "cervix_in_situ", "metastasis_year": "2021", "metastasis_month": "2"},
     Last(PartialDate(2020), excepted="cervix_in_situ", metastasis=PartialDate(2021, 2))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "raw", "answer"), FORMS)
def test_a_form_is_read_as_the_answer_that_was_meant_and_kept_as_plain_json(
    code: str, raw: Mapping[str, str], answer: Answer
) -> None:
    criterion = PROTOCOL.criterion(code)
    assert parse_answer(criterion, raw) == answer
    assert from_plain(criterion, to_plain(answer)) == answer


@pytest.mark.parametrize(
    ("code", "raw", "field", "problem"),
    [
        ("I3", {}, "value", "not_a_number"),
        ("I3", {"value": "six"}, "value", "not_a_number"),
        ("I3", {"value": "1e3"}, "value", "not_a_number"),
        ("I3", {"value": "٦"}, "value", "not_a_number"),
        ("I3", {"value": "NaN"}, "value", "not_a_number"),
        ("I3", {"value": "6.5"}, "value", "not_whole"),
        ("I3", {"value": "106"}, "value", "implausible"),
        ("I3", {"value": "6", "unknown": "on"}, "unknown", "unknown_and_answer"),
        ("I1", {}, "none", "choose_or_none"),
        ("I1", {"none": "on", "option_slicc": "on"}, "none", "none_and_option"),
        ("I1", {"option_other": "on"}, "option_other", "no_such_option"),
        ("I5", {"value": "rituximab"}, "value", "choose_one"),
        ("E2", {"value": "maybe"}, "value", "yes_or_no"),
        ("E6", {}, "year", "date_or_never"),
        ("E6", {"never": "on", "year": "2020"}, "never", "never_and_date"),
        ("E6", {"year": "2026", "month": "2", "day": "30"}, "year", "no_such_date"),
        ("E6", {"year": "26"}, "year", "no_such_date"),
        ("E6", {"year": "1066"}, "year", "no_such_date"),
        ("E6", {"year": "2026", "day": "3"}, "month", "month_missing"),
        ("E6", {"year": "2026", "month": "12"}, "year", "in_the_future"),
        ("E7", {"year": "2020"}, "half_life_days", "half_life"),
        ("E7", {"year": "2020", "half_life_days": "0"}, "half_life_days", "half_life"),
        ("E7", {"never": "on", "half_life_days": "3"}, "never", "never_and_date"),
        ("E10", {"year": "2020"}, "excepted", "choose_one"),
        ("E10", {"year": "2020", "excepted": "cervix_in_situ"}, "metastasis_year", "date_or_never"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_understood_names_the_field_and_the_problem(
    code: str, raw: Mapping[str, str], field: str, problem: str
) -> None:
    read = parse_answer(PROTOCOL.criterion(code), raw, today=date(2026, 11, 24))
    assert isinstance(read, tuple)
    assert [(each.field, each.code) for each in read] == [(field, problem)]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(ELIGIBLE)),
    st.dictionaries(
        st.sampled_from(
            ["value", "unknown", "never", "none", "day", "month", "year", "half_life_days", "excepted",
             "metastasis_never", "metastasis_year", "option_slicc", "option_knee_left"]
        ),
        st.sampled_from(["", "1", "12", "31", "2020", "2026", "yes", "no", "on", "other", "cervix_in_situ", "x", "6.5"])
        | st.text(max_size=6),
    ),
)  # fmt: skip
def test_whatever_is_typed_there_is_an_answer_that_can_be_kept_and_judged_or_a_problem(
    code: str, raw: dict[str, str]
) -> None:
    criterion = PROTOCOL.criterion(code)
    read = parse_answer(criterion, raw)
    if isinstance(read, tuple):
        assert read
        return
    assert from_plain(criterion, to_plain(read)) == read
    for anchors in (ANCHORS, Anchors()):
        judged = judge(criterion, read, anchors)
        assert sentence(judged, "nl") and sentence(judged, "en")


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("I3", {"value": 6.5}), ("I3", {"value": 6}), ("I3", {"value": "NaN"}), ("I3", {"value": "x"}), ("I3", {}),
        ("I3", {"value": True}), ("E2", {"value": "no"}), ("E2", {"value": 0}), ("I5", {"options": []}),
        ("I5", {"options": ["rituximab"]}), ("I1", {"options": "slicc"}), ("E6", {"on": "2026-02-30"}),
        ("E6", {"on": "2026-02-01", "half_life_days": "3"}), ("E7", {"on": "2026-02-01"}), ("E6", {"on": 5}),
        ("E10", {"on": "2020", "excepted": "luck", "metastasis": None}), ("E6", {"on": None, "extra": 1}),
        ("E10", {"on": None, "excepted": "skin_bcc_scc", "metastasis": None}), ("E6", {"unknown": False}),
    ],
)  # fmt: skip
def test_what_is_no_answer_to_the_criterion_is_not_read_back(code: str, plain: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_plain(PROTOCOL.criterion(code), plain)


def test_an_answer_to_another_kind_of_criterion_is_refused() -> None:
    with pytest.raises(TypeError, match="does not answer I3"):
        judge(PROTOCOL.criterion("I3"), YesNo(True), ANCHORS)


@settings(deadline=None)
@given(st.integers(1900, 2100), st.integers(1, 12) | st.none(), st.integers(1, 28) | st.none())
def test_a_partial_date_reads_back_as_it_was_written(year: int, month: int | None, day: int | None) -> None:
    partial = PartialDate(year, month, day if month else None)
    assert PartialDate.read(str(partial)) == partial
    assert partial.first <= partial.last
    assert (partial.last - partial.first).days in ((0,) if partial.day else range(27, 366))


def test_on_the_anchor_itself_is_too_recent_and_not_after_it() -> None:
    judged = judge(PROTOCOL.criterion("E8"), _last(BASELINE), ANCHORS)
    assert (judged.outcome, judged.code, judged.facts["days"]) == (NOT_MET, "too_recent", 0)
