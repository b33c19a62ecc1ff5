"""Every page of the demonstration by all of axe's rules, both themes and both languages: `python -m tests.browser.axe`.

Walks from link to link as each role (see `tests.browser.pictures`), so each kind of page is judged with real data, once
for each role that sees it; "" is whoever has no account. Says what it found, and ends with 1 if that is anything. Takes
minutes; `make test` judges every kind of page once (`tests/browser/test_every_page.py`).
"""

import os
import sys
import tempfile
from itertools import product
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from specimens.cli.demo_base import SHOWN
from specimens.models.base import db
from specimens.services import handover
from tests.browser.every import PAGES
from tests.browser.killed import chromium
from tests.browser.pictures import STATIONS, WAYS, Place, _demonstrate, _opened, _served, walk
from tests.browser.staged import actor
from tests.browser.test_accessibility import RULES

_WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def judged(page: Page) -> list[str]:
    """Return what all rules find on a page as it stands, and what is wider than its window."""
    found = Axe().run(page, options={"runOnly": RULES["light"], "resultTypes": ["violations"]}).response
    told = [
        f"{each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"][:2]
    ]
    over = page.evaluate(_WIDER)
    return [*told, *([f"{over} px wider than its window"] if over > 0 else [])]


def every(place: Place, logins: list[str]) -> tuple[int, list[str]]:
    """Judge the pages of these people in both themes and both languages; return how many, and what was found."""
    many, found = 0, []
    with chromium() as browser:
        for login in logins:
            addresses = walk(_opened(browser, place, login, "desktop"), place) if login else _outside(place)
            for theme, language in product(("light", "dark"), ("en", "nl")):
                page = _opened(browser, place, login, f"{theme} {language}")
                for door, address in addresses.items():
                    page.goto(address)
                    many += 1
                    found += [f"{login} {door} {address} {theme} {language}: {each}" for each in judged(page)]
                page.context.close()
            print(
                f"{login or 'nobody'}: {len(addresses)} kinds of pages, {len(found)} found so far", flush=True
            )
    return many, found


def _outside(place: Place) -> dict[str, str]:
    """Return door → address of the pages that are there for whoever has no account."""
    with place.app.app_context():
        _offered, secret = handover.offer(actor("nora", STATIONS["nora"]), place.codes["transfer"])
        db.session.remove()
    addresses = (each.format(**place.codes, secret=secret) for each in PAGES[""].split())
    return {str(place.rule(each)): each for each in addresses}


def main() -> int:
    """Make the demonstration, judge it, say what was found."""
    WAYS.update({f"{theme} {language}": (theme, language, 1280, False) for theme, language in
                 product(("light", "dark"), ("en", "nl"))})  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"SPECIMENS_HOME": folder, "SPECIMENS_ENV": "development"}
        _demonstrate(Path(folder))
        with _served(Path(folder)) as place:
            many, found = every(place, sys.argv[1:] or [*SHOWN, ""])
    print("\n".join(dict.fromkeys(found)))
    print(f"{many} pages were judged, {len(found)} complaints.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
