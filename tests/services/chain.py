"""The whole way to the bench, by the real services: screened, enrolled, drawn, released, received. For many tests.

chain = Chain(cast, clock)
tubes = chain.received("blood")          # slot → the received specimens, in order of draw
batch = chain.batch(tubes["SST"])
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from threading import Barrier
from typing import Any

from flask import Flask
from time_machine import Traveller

from specimens.cli.demo_clinic import answers
from specimens.domain.access import Actor, system_actor
from specimens.domain.errors import SpecimensError
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, StorageKind
from specimens.models.base import db
from specimens.services import (
    collection,
    consent,
    derivative,
    eligibility,
    kit,
    participant,
    processing,
    receipt,
    site,
    transfer,
    visit,
)
from specimens.services.clock import now_ms, today
from specimens.services.derivative import Yield
from specimens.services.record import writing
from specimens.services.scan import specimen_now
from specimens.services.signature import Pen
from specimens.services.study import protocol_of
from tests.cast import PASSWORD, ZONE, Cast

_numbers = count(1)


class Chain:
    """One participant, enrolled, and whatever is drawn from them; the clock of the test moves on with the acts."""

    def __init__(self, cast: Cast, clock: Traveller, *, genetics: bool = True) -> None:
        self.cast = cast
        self.clock = clock
        self.protocol = protocol_of(cast.study)
        self.visits: dict[str, str] = {}
        self.participant = self._enrol(genetics)

    def _enrol(self, genetics: bool) -> str:
        nora, ivo = self.cast.nora, self.cast.ivo
        code = participant.register(nora, f"BEL-{next(_numbers):03d}").code
        version = self.protocol.consent_required_on(today(ZONE))
        assert version is not None
        scopes = tuple(scope for scope in version.scopes if genetics or scope != "genetics")
        consent.record(
            nora, code, version=version.code, scopes=scopes, signed_at=now_ms() - 60_000, obtained_by="Ivo Smit",
            original="Binder 3",
        )  # fmt: skip
        zero = today(ZONE) + timedelta(days=7)
        told = answers(self.protocol, random.Random(1), "A")
        eligibility.answer(nora, code, told, day0_planned_on=zero)
        eligibility.confirm(ivo, code, pen=Pen(PASSWORD))
        eligibility.enrol(nora, code, day0_planned_on=zero)
        return code

    def collected(self, procedure: str = "blood", timepoint: str = "BL") -> tuple[str, list[Specimen]]:
        """Open the visit and collect everything that the plan asks of a procedure; return the kit and its tubes."""
        nora = self.cast.nora
        if timepoint not in self.visits:
            self.visits[timepoint] = visit.open_visit(nora, self.participant, timepoint).visit.code
        kits = visit.get(nora, self.visits[timepoint]).kits
        mine = next(each.code for each in kits if each.procedure == procedure)
        kit.open_kit(nora, mine)
        kit.attest_identity(nora, mine)
        view = kit.get(nora, mine)
        if view.tissue:
            place = (view.expected or view.places)[0]
            kit.record_procedure(
                nora, mine, body_site=place[0], side=place[1], device="needle", performed_by="Dr. R. Haak",
                pieces=self.protocol.procedure(procedure).target_pieces or 1,
            )  # fmt: skip
        tubes = []
        for tube in kit.get(nora, mine).outstanding:
            outcome = collection.collect(nora, mine, tube.code, None)
            assert outcome.saved, outcome
            tubes.append(specimen_now(tube.code))
        kit.finish(nora, mine)
        return mine, tubes

    def received(self, procedure: str = "blood", timepoint: str = "BL") -> dict[str, list[Specimen]]:
        """Collect, release to the laboratory and receive ten minutes later; return slot → received specimens."""
        mei = self.cast.mei
        mine, tubes = self.collected(procedure, timepoint)
        laboratory = self.cast.stations["AMS laboratory"]
        released = transfer.release_kit(
            self.cast.nora,
            mine,
            "station",
            laboratory,
            count=len(tubes),
            transport="by_hand",
            temperature="room",
        )
        self.clock.shift(600)
        receipt.open_receipt(mei, released.code, condition="intact", temperature_tenths_c=210)
        slots: dict[str, list[Specimen]] = defaultdict(list)
        for tube in tubes:
            assert receipt.receive(mei, released.code, tube.code).saved
            slots[tube.slot].append(specimen_now(tube.code))
        receipt.close(mei, released.code)
        return dict(slots)

    def batch(self, tubes: list[Specimen], name: str = "Monday") -> str:
        """Open a batch and scan the tubes in."""
        code = processing.open_batch(self.cast.mei, name).code
        for tube in tubes:
            assert processing.join(self.cast.mei, code, tube.code).saved
        return code

    def step(self, batch: str, step: str, *tubes: Specimen, **values: object) -> None:
        """Record a step now, on these tubes or on everything in the batch that is still at the bench."""
        chosen = [tube.code for tube in tubes] or None
        processing.record_step(self.cast.mei, batch, step, values, specimens=chosen)

    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.clock.shift(minutes * 60)


def labelled(actor: Actor, *tubes: Specimen) -> None:
    """Print a label for each and scan it back, in one operation: printing by the service draws every sheet."""
    with writing(actor) as op:
        for tube in tubes:
            facts = {"generation": 1, "stock": "roll_33", "dpi": 300}
            op.append(Kind.SPECIMEN, tube.code, "label_printed", facts=facts)
            op.append(Kind.SPECIMEN, tube.code, "label_confirmed")


def now(tube: Specimen | str) -> Specimen:
    """Return a specimen as it is now."""
    return specimen_now(tube if isinstance(tube, str) else tube.code)


def unit(
    kind: str = "box", temperature: str = "minus80", *, name: str = "B07", parent: str | None = None,
    rows: int = 9, columns: int = 9, fill: str = "row", where: str = "AMS",
) -> str:  # fmt: skip
    """Add a storage unit; a box has 9 × 9 wells unless told otherwise."""
    if kind != "box":
        rows = columns = 0
    return site.add_storage(
        system_actor(ZONE), where, StorageKind(kind), name, temperature, parent=parent, rows=rows,
        columns=columns, fill=fill,
    ).code  # fmt: skip


def together(app: Flask, works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do several things in as many threads, all beginning at the same moment; return what came, errors among it."""
    barrier = Barrier(len(works))
    db.session.remove()

    def one(work: Callable[[], Any]) -> Any:
        with app.app_context():
            barrier.wait()
            try:
                return work()
            except SpecimensError as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(one, works))


def in_oslo(cast: Cast) -> Actor:
    """Return a technician of the other site, who must see nothing of Amsterdam."""
    return replace(
        cast.mei,
        sites=frozenset({"OSL"}),
        site="OSL",
        station=cast.stations["OSL laboratory"],
        zone="Europe/Oslo",
    )


def frozen_vials(chain: Chain, count: int = 1) -> list[Specimen]:
    """Make frozen vials of serum, 100 µl each, from a tube that was drawn for them."""
    tube = chain.received()["SST"][0]
    batch = chain.batch([tube])
    made: list[Specimen] = []
    while count > len(made):
        many = min(derivative.MOST_CHILDREN, count - len(made))
        made += derivative.derive(
            chain.cast.mei, "serum", [Yield(tube.code, many, 100)], batch=batch, reason="other", note="test"
        )
    labelled(chain.cast.mei, *made)
    chain.step(batch, "frozen", *made)
    return [now(vial) for vial in made]
