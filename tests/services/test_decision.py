"""Decisions: quarantine with everything made from it, release, destruction."""

import pytest
from sqlalchemy import func, select

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import consent, decision, disposal, receipt, unlisted
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.record import writing
from specimens.services.scan import specimen_now
from specimens.services.signature import Pen
from tests.cast import PASSWORD, Cast
from tests.services.bags import released
from tests.tubes import kit_of

pytestmark = pytest.mark.usefixtures("clock")


def signatures() -> int:
    return db.session.execute(
        select(func.count(LedgerEntry.id)).where(LedgerEntry.subject_kind == str(Kind.SIGNATURE))
    ).scalar_one()


def at_bench(cast: Cast, count: int = 1) -> list[str]:
    _, tubes = kit_of(cast, cast.nora, count)
    for tube in tubes:
        unlisted.receive_without_release(cast.mei, tube)
    return tubes


def child_of(technician: Actor, *parents: str) -> str:
    """Make a child as the laboratory does: it has the holds and flags of its parents."""
    with writing(technician) as op:
        from_them = [op.load(Kind.SPECIMEN, code) for code in parents]
        first = from_them[0]
        names = (
            "study", "site", "participant", "visit", "kit", "timepoint", "procedure", "slot", "attempt",
            "protocol_version", "container", "custodian_kind", "custodian", "held_site",
        )  # fmt: skip
        facts = {name: getattr(first, name) for name in names} | {
            "specimen_type": "serum",
            "level": 1,
            "derivative": "serum",
            "parents": [[code, 0] for code in parents],
            "holds": sorted({hold for each in from_them for hold in each.holds}),
            "flags": sorted({flag for each in from_them for flag in each.flags}),
        }
        return str(op.create(Kind.SPECIMEN, "derived", facts=facts, study=first.study, site=first.site).code)


def test_a_quarantine_passes_to_everything_that_was_made_from_the_tube(cast: Cast) -> None:
    (tube,) = at_bench(cast)
    child = child_of(cast.mei, tube)
    grandchild = child_of(cast.mei, child)
    disposal.quarantine(cast.mei, tube, reason="identity_doubtful", note="two labels")
    assert [specimen_now(each).holds for each in (tube, child, grandchild)] == [("quarantine",)] * 3
    (waiting,) = decision.pending(cast.ivo, now_ms())["quarantine"]
    assert (waiting.specimen.code, waiting.children, waiting.why) == (tube, 2, "identity_doubtful")
    assert (waiting.note, waiting.by) == ("two labels", "Mei Tan")
    with pytest.raises(Refused, match="already_quarantined"):
        disposal.quarantine(cast.mei, tube, reason="identity_doubtful")


def test_releasing_a_parent_releases_what_waited_only_because_of_it(cast: Cast) -> None:
    first, second = at_bench(cast, 2)
    own = child_of(cast.mei, first)
    pooled = child_of(cast.mei, first, second)
    disposal.quarantine(cast.mei, own, reason="condition_doubtful")
    disposal.quarantine(cast.mei, first, reason="identity_doubtful")
    disposal.quarantine(cast.mei, second, reason="identity_doubtful")
    decision.decide(cast.ivo, first, "release", "collector_verified", pen=Pen(PASSWORD))
    assert specimen_now(first).holds == ()
    assert specimen_now(own).holds == ("quarantine",)  # it was set aside for a reason of its own
    assert specimen_now(pooled).holds == ("quarantine",)  # its other parent still waits
    decision.decide(cast.ivo, second, "release", "collector_verified", pen=Pen(PASSWORD))
    assert specimen_now(pooled).holds == ()


def test_a_child_made_in_quarantine_is_released_with_its_parent(cast: Cast) -> None:
    bag, (tube,) = released(cast, 1)
    receipt.open_receipt(cast.mei, bag.code, condition="intact")
    receipt.receive(cast.mei, bag.code, tube, outcome="quarantined", reason="RM")
    child = child_of(cast.mei, tube)
    assert specimen_now(child).flags == ("identity_in_doubt",)
    decision.decide(
        cast.ivo, tube, "release", "collector_verified", note="Nora identified it", pen=Pen(PASSWORD)
    )
    assert [(specimen_now(each).holds, specimen_now(each).flags) for each in (tube, child)] == [((), ())] * 2


def test_another_reason_leaves_the_doubt_about_identity_on_it(cast: Cast) -> None:
    bag, (tube,) = released(cast, 1)
    receipt.open_receipt(cast.mei, bag.code, condition="intact")
    receipt.receive(cast.mei, bag.code, tube, outcome="quarantined", reason="RM")
    decision.decide(cast.ivo, tube, "release", "no_harm_to_purpose", pen=Pen(PASSWORD))
    assert specimen_now(tube).flags == ("identity_in_doubt",)


def test_destruction_is_ordered_with_the_children_and_waits_for_the_laboratory(cast: Cast) -> None:
    (tube,) = at_bench(cast)
    child = child_of(cast.mei, tube)
    disposal.quarantine(cast.mei, tube, reason="condition_doubtful")
    decision.decide(cast.ivo, tube, "destroy", "unusable", pen=Pen(PASSWORD))
    waiting = decision.pending(cast.ivo, now_ms())
    assert waiting["quarantine"] == ()
    assert [(each.specimen.code, each.children) for each in waiting["ordered"]] == [(tube, 1)]
    assert "destruction_ordered" in specimen_now(child).moments
    with pytest.raises(Refused, match="nothing_to_decide"):
        decision.decide(cast.ivo, tube, "destroy", "unusable", pen=Pen(PASSWORD))


