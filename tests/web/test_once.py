"""The main job by its forms, each of them sent three times: a double click, a refresh, and Back ten minutes later.

Every form is taken from the page as a browser gets it, with the nonce that stands in it.
"""

import re

import pytest
from flask.testing import FlaskClient
from time_machine import Traveller
from werkzeug.test import TestResponse

from specimens.domain.identifiers import COMMAND_CODES
from specimens.models.base import db
from specimens.services import batch_view, processing, receipt, transfer
from specimens.services.scan import specimen_now
from tests.forms import form_at, send
from tests.history import opened, released
from tests.services.chain import unit
from tests.tubes import kit_of
from tests.web.conftest import Web


class Walk:
    """Sends each form three times and holds that the second and third answer as the first and write nothing."""

    def __init__(self, web: Web, clock: Traveller) -> None:
        self.web, self.clock = web, clock
        self.sent: list[str] = []

    def page(self, client: FlaskClient, address: str) -> TestResponse:
        """Open a page."""
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer

    def once(
        self, client: FlaskClient, page: TestResponse, action: str, **said: str | list[str]
    ) -> TestResponse:
        """Fill in the form of a page and send it; then send the same again, twice. It has to write something."""
        form = form_at(page, action)
        before = self.web.entries()
        first = send(client, form, **said)
        written = self.web.entries()
        assert first.status_code in (200, 303), (action, first.status_code, _wrong(first))
        assert written > before, action
        for later in (0, 600):
            self.clock.shift(later)
            again = send(client, form, **said)
            assert _told(again) == _told(first), action
            assert self.web.entries() == written, f"{action} wrote twice"
        self.sent.append(action)
        self.clock.shift(1)
        return first


def _told(answer: TestResponse) -> tuple[object, ...]:
    """What somebody would see: the status, where it leads, the verdict and its sentence."""
    if answer.mimetype != "text/html":
        return answer.status_code, answer.data
    verdict = re.search(r'<section class="verdict.*?</section>', answer.text, re.S)
    said = re.sub(r'value="[^"]*"', "", verdict[0]) if verdict else ""
    return answer.status_code, answer.headers.get("Location"), said


def _wrong(answer: TestResponse) -> str:
    found = re.findall(r'class="(?:errors|wrong|verdict-said)".*?</(?:div|p)>', answer.text, re.S)
    return " ".join(found) or answer.text[-1500:]


@pytest.fixture
def walk(web: Web, clock: Traveller) -> Walk:
    """Begin a walk."""
    return Walk(web, clock)


def test_everything_from_the_kit_to_the_release_is_one_event_however_often_it_is_sent(
    walk: Walk,
    web: Web,
    clock: Traveller,
) -> None:
    with web.app.app_context():
        made = opened(web.cast, clock)
        db.session.remove()
    nora, blood = web.client("nora"), made.kits["blood"]
    collecting = walk.page(nora, f"/kits/{blood}/collect")
    page = walk.once(nora, collecting, f"/kits/{blood}/scan", scan=COMMAND_CODES["IDENTITY"])
    for tube in made.tubes[:-1]:
        page = walk.once(nora, walk.page(nora, f"/kits/{blood}/collect"), f"/kits/{blood}/scan", scan=tube)
        assert 'data-verdict="ok"' in page.text
    stopping = walk.page(nora, f"/kits/{blood}/stop")
    walk.once(
        nora, stopping, f"/kits/{blood}/stop", reason=_offered(stopping, f"/kits/{blood}/stop", "reason")
    )
    checking = f"/visits/{made.visit}/check"
    walk.once(nora, walk.page(nora, checking), checking)
    releasing = walk.page(nora, f"/transfers/new?kit={blood}")
    told = {
        "to": f"station:{web.cast.stations['AMS laboratory']}",
        "count": "6",
        "transport": "by_hand",
        "temperature": "room",
    }
    walk.once(nora, releasing, f"/transfers/new?kit={blood}", **told)
    assert web.acts("specimen").count("collected") == web.acts("specimen").count("released") == 6


def test_a_list_that_is_packed_tube_by_tube_is_one_list(walk: Walk, web: Web) -> None:
    with web.app.app_context():
        _kit, tubes = kit_of(web.cast, web.cast.nora, 3)
        db.session.remove()
    nora = web.client("nora")
    to = f"station:{web.cast.stations['AMS laboratory']}"
    listed = walk.once(nora, walk.page(nora, "/transfers/new"), "/transfers/new", to=to).headers["Location"]
    for tube in tubes:
        assert 'data-verdict="ok"' in walk.once(nora, walk.page(nora, listed), listed, scan=tube).text
    sealing = walk.page(nora, f"{listed}/seal")
    walk.once(nora, sealing, f"{listed}/seal", count="3", transport="by_hand", temperature="room")
    walk.once(nora, walk.page(nora, listed), f"{listed}/unseal")
    sealing = walk.page(nora, f"{listed}/seal")
    walk.once(nora, sealing, f"{listed}/seal", count="3", transport="by_hand", temperature="room")
    walk.once(nora, walk.page(nora, listed), f"{listed}/release")
    back = walk.page(nora, f"{listed}/recall")
    walk.once(nora, back, f"{listed}/recall", reason=_offered(back, f"{listed}/recall", "reason"))
    assert web.acts("specimen").count("recalled") == 3


