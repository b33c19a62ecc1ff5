"""Storage in the demonstration: a check of a box that finds a vial missing, and a pick list that waits."""

from datetime import date, timedelta

from specimens.cli.demo_base import Ground
from specimens.cli.demo_clinic import MINUTE, Story, at
from specimens.domain.access import Actor
from specimens.domain.inventory import Finding
from specimens.domain.pick import Picked
from specimens.domain.terms import Status
from specimens.services import clock, difference, inventory, inventory_view, pick, storage, storage_map

COLD_ROOM = "Laboratory, cold room"
_OF_EACH = 3


def check(ground: Ground, day: date) -> Story:
    """Check a box on a day: one vial is not in it; a colleague finds it after two hours and puts it back."""
    mei, sam = ground.at("mei", COLD_ROOM), ground.at("sam", COLD_ROOM)
    box = ground.boxes["ln2_vapour"][0]
    yield at(day, 10)
    inventory.scan_in(mei, box, box)
    stored = _stored(mei, box)
    away = stored[len(stored) // 2] if stored else ""
    while left := [code for code in _outstanding(mei, box) if code != away]:
        for code in left:  # somebody may put another one away meanwhile: then it is still to be seen
            yield clock.now_ms() + 4000
            inventory.scan_in(mei, box, code)
    if away:
        inventory.not_seen(mei, box, [away], Finding.MISSING, note="Its well is empty, and so is the floor.")
    inventory.close(mei, box)
    if not away:
        return
    yield clock.now_ms() + 2 * 60 * MINUTE
    difference.resolve(
        sam, away, "found", "elsewhere_in_storage", note="It stood in the rack above, in the same well."
    )
    yield clock.now_ms() + MINUTE
    storage.put(sam, box, away)


def list_to_pick(ground: Ground, today: date) -> Story:
    """Late on the last working day before *today* list vials to be fetched; one turns out not to be needed."""
    mei = ground.at("mei", COLD_ROOM)
    day = today - timedelta(days=1)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    yield at(day, 16, 20)
    wanted = [code for boxes in ground.boxes.values() for code in _stored(mei, boxes[0])[:_OF_EACH]]
    if not wanted:
        return
    listed = pick.make(mei, wanted, "analysis", note="Cytokines, second run, on the next working day.")
    yield clock.now_ms() + 6 * MINUTE
    pick.not_taken(mei, listed.code, wanted[-1:], Picked.LEFT, "no_longer_needed")


def _stored(mei: Actor, box: str) -> list[str]:
    """Return the vials in a box that nothing keeps back, by well."""
    found = (each.specimen for each in storage_map.view(mei, box).occupants)
    return [each.code for each in found if each and each.status == Status.STORED and not each.holds]


def _outstanding(mei: Actor, box: str) -> list[str]:
    going = inventory_view.going_on(mei, box)
    return [each.code for each in going.left] if going else []
