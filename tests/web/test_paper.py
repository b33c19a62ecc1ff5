"""Downtime and corrections, page by page."""

import re
from secrets import token_hex
from typing import Any

import pytest
import time_machine

from specimens.models.base import db
from specimens.services import kit, paper
from tests.cast import PASSWORD
from tests.history import History, collected
from tests.web.conftest import Web


@pytest.fixture
def made(visit_open: History, clock: time_machine.Traveller) -> History:
    """A baseline visit that was open when the system went down; it is entered two days later."""
    clock.shift(2 * 86_400)
    return visit_open


def sheet(made: History, **changes: Any) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "kit": made.kits["blood"], "original": "binder 3", "why": "system_down", "identity": "yes",
        "operator": "nurse", "performed_by": "Nils Bakker", "taken_day": "2", "taken_month": "3",
        "taken_year": "2026", "nonce": token_hex(4),
    }  # fmt: skip
    for number, tube in enumerate(made.tubes[:-1]):
        sent |= {f"at_{tube}_hour": "10", f"at_{tube}_minute": f"{number:02d}"}
    return sent | {f"why_{made.tubes[-1]}": "no_vein"} | changes


def test_the_page_asks_for_the_kit_then_for_every_tube_and_fills_in_nothing(web: Web, made: History) -> None:
    nora = web.client("nora")
    page = nora.get(f"/visits/{made.visit}/paper").text
    assert all(f"kit={code}" in page for code in made.kits.values())
    page = nora.get(f"/visits/{made.visit}/paper?kit={made.kits['blood']}").text
    assert all(f'name="at_{tube}_hour"' in page for tube in made.tubes)
    assert " checked>" not in page
    assert " selected>" not in page
    assert nora.get(f"/visits/{made.visit}/paper?kit=C4K7N2XD").status_code == 200


def test_a_sheet_is_entered_and_a_second_person_checks_it(web: Web, made: History) -> None:
    nora = web.client("nora")
    sent = sheet(made)
    for _twice in range(2):
        answer = nora.post(f"/visits/{made.visit}/paper", data=sent)
        assert answer.location == f"/visits/{made.visit}/paper/check"
    assert web.acts("specimen").count("collected") == 6
    page = nora.get(answer.location).text
    assert "Ask a colleague" in page
    assert "binder 3" in page
    assert "2 Mar 2026 10:00 CET" in page
    answer = nora.post(
        f"/visits/{made.visit}/paper/check", data={"same": "yes", "password": PASSWORD, "nonce": "1"}
    )
    assert answer.status_code == 422
    nils = web.client("nils")
    page = nils.get(f"/visits/{made.visit}/paper/check").text
    assert " checked>" not in page
    assert nils.post(f"/visits/{made.visit}/paper/check", data={"nonce": "2"}).status_code == 422
    answer = nils.post(
        f"/visits/{made.visit}/paper/check", data={"same": "yes", "password": PASSWORD, "nonce": "3"}
    )
    assert answer.location == f"/visits/{made.visit}"
    page = nils.get(answer.location).text
    assert "checked by Nils Bakker" in page
    assert "entered from paper" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"original": ""}, {"why": ""}, {"identity": ""}, {"operator": "surgeon"}, {"performed_by": ""},
        {"taken_day": "31", "taken_month": "2"}, {"taken_year": "2019"}, {"taken_day": "5"}, {"taken_day": ""},
        {"original": "x" * 10_000}, {"performed_by": "A\x01B"},
    ],
)  # fmt: skip
def test_anything_wrong_saves_nothing_and_keeps_what_was_typed(
    web: Web, made: History, changes: dict[str, str]
) -> None:
    before = web.entries()
    answer = web.client("nora").post(f"/visits/{made.visit}/paper", data=sheet(made, **changes))
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert re.search(rf'name="at_{made.tubes[3]}_minute"[^>]*value="03"', answer.text)
    assert web.entries() <= before + 1  # at most the log-in


