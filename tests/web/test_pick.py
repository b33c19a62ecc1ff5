"""Pick lists in the browser: from the search to the last scan, by scanning alone and with ticks."""

from itertools import count

import pytest
from time_machine import Traveller

from specimens.domain.identifiers import COMMAND_CODES
from specimens.services import storage
from tests.services.chain import Chain, frozen_vials, now, unit
from tests.web.conftest import Web
from tests.web.scanning import doing

_NONCES = count(1)


@pytest.fixture
def vials(web: Web, clock: Traveller) -> list[str]:
    """Three vials of serum in a box of a freezer."""
    with web.app.app_context():
        chain = Chain(web.cast, clock)
        box = unit(name="B07", parent=unit("freezer", name="F3"))
        made = [each.code for each in frozen_vials(chain, 3)]
        for vial in made:
            assert storage.put(web.cast.mei, box, vial).saved
    return made


def _made(web: Web, codes: list[str]) -> str:
    sent = {"specimens": "\n".join(codes), "reason": "analysis", "nonce": f"n{next(_NONCES)}"}
    answer = web.client("mei").post("/picks/new", data=sent)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def _scan(web: Web, page: str, code: str, **more: str) -> str:
    answer = web.client("mei").post(page, data={"scan": code, "nonce": f"n{next(_NONCES)}", **more})
    assert answer.status_code == 200
    return answer.text


def test_a_list_is_made_from_a_search_and_scanned_out_by_scanning_alone(web: Web, vials: list[str]) -> None:
    mei = web.client("mei")
    found = mei.get("/search?status=stored").text
    assert all(f'name="specimen" value="{vial}"' in found for vial in vials)
    assert 'form="pick-form"' not in web.client("nora").get("/search?status=stored").text
    ticked = mei.get(f"/picks/new?specimen={vials[0]}&specimen={vials[1]}&specimen=nonsense").text
    assert (
        f"{vials[0][:4]} {vials[0][4:]}" in ticked
        and ">nonsense" not in ticked
        and "\nnonsense" not in ticked
    )
    page = _made(web, vials[:2])
    assert mei.post("/", data={"scan": page.rsplit("/", 1)[1], "nonce": "x"}).location == page
    shown = mei.get(page).text
    assert "F3 › B07" in shown and "2 tubes outstanding" in shown
    assert page.rsplit("/", 1)[1] in mei.get("/picks").text
    taken = _scan(web, page, vials[0])
    assert 'data-verdict="ok"' in taken and "<strong>1 of 2</strong>" in taken
    wrong = _scan(web, page, vials[2])
    assert 'data-verdict="stop"' in wrong and "not on this list" in wrong
    assert "refused since" in _scan(web, page, vials[1], held="1")
    _scan(web, page, COMMAND_CODES["ACKNOWLEDGE"], held="2")
    assert 'name="pending" value="undo"' in _scan(web, page, COMMAND_CODES["UNDO"])
    assert "Why?" in _scan(web, page, vials[0], pending="undo")
    assert "2 tubes outstanding" in _scan(web, page, vials[0], pending="undo", reason="wrong_scan")
    assert 'data-verdict="check"' in _scan(web, page, COMMAND_CODES["FINISH"])
    _scan(web, page, vials[0])
    _scan(web, page, vials[1])
    assert "The list is finished: 2 of 2" in _scan(web, page, COMMAND_CODES["FINISH"])
    assert doing(web)(now, vials[1]).status == "retrieved"
    sheet = mei.get(f"{page}/sheet.pdf")
    assert sheet.mimetype == "application/pdf" and sheet.data.startswith(b"%PDF")


def test_tubes_that_are_not_taken_get_their_outcome_with_ticks(web: Web, vials: list[str]) -> None:
    page = _made(web, vials)
    mei = web.client("mei")
    wrong = mei.post(f"{page}/outcome", data={"specimens": vials[0], "why": "line_taken x", "nonce": "a"})
    assert wrong.status_code == 422
    told = {"specimens": vials[:2], "why": "line_not_there well_empty", "nonce": "b"}
    assert mei.post(f"{page}/outcome", data=told).status_code == 303
    early = mei.post(f"{page}/finish", data={"nonce": "c"})
    assert early.status_code == 422 and "have no outcome" in early.text
    mei.post(
        f"{page}/outcome", data={"specimens": vials[2], "why": "line_left no_longer_needed", "nonce": "d"}
    )
    done = mei.post(f"{page}/finish", data={"nonce": "e"}, follow_redirects=True).text
    assert "not there" in done and "left where it is" in done and "finished" in done
    assert "Finished lately" in mei.get("/picks").text


def test_a_list_that_cannot_be_made_keeps_what_was_typed_and_names_what_is_wrong(
    web: Web, vials: list[str]
) -> None:
    mei = web.client("mei")
    for typed, said in (
        (f"{vials[0]}\nC4K7N2XF", "This is no identifier: C4K7 N2XF"),
        (f"{vials[0]}\nC4K7N2XD", "Not known here: C4K7 N2XD"),
        ("", "No specimen is named"),
    ):
        answer = mei.post("/picks/new", data={"specimens": typed, "reason": "analysis", "nonce": typed})
        assert answer.status_code == 422 and said in answer.text
        assert vials[0] in answer.text or not typed
    answer = mei.post("/picks/new", data={"specimens": vials[0], "reason": "", "nonce": "x"})
    assert answer.status_code == 422 and 'id="reason-error"' in answer.text