def test_an_excursion_is_judged(cast: Cast) -> None:
    (tube,) = at_bench(cast)
    with writing(cast.mei) as op:
        op.append(Kind.SPECIMEN, tube, "temperature_excursion", reason="TEMP")
    (waiting,) = decision.pending(cast.ivo, now_ms())["excursion"]
    assert waiting.specimen.code == tube
    decision.decide(cast.ivo, tube, "release", "condition_acceptable", pen=Pen(PASSWORD))
    assert specimen_now(tube).holds == ()


@pytest.mark.parametrize("meaning", ["deviation_decided", ""])
def test_the_form_about_an_excursion_that_is_sent_again_is_answered_as_before(
    cast: Cast, meaning: str
) -> None:
    (tube,) = at_bench(cast)
    with writing(cast.mei) as op:
        op.append(Kind.SPECIMEN, tube, "temperature_excursion", reason="TEMP")
    signed = signatures()
    for _twice in range(2):
        done = decision.decide(
            cast.ivo, tube, "release", "condition_acceptable", pen=Pen(PASSWORD, meaning), key="excursion"
        )
        assert done.holds == ()
    assert signatures() == signed + 1
    with pytest.raises(Conflict, match="key_reused"):
        decision.decide(
            cast.ivo, tube, "release", "no_harm_to_purpose", pen=Pen(PASSWORD, meaning), key="excursion"
        )


def test_only_the_investigator_decides_and_needs_a_reason(cast: Cast) -> None:
    (tube,) = at_bench(cast)
    disposal.quarantine(cast.mei, tube, reason="condition_doubtful")
    with pytest.raises(NotPermitted):
        decision.decide(cast.mei, tube, "release", "condition_acceptable", pen=Pen(PASSWORD))
    with pytest.raises(NotPermitted):
        decision.pending(cast.nora, now_ms())
    for how, reason, field in (
        ("forget", "unusable", "how"),
        ("release", "unusable", "reason"),
        ("destroy", "", "reason"),
    ):
        with pytest.raises(BadInput) as error:
            decision.decide(cast.ivo, tube, how, reason, pen=Pen(PASSWORD))
        assert list(error.value.fields) == [field]


def test_what_does_not_wait_cannot_be_decided(cast: Cast) -> None:
    (tube,) = at_bench(cast)
    for how, reason in (("release", "condition_acceptable"), ("destroy", "unusable")):
        with pytest.raises(Refused, match="nothing_to_decide"):
            decision.decide(cast.ivo, tube, how, reason, pen=Pen(PASSWORD))
    _, (foreign,) = kit_of(cast, cast.ola, 1)
    with pytest.raises(NotFound):
        decision.decide(cast.ivo, foreign, "release", "condition_acceptable", pen=Pen(PASSWORD))


def test_many_are_decided_in_one_operation_with_an_entry_and_a_signature_each(cast: Cast) -> None:
    tubes = at_bench(cast, 3)
    for each in tubes:
        disposal.quarantine(cast.mei, each, reason="identity_doubtful")
    child = child_of(cast.mei, tubes[0])
    signed = signatures()
    done = decision.decide_together(
        cast.ivo, tubes, "release", "collector_verified", pen=Pen(PASSWORD), note="all seen", key="k"
    )
    assert [each.code for each in done] == sorted(tubes)
    again = decision.decide_together(
        cast.ivo, tubes, "release", "collector_verified", pen=Pen(PASSWORD), note="all seen", key="k"
    )
    assert again == done
    written = [entries_of(db.session(), Kind.SPECIMEN, code)[-1] for code in (*tubes, child)]
    assert {each.act for each in written} == {"released_from_quarantine"}
    assert len({each.operation for each in written}) == 1
    assert signatures() == signed + 4
    assert all(specimen_now(code).holds == () for code in (*tubes, child))


def test_when_one_of_many_cannot_be_decided_none_is(cast: Cast) -> None:
    tubes = at_bench(cast, 2)
    disposal.quarantine(cast.mei, tubes[0], reason="identity_doubtful")
    with pytest.raises(Refused, match="nothing_to_decide"):
        decision.decide_together(cast.ivo, tubes, "release", "collector_verified", pen=Pen(PASSWORD))
    assert specimen_now(tubes[0]).holds == ("quarantine",)
    with pytest.raises(BadInput) as none:
        decision.decide_together(cast.ivo, [], "release", "collector_verified", pen=Pen(PASSWORD))
    assert none.value.fields == {"specimens": "choose_tubes"}


def test_after_a_withdrawal_with_destroy_the_tubes_wait_for_the_order(cast: Cast) -> None:
    (tube,) = at_bench(cast)
    participant = specimen_now(tube).participant
    with writing(cast.nora) as op:
        facts = {"consent_version": "1.0", "consent_scopes": []}
        op.append(Kind.PARTICIPANT, participant, "consent_recorded", facts=facts)
    consent.withdraw(cast.nora, participant, choice="destroy")
    (waiting,) = decision.pending(cast.ivo, now_ms())["withdrawal"]
    assert waiting.specimen.code == tube
    decision.decide(cast.ivo, tube, "destroy", "consent_withdrawn", pen=Pen(PASSWORD))
    assert decision.pending(cast.ivo, now_ms())["withdrawal"] == ()
