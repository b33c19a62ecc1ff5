"""Printing labels, scanning them back, and reading a photograph, through the pages."""

import re
from io import BytesIO

import pytest
from PIL import Image

from labels.stock import stock
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import label, tenancy
from specimens.services.label_stock import Choice
from tests.cast import PASSWORD
from tests.labels.rendering import pages, scanned
from tests.services.bags import released
from tests.tubes import kit_of
from tests.web.conftest import Web


@pytest.fixture
def kit(web: Web, clock: object) -> tuple[str, list[str]]:
    with web.app.app_context():
        made = kit_of(web.cast, web.cast.nora, 7, collected=False)
        db.session.remove()
    return made


def _sheet(**more: str) -> dict[str, str]:
    return {"stock": "a4_21@300", "start": "", "nonce": "n1", **more}


def test_a_nurse_prints_the_labels_of_a_kit(web: Web, kit: tuple[str, list[str]]) -> None:
    code, tubes = kit
    nora = web.client("nora")
    shown = nora.get(f"/kits/{code}/print").get_data(as_text=True)
    assert "Print the 7 new labels" in shown
    assert "checked" not in shown
    assert all(f"{tube[:4]} {tube[4:]}" in shown for tube in tubes)
    answer = nora.post(f"/kits/{code}/print", data=_sheet(start="3"))
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'inline; filename="labels-{code}.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    (picture,) = pages(answer.data, 300)
    assert set(scanned(picture)) == set(tubes)
    shown = nora.get(f"/kits/{code}/print").get_data(as_text=True)
    assert "Print the ticked labels again" in shown
    assert 'value="a4_21@300" selected' in shown


def test_what_a_kit_was_printed_on_is_offered_first_for_the_next_one_and_after_logging_in_again(
    web: Web, kit: tuple[str, list[str]]
) -> None:
    code, _ = kit
    with web.app.app_context():
        core, _tubes = kit_of(
            web.cast, web.cast.nora, 2, procedure="lymph_node", slot="LN_CRYO", collected=False
        )
        db.session.remove()
    nora = web.by_form("nora")
    assert nora.post(f"/kits/{code}/print", data=_sheet(stock="roll_50@203")).status_code == 200
    assert nora.post(f"/kits/{core}/print", data=_sheet(stock="roll_33@300", nonce="n2")).status_code == 200
    nora.post("/logout")
    nora.post("/login", data={"login": "nora", "password": PASSWORD})
    for kit_code, chosen in ((code, "roll_50@203"), (core, "roll_33@300")):
        assert f'value="{chosen}" selected' in nora.get(f"/kits/{kit_code}/print").get_data(as_text=True)


def test_labels_that_were_peeled_off_a_sheet_are_left_out(web: Web, kit: tuple[str, list[str]]) -> None:
    code, tubes = kit
    nora = web.client("nora")
    shown = nora.get(f"/kits/{code}/print").get_data(as_text=True)
    assert "How the labels of a sheet are counted" in shown
    answer = nora.post(f"/kits/{code}/print", data=_sheet(start="2", used="3, 5-7"))
    (picture,) = pages(answer.data, 300)
    assert set(scanned(picture)) == set(tubes)
    per_mm = 300 / 25.4
    sheet = stock("a4_21")
    bare = []
    for number in range(21):
        x, y = sheet.corner(number)
        cell = tuple(round(edge * per_mm) for edge in (x + 1, y + 1, x + 62, y + 37))
        if picture.crop(cell).getextrema() == (255, 255):
            bare.append(number + 1)
    assert bare == [1, 3, 5, 6, 7, *range(13, 22)]
    again = nora.post(f"/kits/{code}/print", data=_sheet(start="2", used="3, 5-7"))
    assert again.data == answer.data


def test_the_same_form_sent_again_prints_again_and_writes_once(web: Web, kit: tuple[str, list[str]]) -> None:
    code, _ = kit
    first = web.client("nora").post(f"/kits/{code}/print", data=_sheet())
    before = web.entries()
    again = web.client("nora").post(f"/kits/{code}/print", data=_sheet())
    assert again.data == first.data
    assert web.entries() == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"stock": ""}, "Choose one of what is offered"),
        ({"stock": "roll_102@203"}, "Choose one of what is offered"),
        ({"start": "22"}, "labels 1 to 21"),
        ({"start": "0"}, "outside what is possible"),
        ({"start": "two"}, "not a number"),
        ({"used": "four"}, "These are no numbers of labels"),
        ({"used": "9-99"}, "labels 1 to 21"),
        ({"start": "20", "used": "20-21"}, "Every cell of that sheet is used"),
        ({"stock": "roll_50@203", "used": "2"}, "labels 1 to 1."),
    ],
)
def test_a_form_that_is_wrong_is_told_and_keeps_what_was_typed(
    web: Web, kit: tuple[str, list[str]], changes: dict[str, str], told: str
) -> None:
    code, _ = kit
    nora = web.client("nora")
    before = web.entries()
    answer = nora.post(f"/kits/{code}/print", data=_sheet(**changes))
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in shown
    assert "<title>Error:" in shown
    if changes.get("start"):
        assert f'value="{changes["start"]}"' in shown
    assert web.entries() == before


