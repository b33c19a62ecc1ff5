"""Every form that the pages show, of every role, with hostile text in each of its fields.

Too long, markup and formulae, control characters: never a fault, never run, never a formula in a spreadsheet, and the
ledger adds up afterwards. The forms are found by following the links, one page of each kind.
"""

import csv
import io
import re
from collections import deque
from html import unescape
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from time_machine import Traveller
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from specimens.models.base import db
from specimens.services import (
    consent,
    correction,
    disposal,
    kit,
    participant,
    receipt,
    storage,
    transfer,
    verify,
    visit,
)
from specimens.services.clock import now_ms, today
from specimens.services.study import protocol_of
from tests.cast import PASSWORD, ZONE
from tests.forms import PageForm, forms_of
from tests.history import enrolled
from tests.services.bags import packed, released
from tests.services.chain import Chain, frozen_vials, unit
from tests.tubes import kit_of
from tests.web.conftest import Web

MARKUP = "=HYPERLINK(1)<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
HOSTILE = {
    "too long": "long" * 2500,
    "control characters": "a\x07b\x1b[31mc\u202ed\u200be\r\nf\x00",
    "markup and formulae": MARKUP,
}
_FORMULA = re.compile(r"[\s\"]*[=+@\t\r]")
_RUNS = re.compile(r"<script>alert|<img src=x|onerror=alert(?![^<]*(?:&|\"))", re.I)

#: They end the session in which the sweep works, or take the way of other tests.
_LEFT_ALONE = {
    "access.logout", "access.grant", "access.station", "access.preferences", "me.password", "me.end_session",
    "me.language", "me.revoke_token", "presence.lock", "sign_on.unlink", "sign_on.prepare",
}  # fmt: skip

#: What the main job writes, door by door: a sweep that no longer reaches one of them has to say why.
MAIN_JOB = {
    "participant": "new", "consent": "new withdraw", "course": "dose plan", "eligibility": "answer",
    "visit": "new check add_tube", "kit": "scanned", "procedure": "record stop", "paper": "enter",
    "transfer": "new scan seal release take_back decline", "receipt": "begin take missing without_release",
    "carriage": "carry scan", "difference": "index", "batch": "index join step derive close",
    "label": "kit kit_labels", "storage": "fill take_out excursion", "disposal": "quarantine used ship destroy",
    "correction": "correct reassign", "decision": "decide", "home": "scanned", "report": "make",
    "search": "export",
}  # fmt: skip

Found = dict[tuple[str, frozenset[str]], PageForm]


def _world(web: Web, clock: Traveller) -> dict[str, list[str]]:
    """Make something of everything; return by log-in the pages that links alone may miss."""
    cast = web.cast
    with web.app.app_context():
        asked = participant.register(cast.nora, "BEL-901").code
        version = protocol_of(cast.study).consent_required_on(today(ZONE))
        assert version is not None
        consent.record(
            cast.nora, asked, version=version.code, scopes=version.scopes, signed_at=now_ms() - 60_000,
            obtained_by="Ivo Smit", original="Binder 3",
        )  # fmt: skip
        chain = Chain(cast, clock)
        vials = [each.code for each in frozen_vials(chain, 3)]
        box = unit()
        for vial in vials:
            assert storage.put(cast.mei, box, vial, key=vial).saved
        assert storage.retrieve(cast.mei, vials[1], reason="analysis", key="out").saved
        core = chain.collected("lymph_node")[1][0].code
        visit.open_visit(cast.nora, chain.participant, "UNS", reason="flare", procedures=("blood",))
        written = [each for each in correction.correctable(cast.nora, core) if each.field != "side"]
        planned = visit.open_visit(cast.nora, enrolled(cast, clock, "BEL-900"), "BL").kits
        tissue = next(each.code for each in planned if each.procedure == "lymph_node")
        kit.begin(cast.nora, tissue)
        _kit, drawn = kit_of(cast, cast.nora, 4)
        sealed = packed(cast, drawn[:2]).code
        transfer.seal(cast.nora, sealed, count=2, transport="by_hand", temperature="room")
        packing = packed(cast, drawn[2:3]).code
        waiting, coming, begun = (released(cast)[0] for _ in range(3))
        receipt.open_receipt(cast.mei, begun.code, condition="intact", temperature_tenths_c=210)
        receipt.report_missing(cast.mei, begun.code, list(begun.lines)[:1])
        held = kit_of(cast, cast.nora, 1, procedure="lymph_node")[1][0]
        disposal.quarantine(cast.nora, held, reason="identity_doubtful")
        db.session.remove()
    return {
        "participant": [chain.participant],
        "nora": [f"/participants/{asked}/eligibility", f"/kits/{tissue}/procedure", f"/kits/{tissue}/stop",
            f"/transfers/{sealed}", f"/transfers/{packing}", f"/transfers/{packing}/seal",
            *(f"/specimens/{core}/correct?entry={each.entry}&field={each.field}" for each in written),
            f"/specimens/{core}/reassign", "/reports/custody?code=" + core],
        "mei": [
            f"/transfers/{waiting.code}/receipt", f"/transfers/{coming.code}/decline",
            f"/transfers/{begun.code}/receipt", f"/transfers/{begun.code}/differences",
            "/storage/retrieve?reason=analysis",
            *(f"/specimens/{vials[1]}/{act}" for act in ("use", "ship", "quarantine", "destroy")),
            f"/specimens/{vials[0]}", f"/specimens/{vials[1]}",
        ],
    }  # fmt: skip