def test_one_line_without_an_outcome_saves_nothing_and_is_named(web: Web, made: History) -> None:
    tube = made.tubes[2]
    answer = web.client("nora").post(
        f"/visits/{made.visit}/paper", data=sheet(made, **{f"at_{tube}_hour": "", f"at_{tube}_minute": ""})
    )
    assert answer.status_code == 422
    assert f'href="#at_{tube}"' in answer.text
    assert f'id="at_{tube}"' in answer.text
    assert "collected" not in web.acts("specimen")


def test_a_hand_made_line_for_another_tube_is_ignored(web: Web, made: History) -> None:
    with web.app.app_context():
        other = kit.specimens_of(made.kits["synovium"])[0].code
        db.session.remove()
    answer = web.client("nora").post(
        f"/visits/{made.visit}/paper",
        data=sheet(made, **{f"at_{other}_hour": "10", f"at_{other}_minute": "00"}),
    )
    assert answer.status_code == 303
    with web.app.app_context():
        assert len(paper.awaited(made.kits["synovium"])) == 7


def test_tissue_is_entered_with_its_procedure(web: Web, made: History) -> None:
    code = made.kits["lymph_node"]
    with web.app.app_context():
        tubes = [each.code for each in kit.specimens_of(code)]
        db.session.remove()
    sent = sheet(made, kit=code, operator="radiologist", place="inguinal:left", pieces="4", device="14G")
    for tube in tubes[:2]:
        sent |= {f"at_{tube}_hour": "11", f"at_{tube}_minute": "05"}
    answer = web.client("nora").post(f"/visits/{made.visit}/paper", data=sent)
    assert answer.status_code == 303, answer.text
    with web.app.app_context():
        assert [each.status for each in kit.specimens_of(code)] == ["collected"] * 2 + ["not_collected"] * 4


# ------------------------------------------------------------------------------------------------- corrections


@pytest.fixture
def taken(web: Web, clock: time_machine.Traveller) -> History:
    """The blood of a baseline visit, collected."""
    with web.app.app_context():
        done = collected(web.cast, clock)
        db.session.remove()
    return done


def correctable(web: Web, code: str, field: str) -> str:
    page = web.client("nora").get(f"/specimens/{code}/correct").text
    found = re.search(rf'href="(/specimens/{code}/correct\?[^"]*field={field})"', page)
    assert found, page
    return found.group(1).replace("&amp;", "&")


def test_a_time_of_collection_is_corrected_with_a_reason(web: Web, taken: History) -> None:
    nora, code = web.client("nora"), taken.tubes[0]
    address = correctable(web, code, "happened_at")
    assert "Nora de Wit" in nora.get(address).text
    asked = dict(part.split("=") for part in address.split("?")[1].split("&"))
    told = {
        "happened_day": "2", "happened_month": "3", "happened_year": "2026", "happened_hour": "9",
        "happened_minute": "01",
    }  # fmt: skip
    answer = nora.post(f"/specimens/{code}/correct", data={**asked, **told, "nonce": "1"})
    assert answer.status_code == 422
    assert 'value="01"' in answer.text
    sent = {**asked, **told, "reason": "typing_error", "nonce": "2"}
    for _twice in range(2):
        assert nora.post(f"/specimens/{code}/correct", data=sent).status_code == 303
    assert web.acts("specimen").count("corrected") == 1
    assert "2 Mar 2026 09:01 CET" in nora.get(f"/specimens/{code}/correct").text


def test_a_container_is_corrected(web: Web, taken: History) -> None:
    nora, code = web.client("nora"), taken.tubes[0]
    asked = dict(part.split("=") for part in correctable(web, code, "container").split("?")[1].split("&"))
    sent = {**asked, "reason": "typing_error", "nonce": "1"}
    assert nora.post(f"/specimens/{code}/correct", data={**sent, "value": "bucket"}).status_code == 422
    assert nora.post(f"/specimens/{code}/correct", data={**sent, "value": "serum_clot"}).status_code == 303
    assert "clot activator" in nora.get(f"/specimens/{code}/correct").text


