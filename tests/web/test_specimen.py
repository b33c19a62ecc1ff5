"""A specimen's page."""

import re

import pytest
import time_machine

from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import correction, undo
from specimens.services.clock import now_ms
from specimens.services.record import writing
from tests.history import History, child_of, collected
from tests.services.chain import Chain, now
from tests.web.conftest import Web


@pytest.fixture
def history(blood_received: History) -> History:
    """Blood collected, released and received."""
    return blood_received


def _text(web: Web, login: str, address: str) -> str:
    answer = web.client(login).get(address)
    assert answer.status_code == 200, answer.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_a_specimen_says_what_it_is_and_where(web: Web, history: History) -> None:
    page = _text(web, "mei", f"/specimens/{history.tubes[0]}")
    code = f"{history.tubes[0][:4]} {history.tubes[0][4:]}"
    for said in (
        code,
        "BEL-001",
        "Custodian AMS laboratory",
        "received",
        "Protocol version",
        "Clocks",
    ):
        assert said in page


def test_a_sprec_code_names_what_was_not_recorded(web: Web, history: History) -> None:
    page = _text(web, "mei", f"/specimens/{history.tubes[-1]}")
    assert (
        "SPREC 3.0 BLD-PAX-X-N-N-N-X Not recorded: time and temperature before the first spin, how it is stored"
        in page
    )


def test_the_timeline_is_in_order_and_says_who_where_and_from_whom_to_whom(
    web: Web, history: History
) -> None:
    page = _text(web, "ada", f"/specimens/{history.tubes[0]}")
    acts = [page.index(f"{act} entry") for act in ("planned", "collected", "released", "accepted")]
    assert acts == sorted(acts)
    assert "Nora de Wit, research nurse · AMS clinic" in page
    assert "Nora de Wit → AMS laboratory" in page


def test_a_specimen_of_another_site_is_not_found(web: Web, history: History) -> None:
    assert web.client("ola").get(f"/specimens/{history.tubes[0]}").status_code == 404
    assert web.client("nora").get("/specimens/C4K7N2XD").status_code == 404
    assert web.client("luis").get(f"/specimens/{history.tubes[0]}").status_code == 403


def test_a_gap_over_the_limit_is_named(web: Web, clock: time_machine.Traveller) -> None:
    with web.app.app_context():
        made = collected(web.cast, clock)
    assert "without an entry" not in _text(web, "nora", f"/specimens/{made.tubes[0]}")
    clock.shift(5 * 3600)
    page = _text(web, "ada", f"/specimens/{made.tubes[0]}")
    assert re.search(
        r"5 h \d+ min without an entry while collected; the limit is 4 h\. Nothing since\.", page
    )


def test_a_correction_is_struck_through_and_linked(
    web: Web, history: History, clock: time_machine.Traveller
) -> None:
    tube = history.tubes[0]
    with web.app.app_context():
        (entry,) = [
            each for each in correction.correctable(web.cast.nora, tube)
            if (each.act, each.field) == ("collected", "happened_at")
        ]  # fmt: skip
        correction.correct(
            web.cast.nora, tube, entry.entry, {"happened_at": entry.value - 60_000}, reason="typing_error"
        )
    page = web.client("ada").get(f"/specimens/{tube}").text
    struck = re.search(r'<li id="entry-(\d+)" class="struck">', page)
    assert struck
    assert re.search(r'<a href="#entry-\d+">Corrected by entry \d+</a>', page)
    assert f'<a href="#entry-{struck[1]}">Corrects entry {struck[1]}</a>' in page
    assert re.search(r"<del>2 Mar 2026 09:\d\d CET</del> → <ins>2 Mar 2026 09:\d\d CET</ins>", page)


def test_an_undone_act_is_struck_through(web: Web, clock: time_machine.Traveller) -> None:
    with web.app.app_context():
        made = collected(web.cast, clock)
        outcome = undo.undo(web.cast.nora, made.tubes[-1], None, reason="wrong_scan")
        assert outcome.verdict == "ok"
    assert "Undone by entry" in web.client("nora").get(f"/specimens/{made.tubes[-1]}").text


