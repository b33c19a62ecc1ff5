"""Verifying an honest history, whatever was done in it: no false alarm."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask

from specimens.domain.custody import PARENT_STATES
from specimens.domain.entry import read_entry
from specimens.domain.errors import BadInput, SpecimensError
from specimens.domain.terms import StationKind, StorageKind
from specimens.ledger import layout
from specimens.ledger.entry import write
from specimens.models.base import db
from specimens.services import (
    collection,
    consent,
    correction,
    disposal,
    find,
    kit,
    receipt,
    site,
    storage,
    transfer,
    undo,
)
from specimens.services.clock import now_ms
from specimens.services.entries import entry_of, read
from specimens.services.hands import listed
from specimens.services.verify import Result, plain, verify
from tests.cast import Cast, build
from tests.history import History, child_of, opened
from tests.ledger.test_entry import SALT, _draft


def test_an_entry_is_read_from_a_body_as_everywhere_else() -> None:
    sealed = {"note": (SALT, "a note"), "reason": (SALT, "words")}
    redacted = {"note": (None, None), "reason": (SALT, "words")}
    given: list[dict[str, Any]] = [
        {}, {"sealed": sealed, "reason_code": "other"}, {"reason_code": "other"},
        {"sealed": {"note": (SALT, "a note")}},
    ]  # fmt: skip
    for more in given:
        body = write(_draft(facts={"a": [1, {"b": None}]}, **more), seq=1, prev=None).body
        (said,) = layout.read([body]) or []
        for seals in (sealed, redacted, {}) if "sealed" in more else ({},):
            texts = {name: text for name, (_, text) in seals.items()}
            assert entry_of(said, layout.columns(said), texts) == read_entry(body, texts) == read(body, texts)


def _verified() -> Result:
    db.session.rollback()
    return verify()


def test_an_empty_installation_is_sound(context: Flask) -> None:
    result = _verified()
    assert (result.sound, result.entries, result.subjects) == (True, 0, 0)


def test_progress_ends_at_the_whole(context: Flask) -> None:
    build()
    db.session.rollback()
    told: list[tuple[int, int]] = []
    result = verify(lambda done, total: told.append((done, total)))
    assert told[-1] == (result.entries, result.entries)


def test_a_result_is_plain_json(context: Flask) -> None:
    build()
    said = json.loads(json.dumps(plain(_verified())))
    assert said == {
        "entries": said["entries"], "subjects": said["subjects"], "differences": [], "further": 0, "redacted": 0,
        "sound": True, "unread": 0, "size": said["entries"], "root": said["root"],
    }  # fmt: skip
    assert len(said["root"]) == 64


class Walk:
    """Somebody does something, at random, again and again; what is refused is refused."""

    def __init__(self, cast: Cast, clock: time_machine.Traveller, seed: int) -> None:
        self.cast, self.clock, self.draw = cast, clock, random.Random(seed)
        self.made: History = opened(cast, clock)
        adam = cast.adam
        freezer = site.add_storage(adam, "AMS", StorageKind.FREEZER, "F1", "minus80").code
        self.box = site.add_storage(
            adam, "AMS", StorageKind.BOX, "B1", "minus80", parent=freezer, rows=2, columns=2
        ).code
        self.lists: list[str] = []
        self.done = 0
        kit.open_kit(cast.nora, self.made.kits["blood"])
        kit.attest_identity(cast.nora, self.made.kits["blood"])

    def tube(self) -> str:
        """Any tube of the kit of blood, or something that was made of one."""
        children = [each.code for each in listed() if each.level]
        return self.draw.choice([*self.made.tubes, *children])

    def steps(self) -> list[Callable[[], object]]:
        """Return everything that somebody can try."""
        nora, mei = self.cast.nora, self.cast.mei
        blood, draw = self.made.kits["blood"], self.draw
        some = draw.choice(self.lists) if self.lists else "C4K7N2XD"
        return [
            lambda: collection.collect(nora, blood, self.tube(), None),
            lambda: collection.collect(nora, blood, self.tube(), None),
            lambda: collection.collect(nora, blood, self.tube(), None, happened_at=now_ms() - 5 * 60_000),
            lambda: collection.not_collected(nora, blood, self.tube(), None, reason="no_vein"),
            self.take_back,
            self.correct,
            self.hand_over,
            lambda: transfer.pack(nora, some, self.tube()),
            lambda: transfer.unpack(nora, some, self.tube()),
            lambda: transfer.seal(nora, some, draw.randint(1, 2), transport="by_hand", temperature="room"),
            lambda: transfer.release(nora, some),
            lambda: self.take_in(some),
            lambda: receipt.receive(mei, some, self.tube(), outcome="rejected", reason="RC"),
            lambda: receipt.close(mei, some),
            lambda: storage.put(mei, self.box, self.tube(), reason="no_space"),
            lambda: storage.retrieve(mei, self.tube(), reason="analysis"),
            self.divide,
            lambda: disposal.quarantine(mei, self.tube(), reason="other", note="looks odd"),
            lambda: find.refused(mei, "x", BadInput("scan_unreadable"), key=None, mode="scan"),
            lambda: site.add_station(self.cast.adam, "AMS", f"Station {self.done}", StationKind.CLINIC),
        ]

    def divide(self) -> None:
        """Make a child of the serum tube, once it is in the laboratory."""
        (serum,) = [each for each in listed() if each.code == self.made.tubes[0]]
        if serum.status in PARENT_STATES:
            child_of(self.cast, serum.code)

    def take_back(self) -> None:
        """Do something and undo it, or try to undo something older."""
        nora, tube = self.cast.nora, self.tube()
        collection.collect(nora, self.made.kits["blood"], tube, None)
        undo.undo(self.draw.choice((nora, self.cast.mei)), tube, None, reason="wrong_scan")

    def correct(self) -> None:
        """Correct the time or the container of something."""
        tube = self.tube()
        if not (offered := correction.correctable(self.cast.nora, tube)):
            return
        chosen = self.draw.choice(offered)
        earlier = now_ms() - 60_000 * self.draw.randint(1, 40)
        value = {"happened_at": earlier, "pieces": 2, "volume_ul": 400}.get(chosen.field, "left")
        correction.correct(
            self.cast.nora, tube, chosen.entry, {chosen.field: value}, reason="typing_error", note="typed"
        )

    def hand_over(self) -> None:
        """Release some of what was collected."""
        nora = self.cast.nora
        listed_to = transfer.open_transfer(nora, "station", self.cast.stations["AMS laboratory"]).code
        self.lists.append(listed_to)
        tried = [transfer.pack(nora, listed_to, self.tube()) for _ in range(self.draw.randint(1, 3))]
        packed = sum(each.verdict == "ok" for each in tried)
        if self.draw.random() < 0.8:
            transfer.seal(nora, listed_to, packed, transport="by_hand", temperature="room")
            transfer.release(nora, listed_to)

    def take_in(self, some: str) -> None:
        """Receive some of what is on a list."""
        receipt.open_receipt(self.cast.mei, some, condition="intact", temperature_tenths_c=210)
        for _ in range(self.draw.randint(1, 9)):
            receipt.receive(self.cast.mei, some, self.tube())

    def go(self, count: int) -> None:
        """Try *count* things."""
        for _ in range(count):
            self.clock.shift(self.draw.choice((1, 20, 300)))
            try:
                self.draw.choice(self.steps())()
            except SpecimensError:
                continue
            self.done += 1


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_people_do_there_is_no_false_alarm(
    seed: int, context: Flask, clock: time_machine.Traveller
) -> None:
    walk = Walk(build(), clock, seed)
    walk.go(70)
    assert walk.done > 15
    consent.withdraw(walk.cast.nora, walk.made.participant, choice="destroy", reason="No longer wishes to.")
    assert _verified().differences == ()


def test_a_walk_reaches_every_part_of_a_life(context: Flask, clock: time_machine.Traveller) -> None:
    walk = Walk(build(), clock, 7)
    walk.go(220)
    acts = set(db.session.execute(db.text("SELECT DISTINCT act FROM ledger_entry")).scalars())
    assert {
        "collected",
        "undone",
        "corrected",
        "packed",
        "released",
        "accepted",
        "scan_refused",
        "derived",
    } <= acts
    assert _verified().sound


def test_verifying_sees_one_moment_while_people_go_on(context: Flask, clock: time_machine.Traveller) -> None:
    cast = build()
    opened(cast, clock)
    db.session.rollback()

    def work(done: int, total: int) -> None:
        if done < total:
            site.add_station(cast.adam, "AMS", f"Station {done}", StationKind.CLINIC)

    assert verify(work).differences == ()
