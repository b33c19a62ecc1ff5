"""Another study runs on the same program: two blood timepoints, two sites, nothing of the first trial in the code."""

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from time_machine import Traveller

from specimens.domain.access import Actor, system_actor
from specimens.domain.errors import NotFound
from specimens.domain.protocol import load, shipped
from specimens.domain.terms import Status
from specimens.services import collection as collecting
from specimens.services import (
    consent,
    eligibility,
    kit,
    participant,
    publication,
    receipt,
    study,
    transfer,
    verify,
    visit,
)
from specimens.services.clock import now_ms
from specimens.services.scan import specimen_now
from specimens.services.signature import Pen
from specimens.services.study import protocol_of
from tests.cast import PASSWORD, ZONE, Cast, build
from tests.house.tree import code as program
from tests.house.tree import text

TODAY = date(2026, 3, 2)


def _here(cast: Cast, login: str) -> Actor:
    return replace(getattr(cast, login), study="example_vaccine")


@pytest.fixture
def cast(context: Flask, clock: Traveller) -> Cast:
    made = build()
    system = system_actor(ZONE)
    published = publication.publish(system, shipped()["example_vaccine.toml"], "example_vaccine.toml")
    for site in ("AMS", "OSL"):
        study.open_at_site(system, published.code, site)
    return made


def _enrolled(nurse: Actor, investigator: Actor, number: str) -> str:
    code = participant.register(nurse, number).code
    version = protocol_of(nurse.study).consent_required_on(TODAY)
    assert version is not None
    consent.record(
        nurse, code, version=version.code, scopes=version.scopes, signed_at=now_ms() - 60_000, obtained_by="Ivo Smit",
        original="Binder 1",
    )  # fmt: skip
    told = {"age": {"value": "70"}, "earlier_vaccine": {"never": "1"}}
    eligibility.answer(nurse, code, told, day0_planned_on=TODAY)
    eligibility.confirm(investigator, code, pen=Pen(PASSWORD))
    eligibility.enrol(nurse, code, day0_planned_on=TODAY)
    return code


def test_a_vaccine_study_is_collected_and_received_by_the_same_program(cast: Cast, clock: Traveller) -> None:
    nora, ola, mei = _here(cast, "nora"), _here(cast, "ola"), _here(cast, "mei")
    example = protocol_of("example_vaccine").subject_number.example
    someone = _enrolled(nora, _here(cast, "ivo"), example)
    opened = visit.open_visit(nora, someone, "D0")
    (planned,) = opened.kits
    kit.open_kit(nora, planned.code)
    kit.attest_identity(nora, planned.code)
    tubes = [each.code for each in kit.get(nora, planned.code).outstanding]
    assert tubes and all(collecting.collect(nora, planned.code, tube, None).saved for tube in tubes)
    kit.finish(nora, planned.code)
    bag = transfer.release_kit(
        nora, planned.code, "station", cast.stations["AMS laboratory"], count=len(tubes), transport="by_hand",
        temperature=protocol_of("example_vaccine").storage_temperatures[0].code,
    )  # fmt: skip
    clock.shift(600)
    receipt.open_receipt(mei, bag.code, condition="intact", temperature_tenths_c=None)
    assert all(receipt.receive(mei, bag.code, tube).saved for tube in tubes)
    receipt.close(mei, bag.code)
    assert {specimen_now(tube).status for tube in tubes} == {Status.RECEIVED}
    with pytest.raises(NotFound):  # the other site sees nothing of it, and neither does the other study
        participant.get(ola, someone)
    with pytest.raises(NotFound):
        participant.get(cast.nora, someone)
    assert verify.verify().sound


def test_the_program_names_nothing_of_either_study() -> None:
    words = {
        code
        for name in ("belimumab_sle", "example_vaccine")
        for protocol in (load(shipped()[f"{name}.toml"], name),)
        for records in (protocol.procedures, protocol.slots)
        for code in [each.code for each in records]
        if len(code) > 3
    } - {"blood"}  # also a kind of procedure, in the language of every protocol
    named = [
        f"{path}: {word}"
        for path in program()
        if not path.startswith("specimens/cli/demo")
        for word in sorted(words)
        if f'"{word}"' in text(path)
    ]
    assert named == []