def test_a_label_is_printed_again_only_with_a_reason(web: Web, kit: tuple[str, list[str]]) -> None:
    code, tubes = kit
    nora = web.client("nora")
    nora.post(f"/kits/{code}/print", data=_sheet())
    answer = nora.post(f"/kits/{code}/print", data=_sheet(nonce="n2", again=tubes[0]))
    assert answer.status_code == 422
    assert f'value="{tubes[0]}" checked' in answer.get_data(as_text=True)
    answer = nora.post(f"/kits/{code}/print", data=_sheet(nonce="n3", again=tubes[0], reason="printer_fault"))
    assert answer.mimetype == "application/pdf"
    assert set(scanned(pages(answer.data, 300)[0])) == {tubes[0]}
    assert web.acts("specimen")[-2:] == ["label_retired", "label_printed"]


def test_other_needs_words_and_words_hold_no_birth_date(web: Web, kit: tuple[str, list[str]]) -> None:
    code, tubes = kit
    nora = web.client("nora")
    nora.post(f"/kits/{code}/print", data=_sheet())
    for note, told in (("", "needs an explanation"), ("born 01-02-1980", "birth date")):
        sent = _sheet(nonce=f"n{note}", again=tubes[0], reason="other", reason_note=note)
        answer = nora.post(f"/kits/{code}/print", data=sent)
        assert answer.status_code == 422
        assert told in answer.get_data(as_text=True)


def test_the_sheet_of_a_kit_is_printed(web: Web, kit: tuple[str, list[str]]) -> None:
    code, _ = kit
    answer = web.client("nora").post(f"/kits/{code}/sheet.pdf", data={"nonce": "n1"})
    assert answer.mimetype == "application/pdf"
    assert code in scanned(pages(answer.data, 300)[0])
    assert web.acts("kit")[-1] == "sheet_printed"


def test_labels_are_scanned_back_one_by_one(web: Web, kit: tuple[str, list[str]]) -> None:
    code, tubes = kit
    nora = web.client("nora")
    nora.post(f"/kits/{code}/print", data=_sheet())
    shown = nora.get(f"/kits/{code}/labels").get_data(as_text=True)
    assert "0 of 7" in shown
    for number, tube in enumerate(tubes, start=1):
        answer = nora.post(f"/kits/{code}/labels", data={"scan": tube, "nonce": f"s{number}"})
        assert answer.status_code == 200
        assert 'data-verdict="ok"' in answer.get_data(as_text=True)
    shown = answer.get_data(as_text=True)
    assert "7 of 7" in shown
    assert "Every label counts" in shown
    answer = nora.post(f"/kits/{code}/labels", data={"scan": code, "nonce": "s99"})
    assert 'data-verdict="stop"' in answer.get_data(as_text=True)


def test_a_typed_label_is_marked_as_typed(web: Web, kit: tuple[str, list[str]]) -> None:
    code, tubes = kit
    nora = web.client("nora")
    nora.post(f"/kits/{code}/print", data=_sheet())
    nora.post(f"/kits/{code}/labels", data={"scan": tubes[0].lower(), "typed": "1", "nonce": "s1"})
    with web.app.app_context():
        specimen = tenancy.load(Kind.SPECIMEN, tubes[0], web.cast.nora)
        assert specimen.label_live
        db.session.remove()


def test_a_specimen_has_a_label_page_of_its_own(web: Web, kit: tuple[str, list[str]]) -> None:
    _, tubes = kit
    nora = web.client("nora")
    assert "Print the 1 new label" in nora.get(f"/specimens/{tubes[0]}/label").get_data(as_text=True)
    answer = nora.post(f"/specimens/{tubes[0]}/label", data=_sheet(stock="roll_50@203"))
    assert scanned(pages(answer.data, 203)[0])[0] == tubes[0]
    answer = nora.post(f"/specimens/{tubes[0]}/labels", data={"scan": tubes[0], "nonce": "s"})
    assert 'data-verdict="ok"' in answer.get_data(as_text=True)
    assert "nothing here that needs a label" in nora.get(f"/specimens/{tubes[0]}/children/print").get_data(
        as_text=True
    )


def test_a_bag_and_a_station_are_printed_from_their_pages(web: Web, clock: object) -> None:
    with web.app.app_context():
        transfer, _ = released(web.cast, 2)
        db.session.remove()
    nora = web.client("nora")
    assert "AMS laboratory" in nora.get(f"/transfers/{transfer.code}/label.pdf").get_data(as_text=True)
    answer = nora.post(f"/transfers/{transfer.code}/label.pdf", data=_sheet(stock="roll_102@203"))
    assert set(scanned(pages(answer.data, 203)[0])) == {transfer.code}
    code = web.cast.stations["AMS clinic"]
    adam = web.client("adam")
    assert "AMS clinic" in adam.get(f"/stations/{code}/sheet.pdf").get_data(as_text=True)
    answer = adam.post(f"/stations/{code}/sheet.pdf", data={"nonce": "n"})
    assert code in scanned(pages(answer.data, 300)[0])


