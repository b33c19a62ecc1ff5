"""Whole pages as they are waited for: without JavaScript, a full box, the lists of work at 100,000 specimens."""

from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import text

from bench import seed, table
from specimens.domain.identifiers import printed
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import receipt, storage
from specimens.services.record import writing
from tests.browser.keys import Scanner
from tests.browser.killed import Program, chromium, served
from tests.cast import log_in
from tests.engines import fresh_sqlite
from tests.services.bags import released
from tests.services.chain import unit
from tests.tubes import kit_of, open_kit

SCANS = 120
#: Scans of one kit: a page that lists far more tubes than any kit has would measure something else.
KIT = 20
MANY = 100_000
_TIMES = 40
_KITS = 200
#: Page → who looks at it.
_WORK = {"bench": "mei", "today": "nora", "audit": "ada"}


def pages(folder: Path) -> None:
    """Measure whole pages."""
    _without_script(folder)
    _full_box(folder)
    _at_many(folder)


def _without_script(folder: Path) -> None:
    """Scan without JavaScript: from the last key until the next page with its verdict is there."""
    taken: list[float] = []
    home = folder / "plain"
    home.mkdir()
    with chromium() as browser, served(home) as program:
        context = browser.new_context(base_url=f"http://127.0.0.1:{program.port}", java_script_enabled=False)
        context.add_cookies([program.cookie("nora")])  # type: ignore[list-item]
        page = context.new_page()
        before = None
        while len(taken) < SCANS:
            before = _kit(page, program, before, taken)
    table.add("whole page without JavaScript, p50", f"{table.median_ms(taken):.0f} ms")
    slow = table.percentile_ms(taken, 95)
    table.add(f"whole page without JavaScript, p95 of {len(taken)}", f"{slow:.0f} ms", aim="≤ 500 ms")


def _kit(page: Page, program: Program, before: str | None, taken: list[float]) -> str:
    """Finish the kit before, collect another; add the seconds of each scan and return the kit."""
    with program.app.app_context():
        if before:
            with writing(program.cast.nora) as op:
                op.append(Kind.KIT, before, "kit_finished")
        kit, tubes = open_kit(program.cast, KIT)
        db.session.remove()
    page.goto(f"/kits/{kit}/collect")
    scanner = Scanner(page)
    for tube in tubes:
        expect(page.locator("#scan")).to_be_focused()
        page.locator("#scan").fill(
            tube
        )  # Chromium drops keys until a page was painted; a hand waits for the page
        with table.stopwatch() as seconds:
            scanner.type("")
            expect(page.locator(".verdict-code")).to_have_text(printed(tube))
            page.wait_for_load_state()
        taken += seconds
        page.wait_for_timeout(50)
    return kit


def _full_box(folder: Path) -> None:
    """Fill a box of ten by ten and ask for its page, as a browser would."""
    home = folder / "box"
    home.mkdir()
    app, cast = seed.installed(fresh_sqlite(folder), home)
    with app.app_context():  # type: ignore[attr-defined]
        bag, tubes = released(cast, 100)
        receipt.open_receipt(cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
        box = unit(name="B10", rows=10, columns=10)
        for tube in tubes:
            if not receipt.receive(cast.mei, bag.code, tube).saved:
                raise RuntimeError(f"{tube} was not received")
            if not storage.put(cast.mei, box, tube, reason="beyond_plan").saved:
                raise RuntimeError(f"{tube} was not stored")
        db.session.remove()
    client = log_in(app.test_client(), cast.mei)  # type: ignore[attr-defined]
    if client.get(f"/boxes/{box}").text.count('class="well well-kept"') != 101:  # the wells, and the key
        raise RuntimeError("the box is not full")
    taken = table.timed(lambda: client.get(f"/boxes/{box}"), _TIMES)
    slow = table.percentile_ms(taken, 95)
    table.add("map of a full 10 × 10 box, p95", f"{slow:.0f} ms", aim="≤ 200 ms")


def _at_many(folder: Path) -> None:
    """Ask for the lists of work where there are 100,000 specimens of many kits, and one in a hundred waits."""
    home = folder / "many"
    home.mkdir()
    app, cast = seed.installed(fresh_sqlite(folder), home)
    with app.app_context():  # type: ignore[attr-defined]
        released(cast, 40)
        lane = seed.lanes(cast, 1, 100)[0]
        with writing(cast.nora) as op:
            op.append(Kind.KIT, lane.kit, "kit_finished")
        there, _, _ = seed.fill(cast, MANY)
        _spread([kit_of(cast, cast.nora, 0)[0] for _ in range(_KITS)])
        db.session.remove()
    for name, who in _WORK.items():
        client = log_in(app.test_client(), cast.actors[who])  # type: ignore[attr-defined]
        if client.get(f"/{name}").status_code != 200:
            raise RuntimeError(f"/{name} does not answer")
        taken = table.timed(lambda client=client, name=name: client.get(f"/{name}"), _TIMES)
        slow = table.percentile_ms(taken, 95)
        table.add(f"{name} at {there:,} specimens, p95", f"{slow:.0f} ms", aim="≤ 1 s")


def _spread(kits: list[str]) -> None:
    """Divide the copies among kits, and store all of them but one in a hundred."""
    for number, kit in enumerate(kits):
        db.session.execute(
            text("UPDATE specimen SET kit = :kit WHERE id % :many = :number AND id > 200"),
            {"kit": kit, "many": len(kits), "number": number},
        )
    db.session.execute(
        text("UPDATE specimen SET status = 'stored' WHERE status = 'received' AND id % 100 <> 0")
    )
    db.session.commit()
