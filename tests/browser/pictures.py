"""Pictures of the pages: `python -m tests.browser.pictures docs/pictures`, or `make pictures`.

Makes the demonstration in a temporary folder (or takes one that is there: `--home DIR`), serves it on a free loopback
port, logs in as each role and walks from link to link until every kind of page (a rule of the addresses) was seen.

Without more it keeps the gallery: a small picture of each kind of page, a few pages in other ways, and `pictures.md`
beside their folder. With `--every` it keeps each kind of page in each of `WAYS`, with contact sheets, and says which
pages are wider than their window.
"""

import argparse
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import func, select
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

import config
from specimens.app import create_app
from specimens.cli.demo_base import PASSWORD, PEOPLE, SHOWN
from specimens.models.base import db
from specimens.models.participant import ParticipantRow
from specimens.models.specimen import SpecimenParent, SpecimenRow
from specimens.models.transfer import NearMissRow, TransferRow
from tests.browser.every import NO_PAGE, PAGES, doors
from tests.browser.gallery import GALLERY, Kind, Shot, pictured, told
from tests.browser.staged import alarmed, begun

#: Name → (theme, language, width in pixels, as printed).
WAYS = {
    "desktop": ("light", "en", 1280, False),
    "desktop-dark": ("dark", "nl", 1280, False),
    "tablet": ("dark", "en", 768, False),
    "phone": ("light", "nl", 390, False),
    "print": ("light", "nl", 760, True),
}

#: Where people stand when they are asked.
STATIONS = {"nora": "Clinic, treatment room 1", "mei": "Laboratory bench", "ivo": "Clinic, treatment room 1"}

#: A participant of the demonstration who has a visit in its window and one that was missed.
LATE = "BEL-012"

#: Asked before the walk from link to link, so that kinds of pages are seen where there is most to see.
FIRST = (
    "/participants/{participant}", "/specimens/{blend}", "/boxes/{box}", "/audit/specimen/{vial}", "/", "/me",
)  # fmt: skip
#: The same for the gallery, where work is under way (`tests.browser.staged`).
BEGUN = (
    "/visits/{visit}", "/kits/{kit}/collect", "/visits/{visit}/collect", "/transfers/{packing}", "/picks/{pick}",
    "/boxes/{check}/check", "/batches/{batch}", "/specimens/{tube}", "/reports/custody?code={vial}",
)  # fmt: skip

#: What a picture may weigh: all of them together are read by a browser at once.
MOST_BYTES = 25_000