@pytest.mark.parametrize("login", ["luis", "mona", "ada", "adam"])
def test_other_roles_find_no_label_pages(web: Web, kit: tuple[str, list[str]], login: str) -> None:
    code, tubes = kit
    client = web.client(login)
    for address in (f"/kits/{code}/print", f"/kits/{code}/labels", f"/specimens/{tubes[0]}/label"):
        assert client.get(address).status_code == 403
    assert client.post(f"/kits/{code}/sheet.pdf").status_code == 403


def test_another_site_finds_nothing(web: Web, kit: tuple[str, list[str]]) -> None:
    code, tubes = kit
    ola = web.client("ola")
    for address in (f"/kits/{code}/print", f"/kits/{code}/labels", f"/specimens/{tubes[0]}/label"):
        assert ola.get(address).status_code == 404
    assert ola.post(f"/kits/{code}/sheet.pdf").status_code == 404


@pytest.mark.parametrize("unknown", ["C4K7N2XD", "nothing", "C4K7N2XD'--"])
def test_what_is_not_there_is_not_found(web: Web, unknown: str) -> None:
    for address in (
        f"/kits/{unknown}/print", f"/kits/{unknown}/labels", f"/specimens/{unknown}/label",
        f"/specimens/{unknown}/children/print", f"/batches/{unknown}/print", f"/storage/{unknown}/label.pdf",
        f"/transfers/{unknown}/label.pdf", f"/stations/{unknown}/sheet.pdf",
    ):  # fmt: skip
        assert web.client("nora").get(address).status_code == 404, address


def test_the_pages_speak_dutch(web: Web, kit: tuple[str, list[str]]) -> None:
    nora = web.client("nora")
    nora.post("/preferences", data={"language": "nl"})
    shown = nora.get(f"/kits/{kit[0]}/print").get_data(as_text=True)
    assert 'lang="nl"' in shown
    assert "A4-vel, 21 etiketten" in shown


def _photo(*codes: str, web: Web) -> BytesIO:
    table = Image.new("L", (1600, 900), 190)
    with web.app.app_context():
        for number, code in enumerate(codes):
            printed = label.specimens_pdf(web.cast.nora, [code], Choice("roll_50", 300))
            table.paste(pages(printed.pdf, 300)[0], (100 + 700 * number, 200))
        db.session.remove()
    out = BytesIO()
    table.save(out, "JPEG")
    out.seek(0)
    return out


def _send(web: Web, photo: BytesIO, login: str = "nora", **more: str) -> str:
    answer = web.client(login).post(
        "/photo", data={"photo": (photo, "photo.jpg"), **more}, content_type="multipart/form-data"
    )
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_a_photograph_of_a_label_leads_on_as_a_scan_would(web: Web, kit: tuple[str, list[str]]) -> None:
    code, tubes = kit
    photo = _photo(tubes[0], web=web).getvalue()
    assert _send(web, BytesIO(photo)) == f"/?scan={tubes[0]}"
    page = f"/kits/{code}/labels"
    assert _send(web, BytesIO(photo), next=f"{page}?type=1&scan=old") == f"{page}?type=1&scan={tubes[0]}"
    assert _send(web, BytesIO(photo), "luis") == f"/?scan={tubes[0]}"


@pytest.mark.parametrize("target", ["//example.org/", "https://example.org/", "/\\example.org", "\t//x"])
def test_a_photograph_leads_nowhere_else(web: Web, kit: tuple[str, list[str]], target: str) -> None:
    _, tubes = kit
    assert _send(web, _photo(tubes[0], web=web), next=target) == f"/?scan={tubes[0]}"


def test_a_photograph_of_two_labels_is_asked_for_again(web: Web, kit: tuple[str, list[str]]) -> None:
    _, tubes = kit
    assert _send(web, _photo(tubes[0], tubes[1], web=web)) == "/"
    shown = re.sub(r"\s+", " ", web.client("nora").get("/").get_data(as_text=True))
    assert "several labels" in shown
    assert f"{tubes[0][:4]} {tubes[0][4:]}" in shown


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (b"", "no picture"),
        (b"no picture at all", "not a picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "not a picture"),
    ],
)
def test_what_is_no_photograph_is_told(web: Web, picture: bytes, told: str) -> None:
    assert _send(web, BytesIO(picture)) == "/"
    assert told in web.client("nora").get("/").get_data(as_text=True)


def test_without_a_file_there_was_no_picture(web: Web) -> None:
    assert web.client("nora").post("/photo").headers["Location"] == "/"
    assert "no picture" in web.client("nora").get("/").get_data(as_text=True)
    assert web.stranger().post("/photo").headers["Location"].startswith("/login")