def _crawled(web: Web, client: FlaskClient, begin: list[str]) -> tuple[Found, list[str]]:
    """Open some pages and follow their links, one page of each door; return the forms that post, and the pages seen."""
    adapter = web.app.url_map.bind("localhost")
    waiting, seen, doors, forms = deque(begin), set(), set(), {}
    while waiting:
        address = waiting.popleft()
        path = urlsplit(address).path
        try:
            endpoint, _arguments = adapter.match(path, method="GET")
        except (HTTPException, RequestRedirect):  # another method, or an address that leads elsewhere
            continue
        if address in seen or endpoint.endswith("static") or (endpoint in doors and address not in begin):
            continue
        seen.add(address)
        doors.add(endpoint)
        answer = client.get(address)
        if answer.status_code in (302, 303):
            waiting.append(urljoin(address, answer.headers["Location"]))
        if answer.mimetype != "text/html" or answer.status_code != 200:
            assert answer.status_code < 500, address
            continue
        waiting.extend(
            urljoin(address, unescape(each)) for each in re.findall(r'href="([^"#]+)', answer.text)
        )
        for form in forms_of(answer.text, address):
            if form.method == "post" and not form.files:
                door = adapter.match(urlsplit(form.action).path, method="POST")[0]
                forms.setdefault((door, frozenset(form.fields)), form)
    return forms, sorted(seen)


def _said(form: PageForm, text: str, nonce: str) -> dict[str, str | list[str]]:
    """Fill a form in: the text wherever somebody types, the first of what is offered, and the right password."""
    markup = text is MARKUP
    said: dict[str, str | list[str]] = {**form.filled, **form.first_choices()}
    for name in form.typed:
        held = form.fields[name]
        if held.kind == "password":
            said[name] = PASSWORD
        elif not markup:
            said[name] = text
        elif held.numeric:
            said[name] = held.value
        else:
            said[name] = text
    if "nonce" in form.fields:
        said["nonce"] = nonce
    return said


def _swept(web: Web, login: str, begin: list[str], reached: set[tuple[str, frozenset[str]]]) -> list[str]:
    """Send every form that somebody finds, unless another found it before, with each of the texts."""
    client = web.client(login)
    forms, seen = _crawled(web, client, begin)
    fresh = {key: form for key, form in forms.items() if key not in reached and key[0] not in _LEFT_ALONE}
    for said, text in HOSTILE.items():
        for (door, _fields), form in fresh.items():
            if text is not MARKUP and not form.typed:
                continue
            answer = client.post(form.action, data=_said(form, text, f"{door} {said}"))
            assert answer.status_code < 500, (login, door, said, answer.status_code)
            assert "/login" not in answer.headers.get("Location", ""), door
            if answer.mimetype == "text/html":
                assert not _RUNS.search(answer.text), (login, door)
    reached.update(fresh)
    return seen


def test_no_text_in_any_field_of_any_form_does_any_harm(web: Web, clock: Traveller) -> None:
    more = _world(web, clock)
    reached: set[tuple[str, frozenset[str]]] = set()
    begin = {
        "nora": "/today", "mei": "/bench", "luis": "/carry", "ivo": "/decisions", "mona": "/audit",
        "ada": "/audit",
    }  # fmt: skip
    pages = {
        login: _swept(web, login, [address, "/", "/me", *more.get(login, [])], reached)
        for login, address in begin.items()
    }
    shown = 0
    for login in ("nora", "mei", "ada"):
        for address in pages[login]:
            answer = web.client(login).get(address)
            assert answer.status_code in (200, 303, 404), (address, answer.status_code)
            assert "/login" not in answer.headers.get("Location", ""), address
            if answer.mimetype == "text/html":
                assert not _RUNS.search(answer.text), address
                shown += "&lt;script&gt;alert(1)" in answer.text
    assert shown > 5, "what was typed stands nowhere: the sweep showed nothing"
    for answer in (
        web.client("nora").post("/search.csv"),
        web.client("ada").post("/reports/custody.csv", data={"code": more["participant"][0]}),
    ):
        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert len(rows) > 20
        assert not [cell for row in rows for cell in row if _FORMULA.match(cell)]
    assert f"'{MARKUP}" in {cell for row in rows for cell in row}  # of the custody report: told, and guarded
    _swept(web, "adam", ["/admin/people", "/me"], reached)  # who may switch off those who worked above
    wanted = {f"{room}.{door}" for room, doors in MAIN_JOB.items() for door in doors.split()}
    missed = wanted - {door for door, _fields in reached}
    assert not missed, sorted(missed)
    with web.app.app_context():
        assert verify.verify().sound
        db.session.remove()