_NO_PAGE = (".pdf", ".csv", ".zpl", ".png", ".svg", ".json", ".toml", ".py", ".zip", ".txt")
_FLAGS = ("--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_CLIP = ("x", "y", "width", "height")
_LINKS = "() => [...document.querySelectorAll('a[href]')].map(each => each.href.baseVal ?? each.getAttribute('href'))"


@dataclass(frozen=True, slots=True)
class Place:
    """The program, serving, and the codes of what there is most to see of."""

    app: Flask
    url: str
    codes: dict[str, str]

    def rule(self, address: str) -> str | None:
        """Return the door of an address; None for what is no page of the program."""
        path = address.removeprefix(self.url).partition("#")[0].partition("?")[0]
        if not path.startswith("/") or path.endswith(_NO_PAGE):
            return None
        try:
            endpoint, _ = self.app.url_map.bind("").match(path, method="GET")
        except HTTPException:
            return None
        return None if endpoint.endswith("static") or endpoint.startswith("api.") else str(endpoint)


def _demonstrate(home: Path) -> None:
    for command in ("migrate", "demo"):
        subprocess.run([sys.executable, "-m", "specimens", command], check=True)
    print(f"The demonstration lies in {home}.")


@contextmanager
def _served(home: Path) -> Iterator[Place]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = create_app(config.read())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with app.app_context():
        codes = _codes()
        db.session.remove()
    yield Place(app, f"http://127.0.0.1:{server.server_port}", codes)
    server.shutdown()


def _codes() -> dict[str, str]:
    """Return what there is most to see of: a long course, a tube with many children, a pool, a box, a bag."""
    tube, person, made = SpecimenRow, ParticipantRow, SpecimenParent
    most = func.count().desc()
    wanted = {
        "participant": select(tube.participant)
        .join(person, person.code == tube.participant)
        .where(person.state == "enrolled")
        .group_by(tube.participant)
        .order_by(most, tube.participant),
        "late": select(person.code).where(person.state == "enrolled").order_by(person.subject_number != LATE),
        "visit": select(tube.visit)
        .where(tube.timepoint == "BL")
        .group_by(tube.visit)
        .order_by(most, tube.visit),
        "vial": select(tube.code)
        .where(tube.status == "stored", tube.position.is_not(None), tube.level > 0)
        .order_by(tube.code),
        "most": select(made.parent).group_by(made.parent).order_by(most, made.parent),
        "blend": select(made.child).group_by(made.child).order_by(most, made.child),
        "tube": select(tube.code).where(tube.status == "received", tube.batch.is_(None)).order_by(tube.code),
        "held": select(tube.code).where(tube.status == "stored", tube.holds != []).order_by(tube.code),
        "batch": select(tube.batch).where(tube.status == "in_processing").order_by(tube.batch),
        "waiting": select(tube.code).where(tube.status == "received").order_by(tube.collected_at, tube.code),
        "box": select(tube.place)
        .where(tube.position.is_not(None))
        .group_by(tube.place)
        .having(func.count() < 60)
        .order_by(most, tube.place),
        "miss": select(NearMissRow.code).order_by(NearMissRow.id.desc()),
        "transfer": select(TransferRow.code)
        .where(TransferRow.state == "released")
        .order_by(TransferRow.code),
        "bag": select(TransferRow.code).where(TransferRow.state == "released").order_by(TransferRow.code),
    }
    found = {name: db.session.execute(query.limit(1)).scalar() for name, query in wanted.items()}
    return {name: code or found["most"] for name, code in found.items()}


def _opened(browser: Browser, place: Place, login: str, way: str) -> Page:
    """Log somebody in who sees the pages in one of the ways; nobody where *login* is empty."""
    theme, language, width, _ = WAYS[way]
    context = browser.new_context(
        base_url=place.url,
        viewport={"width": width, "height": 900},
        locale=language,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto("/login")
    if login:
        page.locator("[name=login]").fill(login)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form button").first.click()
        page.wait_for_load_state()
    if page.locator(f"button:has-text('{STATIONS.get(login, '-')}')").count():
        page.locator(f"button:has-text('{STATIONS[login]}')").first.click()
        page.wait_for_load_state()
    if theme == "dark":
        page.locator("button[name=theme][value=dark]").click()
        page.wait_for_load_state()
    if language != page.locator("html").get_attribute("lang"):
        page.locator("button[name=language]").click()
        page.wait_for_load_state()
    return page


def walk(page: Page, place: Place, before: Iterable[str] = ()) -> dict[str, str]:
    """Go from link to link until no kind of page is left that was not seen; return door → address.

    *before*: addresses that are asked for before those of `FIRST`.
    """
    seen: dict[str, str] = {}
    waiting = [*before, *(each.format(**place.codes) for each in FIRST), page.url.removeprefix(place.url)]
    while waiting:
        address = waiting.pop(0)
        door = place.rule(address)
        if door is None or door in seen:
            continue
        answer = page.goto(address)
        if answer is None or answer.status != 200 or "html" not in answer.headers.get("content-type", ""):
            continue
        seen.setdefault(place.rule(page.url) or door, page.url.removeprefix(place.url))
        waiting += [link for link in page.evaluate(_LINKS) if link and link.startswith(("/", "?"))]
    return seen


def every(browser: Browser, place: Place, folder: Path, logins: list[str], ways: list[str]) -> None:
    """Keep a picture of each kind of page that each role sees, in each way, and contact sheets of them."""
    known: set[str] = set()
    for login in logins:
        doors = walk(_opened(browser, place, login, "desktop"), place)
        fresh = {door: address for door, address in doors.items() if door not in known}
        known |= set(fresh)
        for way in ways:
            page, kept = _opened(browser, place, login, way), []
            if WAYS[way][3]:
                page.emulate_media(media="print")
            for door, address in fresh.items():
                page.goto(address)
                if (over := page.evaluate(_WIDE)) > 0 and not WAYS[way][3]:
                    print(f"{way} {address} ({door}) is {over} pixels wider than its window.")
                path = folder / way / f"{login}.{door}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=path, full_page=True)
                kept.append(path)
            _sheets(kept, folder, f"{way}-{login}")
            page.context.close()
    print(f"{len(known)} kinds of pages.")


def _sheets(paths: list[Path], folder: Path, name: str) -> None:
    """Put pictures side by side, twelve on a sheet, each under its name."""
    for number in range(0, len(paths), 12):
        sheet = Image.new("RGB", (4 * 480, 3 * 640), "#888")
        for place, path in enumerate(paths[number : number + 12]):
            with Image.open(path) as whole:
                shown = whole.convert("RGB").crop(
                    (0, 0, whole.width, min(whole.height, whole.width * 5 // 4))
                )
            shown.thumbnail((470, 600))
            left, top = place % 4 * 480 + 5, place // 4 * 640 + 20
            sheet.paste(shown, (left, top))
            ImageDraw.Draw(sheet).text((left, top - 16), path.stem, fill="white")
        sheet.save(folder / f"sheet-{name}-{number // 12 + 1}.png")


def gallery(browser: Browser, place: Place, folder: Path) -> None:
    """Keep a picture of each kind of page, the pictures that are told of in `GALLERY`, and the page of both."""
    folder.mkdir(parents=True, exist_ok=True)
    with place.app.app_context():
        place.codes.update(begun(place.codes["box"], place.codes["transfer"]))
        db.session.remove()
    _shots(browser, place, folder, [shot for shot in GALLERY if shot.introduction])
    kinds: list[Kind] = []
    for login in (*SHOWN, ""):
        page = _opened(browser, place, login, "desktop")
        for door, address in _seen(page, place, login).items():
            if door not in {each.door for each in kinds}:
                kinds.append(
                    _kind(page, place, Kind(door, login, _rule(place.app, door), ""), address, folder)
                )
        page.context.close()
    with place.app.app_context():
        place.codes["alarm"] = alarmed()
        db.session.remove()
    page = _opened(browser, place, "ada", "desktop")
    alarm = Kind("clock_alarm.show", "ada", _rule(place.app, "clock_alarm.show"), "")
    kinds.append(_kind(page, place, alarm, f"/audit/alarms/{place.codes['alarm']}", folder))
    _shots(browser, place, folder, [shot for shot in GALLERY if not shot.introduction])
    heading = {login: f"{PEOPLE[login][0]}, {PEOPLE[login][1]}" for login in SHOWN} | {"": "Without a log-in"}
    page_told = told(folder.name, heading, kinds)
    (folder.parent / f"{folder.name}.md").write_text(page_told, encoding="utf-8")
    for path in folder.glob("*.png"):
        if path.stem not in pictured(page_told):
            path.unlink()
    for door in sorted(doors(place.app) - {each.door for each in kinds} - NO_PAGE.keys()):
        print(f"No picture of {door}.")


def _shots(browser: Browser, place: Place, folder: Path, shots: list[Shot]) -> None:
    for login, way in dict.fromkeys((shot.login, shot.way) for shot in shots):
        page = _opened(browser, place, login, way)
        for shot in shots:
            if (shot.login, shot.way) == (login, way):
                _take(page, place, shot, folder / f"{shot.name}.png")
        page.context.close()


def _rule(app: Flask, door: str) -> str:
    """Return the shortest rule of a door's addresses, without the kinds of what stands in it."""
    return min((re.sub(r"<[^<>]*:", "<", str(each)) for each in app.url_map.iter_rules(door)), key=len)


def _seen(page: Page, place: Place, login: str) -> dict[str, str]:
    """Return door → address of what somebody sees: what links lead to, then what is asked for by its address."""
    seen = walk(page, place, [each.format(**place.codes) for each in BEGUN]) if login else {}
    for told_address in PAGES.get(login, "").split():
        try:
            address = told_address.format(**place.codes)
        except KeyError:
            continue
        door = place.rule(address)
        if door is None or door in seen:
            continue
        answer = page.goto(address)
        if answer is not None and answer.status == 200 and place.rule(page.url) == door:
            seen[door] = address
    return seen


def _kind(page: Page, place: Place, kind: Kind, address: str, folder: Path) -> Kind:
    """Take the picture of a kind of page, and return it with the page's own title."""
    _take(page, place, Shot(kind.door, kind.login, address, ""), folder / f"{kind.door}.png")
    return replace(kind, title=page.title().rpartition(" \u2013 ")[0])


def _take(page: Page, place: Place, shot: Shot, path: Path) -> None:
    page.goto(shot.address.format(**place.codes))
    if not shot.introduction and page.locator(".tour form button").count():
        page.locator(".tour form button").click()
        page.wait_for_load_state()
    if shot.to:
        page.locator(shot.to).first.evaluate("each => each.scrollIntoView()")
    if WAYS[shot.way][3]:
        page.emulate_media(media="print")
    inside = page.evaluate("() => [document.body.clientWidth, innerHeight, scrollY]")
    page.screenshot(
        path=path, full_page=True, clip=dict(zip(_CLIP, (0, inside[2], *inside[:2]), strict=True))
    )
    _shrink(path)


def _shrink(path: Path) -> None:
    """Make a picture as wide as it can be with no more than `MOST_BYTES`."""
    with Image.open(path) as taken:
        whole = taken.convert("RGB")
    for width in (720, 640, 560, 480):
        small = whole.copy()
        small.thumbnail((width, 2000), Image.Resampling.LANCZOS)
        small = small.quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            break


def main() -> None:
    """Read what is asked, make the demonstration, take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path, help="a demonstration that is there already")
    parser.add_argument("--every", action="store_true", help="each kind of page in each way")
    parser.add_argument("--way", action="append", choices=WAYS, help="of those ways these alone")
    parser.add_argument("--login", action="append", choices=SHOWN, help="of those people these alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as fresh, sync_playwright() as playwright:
        home = asked.home or Path(fresh)
        os.environ |= {"SPECIMENS_HOME": str(home), "SPECIMENS_ENV": "development"}
        if asked.home is None:
            _demonstrate(home)
        flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        with _served(home) as place:
            if asked.every:
                every(browser, place, asked.folder, asked.login or list(SHOWN), asked.way or list(WAYS))
            else:
                gallery(browser, place, asked.folder)
        browser.close()


if __name__ == "__main__":
    main()