def test_everything_at_the_bench_is_one_event_however_often_it_is_sent(
    walk: Walk,
    web: Web,
    clock: Traveller,
) -> None:
    with web.app.app_context():
        made = released(web.cast, clock)
        box = unit()
        db.session.remove()
    mei, listed = web.client("mei"), f"/transfers/{made.transfer}/receipt"
    walk.once(mei, walk.page(mei, listed), f"{listed}/open", condition="intact", temperature="21")
    for tube in made.tubes[1:]:
        assert 'data-verdict="ok"' in walk.once(mei, walk.page(mei, listed), listed, scan=tube).text
    walk.once(mei, walk.page(mei, listed), f"{listed}/missing", specimens=[made.tubes[0]])
    walk.once(mei, walk.page(mei, listed), f"{listed}/finish")
    with web.app.app_context():
        slots = {each: specimen_now(each).slot for each in made.tubes}
        db.session.remove()
    plasma = next(each for each, slot in slots.items() if slot == "EDTA")
    heparin = [each for each, slot in slots.items() if slot == "HEP"]
    batch = walk.once(mei, walk.page(mei, "/batches"), "/batches", name="plasma").headers["Location"]
    for tube in (plasma, *heparin):
        assert 'data-verdict="ok"' in walk.once(mei, walk.page(mei, batch), batch, scan=tube).text
    spin = {
        "force_g": "2000",
        "temperature_tenths_c": "20",
        "minutes": "10",
        "kept_tenths_c": "21",
        "brake": "yes",
    }
    spinning = walk.page(mei, f"{batch}/steps/spun")
    walk.once(mei, spinning, f"{batch}/steps/spun", groups=["slot-EDTA"], **spin)
    pooling = f"{batch}/pool/{made.kits['blood']}"
    walk.once(
        mei, walk.page(mei, pooling), pooling, volume="9000", **{f"tube_{each}": "pour" for each in heparin}
    )
    making = f"{batch}/derive/plasma"
    told = {f"count_{plasma}": "3", "volume": "500", "left": "none"}
    walk.once(mei, walk.page(mei, making), making, **told)
    assert web.acts("specimen").count("derived") == 1 + 3  # the suspension, and the vials
    with web.app.app_context():
        vials = [
            each.specimen.code
            for each in batch_view.work(web.cast.mei, batch.split("/")[-1]).tubes
            if each.specimen.derivative == "plasma"
        ]
        db.session.remove()
    printing = walk.page(mei, f"{batch}/print")
    walk.once(mei, printing, f"{batch}/print", stock="roll_33@300")
    for vial in vials:
        page = walk.once(mei, walk.page(mei, f"{batch}/labels"), f"{batch}/labels", scan=vial)
        assert 'data-verdict="ok"' in page.text
    freezing = walk.page(mei, f"{batch}/steps/frozen")
    walk.once(mei, freezing, f"{batch}/steps/frozen", groups=["child-plasma"], temperature_tenths_c="-80")
    for vial in vials:
        page = walk.once(mei, walk.page(mei, f"/boxes/{box}"), f"/boxes/{box}", scan=vial)
        assert 'data-verdict="ok"' in page.text
    walk.once(mei, walk.page(mei, batch), f"{batch}/close")
    taking = walk.page(mei, "/storage/retrieve?reason=analysis")
    assert 'data-verdict="ok"' in walk.once(mei, taking, "/storage/retrieve", scan=vials[0]).text


def test_back_and_another_tube_with_the_old_form_is_another_act(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        made = released(web.cast, clock)
        _kit, loose = kit_of(web.cast, web.cast.nora, 2)
        listed = transfer.open_transfer(web.cast.nora, "station", web.cast.stations["AMS laboratory"]).code
        receipt.open_receipt(web.cast.mei, made.transfer or "", condition="intact", temperature_tenths_c=210)
        batch = processing.open_batch(web.cast.mei, "plasma").code
        db.session.remove()
    nora, mei = web.client("nora"), web.client("mei")
    for client, address, tubes in (
        (nora, f"/transfers/{listed}", loose),
        (mei, f"/transfers/{made.transfer}/receipt", made.tubes[:2]),
        (mei, f"/batches/{batch}", made.tubes[:2]),
        (nora, "/", ("C4K7N2XD", "C4K7N2XF")),
        (mei, "/receive", ("C4K7N2XD", "C4K7N2XF")),
    ):
        form = form_at(client.get(address), address)
        for tube in tubes:
            written = web.entries()
            answer = send(client, form, scan=tube)
            assert answer.status_code == 200, (address, answer.status_code)
            assert web.entries() > written, address


def _offered(page: TestResponse, action: str, name: str) -> str:
    return form_at(page, action).fields[name].offered[0]
