"""A count leads to a list, and the list holds as many."""

import re

import pytest
import time_machine

from specimens.services import disposal
from tests.services.bags import released
from tests.services.chain import Chain
from tests.web.conftest import Web

_CARD = re.compile(r'<(?:a|div) class="count[^"]*"(?: href="([^"]*)")?><strong>(\d+)</strong><span>([^<]*)')


@pytest.fixture
def busy(web: Web, clock: time_machine.Traveller) -> Web:
    """Received blood, one tube of it in quarantine; a bag on its way; a refused scan; a report."""
    with web.app.app_context():
        chain = Chain(web.cast, clock)
        tubes = [tube for slot in chain.received("blood").values() for tube in slot]
        disposal.quarantine(web.cast.mei, tubes[-1].code, reason="identity_doubtful")
        released(web.cast)
    web.client("nora").post("/", data={"scan": "C4K7N2XD", "nonce": "a"})
    web.client("ada").post("/reports/custody.csv", data={"code": tubes[0].code})
    return web


def _rows(page: str) -> int:
    return sum(len(re.findall(r"<tr[ >]", body)) for body in re.findall(r"<tbody>(.*?)</tbody>", page, re.S))


def _listed(web: Web, login: str, home: str, url: str, page: str) -> int:
    if url.startswith("#"):
        part = page.partition(f'<h2 id="{url[1:]}"')[2]
        return _rows(part.partition("<h2")[0])
    rows, at = 0, url
    while at:
        told = web.client(login).get(at).text
        rows += _rows(told)
        further = re.search(r'rel="next" href="([^"]*)"', told)
        at = further[1].replace("&amp;", "&") if further else ""
    return rows


#: Who → which page, and how many counts there are more than nothing at least.
PAGES = (
    ("nora", "/today", 1),
    ("nora", "/transfers", 1),
    ("mei", "/bench", 3),
    ("ivo", "/decisions", 1),
    ("ada", "/audit", 3),
)


def test_each_count_leads_to_a_list_of_as_many(busy: Web) -> None:
    wrong = []
    for login, home, some in PAGES:
        page = busy.client(login).get(home).text
        cards = _CARD.findall(page)
        for url, number, label in cards:
            if not url and int(number):
                wrong.append(f"{home} {label}: {number} without a list")
            elif url and (found := _listed(busy, login, home, url, page)) != int(number):
                wrong.append(f"{home} {label}: {number}, and {found} in {url}")
        assert sum(int(number) > 0 for _, number, _ in cards) >= some, home
    assert wrong == []
