"""Two tubes with one label: both are set aside, the second gets an identifier of its own, each names the other."""

import pytest
from time_machine import Traveller

from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import decision, disposal, duplicate, label, specimen, use, verify
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.label_stock import Choice
from specimens.services.signature import Pen
from tests.cast import PASSWORD, Cast
from tests.services.chain import Chain, frozen_vials, in_oslo, now
from tests.tubes import kit_of


@pytest.fixture
def chain(cast: Cast, clock: Traveller) -> Chain:
    return Chain(cast, clock)


def test_both_tubes_are_set_aside_and_each_names_the_other(chain: Chain) -> None:
    cast = chain.cast
    (vial,) = frozen_vials(chain)
    second = duplicate.second_tube(cast.mei, vial.code, note="in the same rack", key="k")
    assert duplicate.second_tube(cast.mei, vial.code, note="in the same rack", key="k") == second
    with pytest.raises(Conflict, match="key_reused"):
        duplicate.second_tube(cast.mei, vial.code, note="elsewhere", key="k")
    known = now(vial)
    assert (known.holds, known.flags) == (("quarantine",), ("identity_in_doubt",))
    assert (second.holds, second.flags) == (("quarantine",), ("extra", "identity_in_doubt"))
    assert second.code != known.code and (second.status, second.kit) == ("received", None)
    assert (second.participant, second.specimen_type, second.container, second.parents) == (
        known.participant, known.specimen_type, known.container, (),
    )  # fmt: skip
    assert second.custodian == cast.mei.station and second.volume_ul is None
    last, first = entries_of(db.session(), Kind.SPECIMEN, known.code)[-1], second.code
    (found,) = entries_of(db.session(), Kind.SPECIMEN, second.code)
    assert (last.act, last.facts["duplicate"], last.reason) == ("quarantined", first, "duplicate_label")
    assert (found.act, found.facts["bore_label_of"]) == ("duplicate_found", known.code)
    assert found.operation == last.operation and found.opened == {"reason": "in the same rack"}
    for one, other in ((known.code, second.code), (second.code, known.code)):
        assert [each.code for each in specimen.get(cast.mei, one).same_label] == [other]
    assert verify.verify().sound


def test_what_was_made_from_the_tube_is_set_aside_with_it(chain: Chain) -> None:
    cast = chain.cast
    first, other, gone = frozen_vials(chain, 3)
    (tube,) = (parent for parent, _ in first.parents)
    use.use_up(cast.mei, gone.code, purpose="test")
    disposal.quarantine(cast.mei, other.code, reason="condition_doubtful")
    second = duplicate.second_tube(cast.mei, tube)
    assert second.level == 0 and second.slot == "SST"
    for each in (tube, first.code, other.code):
        assert now(each).holds == ("quarantine",) and "identity_in_doubt" in now(each).flags, each
    assert now(gone).holds == () and "identity_in_doubt" not in now(gone).flags
    decision.decide(cast.ivo, tube, "release", "collector_verified", pen=Pen(PASSWORD))
    assert [now(each).holds for each in (tube, first.code)] == [(), ()]
    assert now(other).holds == ("quarantine",)  # it was set aside for a reason of its own


def test_the_investigator_decides_about_both_and_the_new_label_is_printed_at_once(chain: Chain) -> None:
    cast = chain.cast
    (vial,) = frozen_vials(chain)
    second = duplicate.second_tube(cast.mei, vial.code)
    found = label.label_set(cast.mei, "specimen", second.code)
    assert label.print_set(cast.mei, found, Choice("roll_33", 300)).codes == (second.code,)
    assert label.confirm(cast.mei, "specimen", second.code, second.code, None).saved
    waiting = {each.specimen.code: each for each in decision.pending(cast.ivo, now_ms())["quarantine"]}
    assert {waiting[code].why for code in (vial.code, second.code)} == {"duplicate_label"}
    decision.decide(cast.ivo, vial.code, "release", "collector_verified", pen=Pen(PASSWORD))
    decision.decide(cast.ivo, second.code, "destroy", "unusable", pen=Pen(PASSWORD))
    assert now(vial).holds == () and now(second).moments["destruction_ordered"]


def test_a_tube_that_is_gone_or_not_drawn_yet_is_flagged_and_the_other_one_set_aside(
    chain: Chain, cast: Cast
) -> None:
    (vial,) = frozen_vials(chain)
    use.use_up(cast.mei, vial.code, purpose="test")
    _, (planned,) = kit_of(cast, cast.nora, 1, collected=False)
    for actor, code in ((cast.mei, vial.code), (cast.nora, planned)):
        status = now(code).status
        second = duplicate.second_tube(actor, code)
        assert (now(code).status, now(code).holds) == (status, ())
        assert "identity_in_doubt" in now(code).flags
        assert entries_of(db.session(), Kind.SPECIMEN, code)[-1].facts["duplicate"] == second.code
        assert second.holds == ("quarantine",)


def test_a_third_tube_with_the_label_gets_an_identifier_of_its_own_too(chain: Chain) -> None:
    (vial,) = frozen_vials(chain)
    made = [duplicate.second_tube(chain.cast.mei, vial.code) for _each in range(2)]
    assert len({vial.code, *(each.code for each in made)}) == 3
    assert len({each.number for each in made}) == 2
    both = specimen.get(chain.cast.mei, vial.code).same_label
    assert [each.code for each in both] == [each.code for each in made]


def test_whoever_may_not_or_cannot_see_it_writes_nothing(chain: Chain) -> None:
    cast = chain.cast
    (vial,) = frozen_vials(chain)
    for actor in (cast.luis, cast.mona, cast.ada):
        with pytest.raises(NotPermitted):
            duplicate.second_tube(actor, vial.code)
    with pytest.raises(NotFound):
        duplicate.second_tube(in_oslo(cast), vial.code)
    with pytest.raises(BadInput) as wrong:
        duplicate.second_tube(cast.mei, vial.code, note="born 12-03-1987")
    assert list(wrong.value.fields) == ["reason_note"]
    assert now(vial).holds == ()
