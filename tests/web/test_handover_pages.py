"""The pages of a handover: the releaser's with the code, and the one that the code opens, without a log-in."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from specimens.domain.identifiers import new_identifier, printed
from specimens.services.scan import specimen_now
from tests.cast import Cast
from tests.services.bags import released
from tests.web.conftest import Web
from tests.web.scanning import Do, doing

pytestmark = pytest.mark.usefixtures("clock")
SIGNED = {"name": "Joris Janszoon", "organisation": "Snel Koeriers", "decision": "all", "nonce": "n1"}


@pytest.fixture
def cast(web: Web) -> Cast:
    return web.cast


@pytest.fixture
def do(web: Web) -> Do:
    return doing(web)


def offered(client: FlaskClient, bag: str, nonce: str = "k") -> str:
    """Let the releaser make a code; return the address that it opens."""
    answer = client.post(f"/transfers/{bag}/handover", data={"nonce": nonce}, follow_redirects=True)
    (link,) = set(re.findall(rf'href="http://[^/"]+(/handover/{bag}/[0-9A-Z]+)"', answer.text))
    return link


def test_the_releaser_sees_the_code_the_link_and_its_qr_code(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast)
    nora = web.client("nora")
    assert "Hand over by one-time code" in nora.get(f"/transfers/{bag.code}").text
    link = offered(nora, bag.code)
    page = nora.get(f"/transfers/{bag.code}/handover").text
    assert printed(link.rsplit("/", 1)[1]) in page and 'class="qr"' in page
    assert offered(nora, bag.code) == link, "Back and the same form again show the same code"
    nils = web.client("nils").get(f"/transfers/{bag.code}/handover").text
    assert link not in nils and "on another screen" in nils


def test_the_page_of_the_code_shows_no_more_than_the_label_of_the_bag(web: Web, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast)
    link = offered(web.client("nora"), bag.code)
    page = web.stranger().get(link)
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    for told in ("Nora de Wit", "Amsterdam", "AMS laboratory", bag.list_hash[:16], *map(printed, tubes)):
        assert told in page.text
    tube = do(specimen_now, tubes[0])
    for hidden in (
        tube.participant,
        printed(tube.participant),
        tube.visit,
        tube.kit,
        "belimumab",
        "Belimumab",
        tube.slot,
    ):
        assert hidden not in page.text
    assert " checked" not in page.text and " selected" not in page.text
    assert "<script" not in page.text.replace('<script src="/static/scan.js', "")


def test_the_page_shows_nothing_of_whoever_is_logged_in_on_that_screen(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast)
    nora = web.client("nora")
    page = nora.get(offered(nora, bag.code)).text
    assert 'href="/today"' not in page and "Log out" not in page


def test_a_stranger_signs_and_back_refresh_and_a_second_press_change_nothing(
    web: Web, cast: Cast, do: Do
) -> None:
    bag, tubes = do(released, cast)
    link = offered(web.client("nora"), bag.code)
    phone = web.stranger()
    answer = phone.post(link, data=SIGNED)
    assert answer.status_code == 303
    entries = len(web.acts())
    assert "Signed at" in phone.get(link).text
    assert phone.post(link, data=SIGNED).status_code == 303
    again = phone.post(
        link, data={**SIGNED, "nonce": "n2", "decision": "none", "reason": "condition_doubtful"}
    )
    assert again.status_code == 422 and "was signed for already" in again.text
    assert len(web.acts()) == entries
    assert do(specimen_now, tubes[0]).status == "in_transit"
    page = web.client("mei").get(f"/transfers/{bag.code}").text
    assert "Joris Janszoon, Snel Koeriers" in page and "without an account" in page
    assert "signs the list with hash" in page


def test_part_of_it_is_taken_and_the_page_says_what_stays(web: Web, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast)
    link = offered(web.client("nora"), bag.code)
    phone = web.stranger()
    sent = {**SIGNED, "decision": "some", "reason": "condition_doubtful", "taken": tubes[:1]}
    assert phone.post(link, data=sent).status_code == 303
    page = phone.get(link).text
    assert "you took 1 tube" in page and printed(tubes[1]) in page
    shown = web.client("nora").get(f"/transfers/{bag.code}").text
    assert "stayed with the releaser" in shown


def test_what_is_wrong_is_told_and_nothing_typed_is_lost(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast)
    link = offered(web.client("nora"), bag.code)
    sent = {"name": "<b>Joris</b>", "organisation": "", "decision": "all"}
    answer = web.stranger().post(link, data=sent)
    assert answer.status_code == 422 and "<title>Error:" in answer.text
    assert "<b>Joris" not in answer.text and "&lt;b&gt;Joris" in answer.text
    assert web.stranger().post(link, data={**sent, "name": "x" * 10_000}).status_code == 422


def test_markup_in_a_name_is_text_wherever_it_is_shown(web: Web, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast)
    link = offered(web.client("nora"), bag.code)
    name = '<img src=x onerror="alert(1)">'
    assert web.stranger().post(link, data={**SIGNED, "name": name}).status_code == 303
    for address in (
        f"/transfers/{bag.code}",
        f"/specimens/{tubes[0]}",
        "/transfers",
        f"/audit/specimen/{tubes[0]}",
    ):
        page = web.client("ivo").get(address).text
        assert "<img src=x" not in page, address
    assert name in unescape(web.client("ivo").get(f"/transfers/{bag.code}").text)
    assert web.client("mei").get(f"/transfers/{bag.code}/manifest.pdf").data.startswith(b"%PDF")


def test_a_wrong_code_a_wrong_list_and_a_code_of_another_list_are_one_answer(
    web: Web, cast: Cast, do: Do
) -> None:
    bag, _ = do(released, cast, 1)
    other, _ = do(released, cast, 1)
    code = offered(web.client("nora"), bag.code).rsplit("/", 1)[1]
    offered(web.client("nora"), other.code, "k2")
    answers = [
        web.stranger().get(f"/handover/{listed}/{typed}", environ_base={"REMOTE_ADDR": f"10.0.0.{number}"})
        for number, (listed, typed) in enumerate(
            [(bag.code, new_identifier()), (other.code, code), ("C4K7N2XD", code), ("x" * 3000, code)]
        )
    ]
    assert {each.status_code for each in answers} == {404}
    told = {re.search(r"<h1[^>]*>(.+)</h1>", each.text).group(1) for each in answers}  # type: ignore[union-attr]
    assert len(told) == 1


def test_after_several_wrong_codes_the_next_one_waits(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast, 1)
    link = offered(web.client("nora"), bag.code)
    phone = web.stranger()
    seen = [phone.get(f"/handover/{bag.code}/{new_identifier()}").status_code for _ in range(5)]
    assert 404 in seen and seen[-1] == 429
    answer = phone.get(link)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0


def test_a_code_that_was_closed_says_so(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast, 1)
    nora = web.client("nora")
    link = offered(nora, bag.code)
    assert (
        nora.post(f"/transfers/{bag.code}/handover", data={"act": "withdraw", "nonce": "w"}).status_code
        == 303
    )
    assert web.stranger().get(link).status_code == 410


def test_without_a_link_the_list_and_the_code_are_typed(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast, 1)
    code = offered(web.client("nora"), bag.code).rsplit("/", 1)[1]
    phone = web.stranger()
    assert phone.get("/handover").status_code == 200
    wrong = phone.post("/handover", data={"transfer": bag.code, "code": "12345678"})
    assert wrong.status_code == 422 and "A letter or digit is wrong there" in wrong.text
    found = phone.post("/handover", data={"transfer": printed(bag.code).lower(), "code": printed(code)})
    assert found.location == f"/handover/{bag.code}/{code}"


def test_the_form_is_protected_against_forgery(web: Web, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast, 1)
    link = offered(web.client("nora"), bag.code)
    web.protect()
    assert web.stranger().post(link, data=SIGNED).status_code == 400
    assert do(specimen_now, tubes[0]).status == "released"


def test_the_page_speaks_dutch(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast, 1)
    link = offered(web.client("nora"), bag.code)
    page = web.stranger().get(link, headers={"Accept-Language": "nl"}).text
    assert 'lang="nl"' in page and "Wat neemt u mee?" in page


def test_the_custody_report_names_who_signed_to_those_who_read_texts(web: Web, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast, 1)
    link = offered(web.client("nora"), bag.code)
    web.stranger().post(link, data=SIGNED)
    sent = {"code": tubes[0]}
    assert "Joris Janszoon" in web.client("mei").post("/reports/custody.csv", data=sent).text
    mona = web.client("mona").post("/reports/custody.csv", data=sent).text
    assert "Joris" not in mona, [line for line in mona.splitlines() if "Joris" in line]
    assert '"outside"' in mona