def test_an_entry_that_is_not_there_is_not_found(web: Web, taken: History) -> None:
    nora, code = web.client("nora"), taken.tubes[0]
    assert nora.get(f"/specimens/{code}/correct?entry=x&field=happened_at").status_code == 404
    assert nora.get(f"/specimens/{code}/correct?entry=x&field=custodian").status_code == 404


def test_a_planned_tube_has_nothing_to_correct(web: Web, made: History) -> None:
    page = web.client("nora").get(f"/specimens/{made.tubes[0]}/correct").text
    assert "Nothing of this specimen can be corrected" in page


def test_another_visit_needs_a_reason_and_a_second_person_who_proves_it(web: Web, taken: History) -> None:
    nora, code = web.client("nora"), taken.tubes[0]
    assert "no other visit" in nora.get(f"/specimens/{code}/reassign").text
    with web.app.app_context():
        from specimens.services import visit

        other = visit.open_visit(
            web.cast.nora, taken.participant, "UNS", reason="flare", procedures=("blood",)
        ).visit.code
        db.session.remove()
    page = nora.get(f"/specimens/{code}/reassign").text
    assert "Unscheduled" in page
    sent = {
        "visit": other,
        "reason": "wrong_timepoint",
        "witness": "nils",
        "password": PASSWORD,
        "nonce": "1",
    }
    for changes in (
        {"password": "no"},
        {"witness": "nora"},
        {"witness": ""},
        {"visit": "C4K7N2XD"},
        {"reason": ""},
    ):
        answer = nora.post(f"/specimens/{code}/reassign", data={**sent, **changes, "nonce": token_hex(4)})
        assert answer.status_code == 422, changes
        assert PASSWORD not in answer.text
    for _twice in range(2):
        assert nora.post(f"/specimens/{code}/reassign", data=sent).status_code == 303
    assert web.acts("specimen").count("reassigned") == 1
    with web.app.app_context():
        from specimens.services import correction

        assert correction.subject(web.cast.nora, code).visit == other


def test_the_witness_page_answers_no_other_role(web: Web, taken: History) -> None:
    for login in ("mona", "ada", "luis", "adam"):
        assert web.client(login).get(f"/specimens/{taken.tubes[0]}/reassign").status_code == 403
        assert web.client(login).get(f"/specimens/{taken.tubes[0]}/correct").status_code == 403


def test_a_sheet_of_tissue_says_the_minutes_and_the_lots(web: Web, made: History) -> None:
    nora, code = web.client("nora"), made.kits["lymph_node"]
    page = nora.get(f"/visits/{made.visit}/paper?kit={code}").text
    assert page.count('maxlength="4" autocomplete="off" value=""') >= 8
    assert page.count("Number of the lot") == 6
    with web.app.app_context():
        tubes = {each.slot: each.code for each in kit.specimens_of(code)}
        db.session.remove()
    sent = sheet(made) | {
        "kit": code, "operator": "radiologist", "performed_by": "R. Haak", "place": "inguinal:left", "pieces": "8",
        "lot_formalin_pot": "NBF 1", "lot_formalin_pot_month": "1", "lot_formalin_pot_year": "2026",
    }  # fmt: skip
    sent = {name: said for name, said in sent.items() if not name.startswith(("at_", "why_"))}
    for slot, tube in tubes.items():
        sent |= {f"at_{tube}_hour": "10", f"at_{tube}_minute": "30"}
        sent |= {f"medium_{tube}": "9"} if slot == "LN_RNA" else {}
    wrong = nora.post(f"/visits/{made.visit}/paper", data={**sent, f"medium_{tubes['LN_RNA']}": "soon"})
    assert wrong.status_code == 422
    assert f"at_{tubes['LN_RNA']}-error" in wrong.text and 'value="soon"' in wrong.text
    answer = nora.post(f"/visits/{made.visit}/paper", data=sent, follow_redirects=True)
    assert "formalin had expired: its tubes are flagged." in answer.text
    assert "in its medium after 9 min" in nora.get(f"/specimens/{tubes['LN_RNA']}").text
    assert "NBF 1, expires 01/2026" in nora.get(f"/specimens/{tubes['LN_FFPE']}").text