def test_the_family_is_shown_both_ways(web: Web, history: History) -> None:
    with web.app.app_context():
        child = child_of(web.cast, history.tubes[0]).code
    assert f'href="/specimens/{child}"' in web.client("mei").get(f"/specimens/{history.tubes[0]}").text
    page = web.client("mei").get(f"/specimens/{child}").text
    assert "parent</span>" in page
    assert f'href="/specimens/{history.tubes[0]}"' in page


def test_a_core_without_node_is_marked_not_evaluable_and_stays(
    web: Web, clock: time_machine.Traveller
) -> None:
    with web.app.app_context():
        core = Chain(web.cast, clock).received("lymph_node")["LN_FLOW"][0].code
        db.session.remove()
    mei, address = web.client("mei"), f"/specimens/{core}/evaluate"
    assert f'href="{address}"' in mei.get(f"/specimens/{core}").text
    assert " checked" not in mei.get(address).text
    assert mei.post(address, data={"evaluable": ""}).status_code == 422
    told = {"evaluable": "no", "reason_note": "fat only", "nonce": "n"}
    for _twice in range(2):
        assert mei.post(address, data=told).status_code == 303
    assert "not evaluable" in mei.get(f"/specimens/{core}").text
    with web.app.app_context():
        marked = now(core)
        db.session.remove()
    assert (marked.flags, marked.status) == (("not_evaluable",), "received")
    assert web.client("ivo").post(address, data={"evaluable": "yes"}).status_code == 303  # a second look
    with web.app.app_context():
        assert now(core).flags == ()
        db.session.remove()
    assert web.acts("specimen").count("evaluated") == 2
    assert web.client("nora").get(address).status_code == 403


def test_a_reason_in_words_is_shown_as_text(web: Web, history: History) -> None:
    tube = history.tubes[0]
    with web.app.app_context(), writing(web.cast.mei) as op:
        op.append(
            Kind.SPECIMEN, tube, "quarantined", reason="other",
            sealed={"reason": "<script>alert(1)</script> ‮ x"}, happened_at=now_ms(),
        )  # fmt: skip
    page = web.client("mei").get(f"/specimens/{tube}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "quarantine" in page


def test_a_laboratory_user_does_not_see_the_group(web: Web, history: History) -> None:
    assert "group" not in _text(web, "mei", f"/specimens/{history.tubes[0]}").lower()


def test_ones_own_last_act_is_taken_back_from_the_page(web: Web, clock: time_machine.Traveller) -> None:
    with web.app.app_context():
        made = collected(web.cast, clock)
    tube = made.tubes[-1]
    assert f"/specimens/{tube}/undo" in web.client("nora").get(f"/specimens/{tube}").text
    assert f"/specimens/{tube}/undo" not in web.client("mei").get(f"/specimens/{tube}").text
    assert web.client("nora").get(f"/specimens/{tube}/undo").status_code == 200
    missing = web.client("nora").post(f"/specimens/{tube}/undo", data={"nonce": "a"})
    assert missing.status_code == 422
    done = web.client("nora").post(f"/specimens/{tube}/undo", data={"nonce": "b", "reason": "wrong_scan"})
    assert done.headers["Location"] == f"/specimens/{tube}"
    assert "Undone by entry 3" in web.client("nora").get(f"/specimens/{tube}").text
    again = web.client("nora").post(f"/specimens/{tube}/undo", data={"nonce": "c", "reason": "wrong_scan"})
    assert again.status_code == 422
    assert web.acts("specimen").count("undone") == 1


def test_another_persons_act_is_not_taken_back(web: Web, clock: time_machine.Traveller) -> None:
    with web.app.app_context():
        made = collected(web.cast, clock)
    answer = web.client("mei").post(
        f"/specimens/{made.tubes[-1]}/undo", data={"nonce": "a", "reason": "wrong_scan"}
    )
    assert answer.status_code == 422
    assert web.client("ada").get(f"/specimens/{made.tubes[-1]}/undo").status_code == 403
    assert "undone" not in web.acts("specimen")
