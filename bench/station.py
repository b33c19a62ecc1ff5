"""A station as somebody feels it: a real Chromium at a served program, from the last key to the painted verdict."""

import time
from pathlib import Path

from playwright.sync_api import Page

from bench import table
from specimens.domain.identifiers import printed
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services.record import writing
from tests.browser.keys import Scanner
from tests.browser.killed import KIT, Program, chromium, scan_through_kills, served, station, until
from tests.tubes import open_kit

SCANS = 400
BURST = 40
THROUGH_KILLS = (1_000, 10)

#: From the key that ends a scan until the frame with its verdict was drawn, in ms; how far the page moved by itself.
_WATCH = """() => {
  window.taken = []; window.moved = 0; let since = null;
  addEventListener("keydown", (event) => { if (event.key === "Enter") since = event.timeStamp; }, true);
  new MutationObserver(() => {
    const code = document.querySelector(".verdict-code")?.textContent;
    if (since === null || code === window.shown) return;
    window.shown = code;
    const from = since; since = null;
    requestAnimationFrame(() => { const frame = new MessageChannel();
      frame.port1.onmessage = () => window.taken.push(performance.now() - from); frame.port2.postMessage(0); });
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) window.moved += each.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""

_PAINTED = "async (many) => { while (taken.length < many) await new Promise((on) => setTimeout(on, 10)); }"


def stations(folder: Path) -> None:
    """Measure a station: 400 scans one by one, a burst, scans through kills, the first load, what moves."""
    with chromium() as browser, served(folder) as program:
        with station(browser, program, "nora") as page:
            taken, moved = _one_by_one(page, program, _first_load(page, program))
        table.add("last key to painted verdict, p50", f"{table.median_ms(taken):.0f} ms")
        slow = table.percentile_ms(taken, 95)
        table.add(f"last key to painted verdict, p95 of {len(taken)}", f"{slow:.0f} ms", aim="≤ 100 ms")
        table.add("cumulative layout shift while scanning", f"{moved:.3f}", aim="< 0.05")
        with station(browser, program, "mei") as page:
            _burst(page, program)
    with chromium() as browser, served(_home(folder)) as program, station(browser, program, "mei") as page:
        start = time.perf_counter()
        scans, kills = THROUGH_KILLS
        waited = scan_through_kills(program, page, scans, kills)
        table.add(
            f"{scans:,} scans through {kills} kills", f"{scans:,} once, in order", f"{waited} waited",
            aim=f"each once; {time.perf_counter() - start:.0f} s",
        )  # fmt: skip


def _home(folder: Path) -> Path:
    home = folder / "killed"
    home.mkdir()
    return home


def _open(page: Page, program: Program, before: str | None) -> tuple[str, list[str]]:
    """Finish the kit before, open another at the same station and show its page."""
    with program.app.app_context():
        if before:
            with writing(program.cast.nora) as op:
                op.append(Kind.KIT, before, "kit_finished")
        kit, tubes = open_kit(program.cast, KIT)
        db.session.remove()
    page.goto(f"/kits/{kit}/collect")
    until(page, "navigator.serviceWorker.ready")
    return kit, tubes


def _first_load(page: Page, program: Program) -> str:
    """Add up what a browser that was never here fetched, as it came over the line; return the kit that is open."""
    sizes: list[float] = []  # with their headers, as the browser's own network log has them
    log = page.context.new_cdp_session(page)
    log.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    log.send("Network.enable")
    kit, _ = _open(page, program, None)
    log.detach()
    came = [size for size in sizes if size]
    table.add(f"first load of a scan page, {len(came)} files", f"{sum(came) / 1000:.0f} kB", aim="≤ 100 kB")
    return kit


def _one_by_one(page: Page, program: Program, kit: str) -> tuple[list[float], float]:
    taken: list[float] = []
    moved = 0.0
    while len(taken) < SCANS:
        kit, tubes = _open(page, program, kit)
        page.evaluate(_WATCH)
        scanner = Scanner(page)
        for number, tube in enumerate(tubes, start=1):
            scanner.type(tube)
            page.evaluate(_PAINTED, number)
            if page.locator(".verdict-code").inner_text() != printed(tube):
                raise RuntimeError(f"the verdict is not that of {tube}")
            page.wait_for_timeout(50)  # a hand takes the next tube
        taken += [each / 1000 for each in page.evaluate("taken")]
        moved = max(moved, page.evaluate("moved"))
    return taken, moved


def _burst(page: Page, program: Program) -> None:
    """Scan forty tubes without a pause, and wait until the last one is saved."""
    tubes = program.tubes(BURST)
    page.goto("/receive")
    until(page, "navigator.serviceWorker.ready")
    scanner = Scanner(page)
    start = time.perf_counter()
    for tube in tubes:
        scanner.type(tube)
    typed = time.perf_counter() - start
    until(page, "queue.empty()")
    seconds = time.perf_counter() - start
    found, waited = program.received()
    if found != tubes or waited:
        raise RuntimeError(f"{len(found)} of {BURST} were received, {waited} of them waited")
    table.add(
        f"burst of {BURST}, all saved and in order",
        f"{seconds:.1f} s",
        f"{typed:.1f} s typing",
        seconds / typed,
    )
