"""What a browser fetches that was never here: our own files compressed, everything together at most 100 kB."""

import gzip
import hashlib
import re
from pathlib import Path

from flask import Flask, url_for

from tests.web.conftest import Web

_TAKES = {"Accept-Encoding": "gzip, deflate, br"}


def _files(page: str) -> list[str]:
    return re.findall(r'(?:src|href)="(/(?:static|bootstrap/static)/[^"]+)"', page)


def test_what_every_page_is_made_of_is_sent_small_and_a_page_itself_is_not(web: Web) -> None:
    nora = web.client("nora")
    page = nora.get("/", headers=_TAKES)
    assert "Content-Encoding" not in page.headers
    whole = len(page.data)
    for address in _files(page.text):
        sent, plain = (nora.get(address, headers=head, buffered=True) for head in (_TAKES, {}))
        assert sent.headers["Content-Encoding"] == "gzip", address
        assert "Content-Encoding" not in plain.headers
        assert gzip.decompress(sent.data) == plain.data
        assert "Accept-Encoding" in sent.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]
        whole += len(sent.data)
    assert len(_files(page.text)) >= 6
    assert whole <= 100_000


def test_a_file_that_the_browser_has_is_not_sent_again(web: Web) -> None:
    address = _files(web.stranger().get("/login").text)[1]
    first = web.stranger().get(address, headers=_TAKES, buffered=True)
    again = web.stranger().get(
        address, headers={**_TAKES, "If-None-Match": first.headers["ETag"]}, buffered=True
    )
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")


def test_what_is_not_there_is_not_compressed(web: Web, app: Flask) -> None:
    answer = web.stranger().get("/static/nothing.css", headers=_TAKES)
    assert answer.status_code == 404 and "Content-Encoding" not in answer.headers


def test_a_file_is_kept_under_its_own_address_and_a_changed_one_has_another(web: Web, app: Flask) -> None:
    nora = web.client("nora")
    address = next(each for each in _files(nora.get("/").text) if "/scan.js" in each)
    plain, mark = address.split("?v=")
    kept, guessed, unmarked = (nora.get(each, buffered=True) for each in (address, f"{plain}?v=0.1.0", plain))
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert {each.headers["Cache-Control"] for each in (guessed, unmarked)} == {"no-cache"}
    with app.test_request_context():
        file = Path(str(app.static_folder), "scan.js")
        assert url_for("static", filename="scan.js") == address
        assert mark == hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        assert "v=" not in url_for("static", filename="nothing.js")
