"""Lots of media and fixatives: written with the procedure, sealed, offered the next time, on both engines."""

import pytest

from specimens.domain.errors import BadInput
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import kit, kit_lots, paper
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.kit_procedure import Procedure
from specimens.services.paper import PaperLine
from specimens.services.verify import verify
from tests.cast import Cast
from tests.history import History
from tests.services.test_paper import sheet


def record(cast: Cast, code: str, **more: object) -> None:
    kit.record_procedure(
        cast.nora, code, body_site="inguinal", side="left", device="14G", performed_by="R. Haak", pieces=8,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def lots(code: str) -> list[str | None]:
    found = entries_of(db.session(), Kind.KIT, code)
    return [each.opened.get("lots") for each in found if each.act == "procedure_recorded"]


def before(cast: Cast, code: str) -> dict[str, list[str]]:
    view = kit.get(cast.nora, code)
    return kit_lots.lately(view.kit.site, kit_lots.asked(view.protocol, view.kit))


def test_the_lots_of_a_kit_are_asked_written_down_and_offered_the_next_time(
    cast: Cast, visit_open: History
) -> None:
    node, synovium = visit_open.kits["lymph_node"], visit_open.kits["synovium"]
    view = kit.get(cast.nora, node)
    wanted = [each.code for each in kit_lots.asked(view.protocol, view.kit)]
    assert wanted == ["rpmi_tube", "oct_mould", "rnalater_tube", "culture_tube", "formalin_pot", "cs10_vial"]
    assert set(before(cast, synovium)["formalin_pot"]) == set()
    kit.begin(cast.nora, node)
    record(
        cast, node, lots={"formalin_pot": " NBF  12, 08/2027 ", "rnalater_tube": "23K118", "oct_mould": ""}
    )
    assert lots(node) == ["RNAlater: 23K118\n10 % neutral buffered formalin: NBF 12, 08/2027"]
    offered = before(cast, synovium)
    assert (offered["formalin_pot"], offered["oct_mould"]) == (["NBF 12, 08/2027"], [])
    record(cast, node, lots={"formalin_pot": "NBF 13"}, correction="typing_error")
    assert before(cast, synovium)["formalin_pot"] == ["NBF 13", "NBF 12, 08/2027"]
    assert verify().sound


def test_without_a_lot_nothing_is_written_and_nothing_is_held_up(cast: Cast, visit_open: History) -> None:
    node = visit_open.kits["lymph_node"]
    kit.begin(cast.nora, node)
    record(cast, node)
    assert lots(node) == [None]


@pytest.mark.parametrize("lot", ["x" * 41, "NBF\x0012", "NBF \u202e12"])
def test_a_lot_that_cannot_be_is_told_at_its_field(cast: Cast, visit_open: History, lot: str) -> None:
    node = visit_open.kits["lymph_node"]
    kit.begin(cast.nora, node)
    with pytest.raises(BadInput) as refused:
        record(cast, node, lots={"formalin_pot": lot})
    assert refused.value.fields == {"lot_formalin_pot": "lot_unusable"}
    assert lots(node) == []


def test_another_site_is_offered_nothing_of_ours(cast: Cast, visit_open: History) -> None:
    node = visit_open.kits["lymph_node"]
    kit.begin(cast.nora, node)
    record(cast, node, lots={"formalin_pot": "NBF 12"})
    view = kit.get(cast.nora, node)
    assert kit_lots.lately("OSL", kit_lots.asked(view.protocol, view.kit))["formalin_pot"] == []


def test_a_paper_sheet_brings_its_lots(cast: Cast, visit_open: History) -> None:
    node = visit_open.kits["lymph_node"]
    tubes = tuple(each.code for each in kit.specimens_of(node))
    done = Procedure("inguinal", "left", "14G", "R. Haak, radiologist", 8, lots={"cs10_vial": "CS10-77"})
    lines = tuple(PaperLine(each, now_ms()) for each in tubes)
    paper.enter(cast.nora, node, sheet(tubes, lines=lines, procedure=done))
    assert lots(node) == ["CryoStor CS10: CS10-77"]
