"""Use, shipping, quarantine, destruction in front of a witness, and an excursion of a whole freezer."""

import pytest
from sqlalchemy import func, select
from time_machine import Traveller

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.terms import Hold, Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry, SealedText
from specimens.services import disposal, excursion, storage, use
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.record import writing
from specimens.services.signature import Pen
from tests.cast import PASSWORD, Cast
from tests.services.chain import Chain, frozen_vials, in_oslo, now, unit


@pytest.fixture
def chain(cast: Cast, clock: Traveller) -> Chain:
    return Chain(cast, clock)


def _acts(code: str) -> list[str]:
    return [entry.act for entry in entries_of(db.session(), Kind.SPECIMEN, code)]


def _order(chain: Chain, code: str) -> None:
    with writing(chain.cast.ivo) as op:
        op.append(Kind.SPECIMEN, code, "destruction_ordered", reason="consent_withdrawn")


def test_some_is_used_for_a_purpose_and_the_rest_stays(chain: Chain) -> None:
    mei, (vial,) = chain.cast.mei, frozen_vials(chain)
    assert use.use(mei, vial.code, purpose="anti-dsDNA", volume_ul=60).volume_ul == 40
    with pytest.raises(Refused) as refused:
        use.use(mei, vial.code, purpose="anti-dsDNA", volume_ul=41)
    assert refused.value.code == "volume_too_small"
    for wrong in (
        {"purpose": "", "volume_ul": 1},
        {"purpose": "x", "volume_ul": None},
        {"purpose": "x", "volume_ul": -1},
        {"purpose": "born 12-03-1987", "volume_ul": 1},
    ):
        with pytest.raises(BadInput):
            use.use(mei, vial.code, **wrong)  # type: ignore[arg-type]
    done = use.use_up(mei, vial.code, purpose="anti-dsDNA")
    assert (done.status, done.volume_ul, done.custodian) == ("used_up", 0, None)


def test_thaws_are_counted_and_only_of_what_was_taken_out(chain: Chain) -> None:
    mei, (vial,), box = chain.cast.mei, frozen_vials(chain), unit()
    storage.put(mei, box, vial.code)
    with pytest.raises(Refused):
        use.thaw(mei, vial.code)
    for number in (1, 2):
        storage.retrieve_one(mei, vial.code, reason="analysis")
        assert use.thaw(mei, vial.code).thaws == number
        storage.put(mei, box, vial.code)


def test_what_is_on_hold_is_neither_used_nor_shipped(chain: Chain) -> None:
    mei, (vial,) = chain.cast.mei, frozen_vials(chain)
    disposal.quarantine(mei, vial.code, reason="condition_doubtful")
    for work in (
        lambda: use.use(mei, vial.code, purpose="x", volume_ul=1),
        lambda: use.use_up(mei, vial.code, purpose="x"),
        lambda: use.ship(mei, vial.code, destination="UMCU"),
    ):
        with pytest.raises(Refused) as refused:
            work()
        assert refused.value.code == "on_hold"
    with pytest.raises(Refused) as refused:
        disposal.quarantine(mei, vial.code, reason="condition_doubtful")
    assert refused.value.code == "already_quarantined"


def test_shipped_and_come_back(chain: Chain) -> None:
    mei, (vial,), box = chain.cast.mei, frozen_vials(chain), unit()
    storage.put(mei, box, vial.code)
    away = use.ship(mei, vial.code, destination="UMC Utrecht")
    assert (away.status, away.place, away.custodian) == ("shipped", None, None)
    back = use.come_back(mei, vial.code)
    assert (back.status, back.custodian) == ("received", mei.station)
    with pytest.raises(Refused):
        use.come_back(mei, vial.code)


def test_destroyed_in_front_of_a_witness(chain: Chain) -> None:
    cast, (vial,), box = chain.cast, frozen_vials(chain), unit()
    storage.put(cast.mei, box, vial.code)
    done = disposal.destroy(
        cast.mei, vial.code, pen=Pen(PASSWORD), witness="Ivo ", witness_pen=Pen(PASSWORD), reason="unusable"
    )
    assert (done.status, done.place, done.ended_reason) == ("destroyed", None, "unusable")
    entry = entries_of(db.session(), Kind.SPECIMEN, vial.code)[-1]
    assert (entry.facts["witness"], entry.facts["from_place"], entry.facts["from_position"]) == (
        cast.ivo.user, box, "A1",
    )  # fmt: skip
    with pytest.raises(Refused):
        disposal.destroy(
            cast.mei,
            vial.code,
            pen=Pen(PASSWORD),
            witness="ivo",
            witness_pen=Pen(PASSWORD),
            reason="unusable",
        )


def test_oneself_a_stranger_or_a_wrong_password_is_no_witness(chain: Chain) -> None:
    cast, (vial,) = chain.cast, frozen_vials(chain)
    before = _acts(vial.code)
    for witness, password, field in (
        ("mei", PASSWORD, "witness"),
        (" MEI ", PASSWORD, "witness"),
        ("ivo", "wrong", "witness_password"),
        ("nobody", PASSWORD, "witness_password"),
        ("", PASSWORD, "witness"),
        ("ivo", "", "witness_password"),
    ):
        with pytest.raises(BadInput) as refused:
            disposal.destroy(
                cast.mei,
                vial.code,
                pen=Pen(PASSWORD),
                witness=witness,
                witness_pen=Pen(password),
                reason="unusable",
            )
        assert field in refused.value.fields, witness
    assert _acts(vial.code) == before


def test_guessing_a_witness_s_password_is_slowed_down(chain: Chain) -> None:
    mei, (vial,) = chain.cast.mei, frozen_vials(chain)
    told = [_refused(mei, vial.code) for _ in range(10)]
    assert told[0] == "form_incomplete" and told[-1] == "login_wait"


def _refused(actor: Actor, code: str) -> str:
    with pytest.raises((BadInput, Refused)) as refused:
        disposal.destroy(
            actor, code, pen=Pen(PASSWORD), witness="ivo", witness_pen=Pen("guess"), reason="unusable"
        )
    return refused.value.code


def test_destruction_needs_a_reason_unless_the_investigator_ordered_it(chain: Chain) -> None:
    mei, (one, two) = chain.cast.mei, frozen_vials(chain, 2)
    with pytest.raises(BadInput) as refused:
        disposal.destroy(mei, one.code, pen=Pen(PASSWORD), witness="ivo", witness_pen=Pen(PASSWORD))
    assert refused.value.fields == {"reason": "reason_needed"}
    _order(chain, two.code)
    assert (
        disposal.destroy(
            mei, two.code, pen=Pen(PASSWORD), witness="ivo", witness_pen=Pen(PASSWORD)
        ).ended_reason
        == "ordered"
    )


def test_the_password_of_a_witness_is_kept_nowhere(chain: Chain) -> None:
    mei, (vial,) = chain.cast.mei, frozen_vials(chain)
    disposal.destroy(
        mei,
        vial.code,
        pen=Pen(PASSWORD),
        witness="ivo",
        witness_pen=Pen(PASSWORD),
        reason="unusable",
        key="k",
    )
    bodies = db.session.execute(select(LedgerEntry.body)).scalars()
    assert not any(PASSWORD.encode() in body for body in bodies)
    assert not any(PASSWORD in (text or "") for text in db.session.execute(select(SealedText.text)).scalars())


def test_who_sees_or_may_what(chain: Chain) -> None:
    cast, (vial,) = chain.cast, frozen_vials(chain)
    with pytest.raises(NotPermitted):
        disposal.destroy(
            cast.nora,
            vial.code,
            pen=Pen(PASSWORD),
            witness="nils",
            witness_pen=Pen(PASSWORD),
            reason="unusable",
        )
    with pytest.raises(NotFound):
        disposal.destroy(
            in_oslo(cast),
            vial.code,
            pen=Pen(PASSWORD),
            witness="ivo",
            witness_pen=Pen(PASSWORD),
            reason="unusable",
        )
    with pytest.raises(NotPermitted):
        disposal.quarantine(cast.mona, vial.code, reason="condition_doubtful")


# ---------------------------------------------------------------------------------------------- excursion


def test_an_excursion_holds_every_tube_of_a_freezer_in_one_operation(chain: Chain) -> None:
    mei = chain.cast.mei
    freezer = unit("freezer", name="F3")
    box = unit(parent=unit("rack", parent=freezer))
    vials = frozen_vials(chain, 82)
    for vial in vials[:81]:
        storage.put(mei, box, vial.code)
    chain.wait(120)
    assert excursion.would_reach(mei, freezer) == 81
    done = excursion.record(
        mei, freezer, lowest_tenths_c=-785, highest_tenths_c=-412, minutes=90, began_at=now_ms() - 100 * 60_000,
        cause="power_failure", note="generator test",
    )  # fmt: skip
    assert len(done.specimens) == 81
    assert all(now(vial).holds == (Hold.EXCURSION,) for vial in vials[:81]) and not now(vials[81]).holds
    operations = db.session.execute(
        select(func.count(func.distinct(LedgerEntry.operation)), func.count()).where(
            LedgerEntry.act == "temperature_excursion"
        )
    ).one()
    assert tuple(operations) == (1, 81)
    entry = entries_of(db.session(), Kind.STORAGE, freezer)[-1]
    assert (entry.act, len(entry.facts["specimens"]), entry.reason) == (
        "excursion_recorded",
        81,
        "power_failure",
    )


def test_what_left_the_freezer_since_is_held_and_what_came_later_is_not(chain: Chain) -> None:
    mei, box, rescue = chain.cast.mei, unit(), unit(name="B99")
    stayed, carried, taken, later = frozen_vials(chain, 4)
    for vial in (stayed, carried, taken):
        storage.put(mei, box, vial.code)
    chain.wait(30)
    began_at = now_ms()
    chain.wait(60)
    storage.put(mei, rescue, carried.code)
    storage.retrieve_one(mei, taken.code, reason="analysis")
    chain.wait(60)
    storage.put(mei, box, later.code)
    done = excursion.record(
        mei,
        box,
        lowest_tenths_c=-780,
        highest_tenths_c=-200,
        minutes=90,
        began_at=began_at,
        cause="door_left_open",
    )
    assert sorted(done.specimens) == sorted(each.code for each in (stayed, carried, taken))
    assert not now(later).holds


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lowest_tenths_c": -2001}, "lowest"),
        ({"highest_tenths_c": 601}, "highest"),
        ({"lowest_tenths_c": -100, "highest_tenths_c": -200}, "highest"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 100}, "minutes"),
        ({"cause": "sabotage"}, "cause"),
        ({"note": "x" * 3000}, "reason_note"),
    ],
)
def test_impossible_excursions_are_refused_by_field(
    cast: Cast, clock: Traveller, change: dict[str, object], field: str
) -> None:
    said = {
        "lowest_tenths_c": -800, "highest_tenths_c": -300, "minutes": 10, "began_at": now_ms() - 700_000,
        "cause": "door_left_open",
    }  # fmt: skip
    with pytest.raises(BadInput) as refused:
        excursion.record(cast.mei, unit(), **{**said, **change})  # type: ignore[arg-type]
    assert field in refused.value.fields


def test_a_range_within_the_limits_is_no_excursion(cast: Cast, clock: Traveller) -> None:
    with pytest.raises(Refused) as refused:
        excursion.record(
            cast.mei, unit(), lowest_tenths_c=-850, highest_tenths_c=-650, minutes=10,
            began_at=now_ms() - 700_000, cause="logger_alarm",
        )  # fmt: skip
    assert refused.value.code == "within_limits"


def test_only_the_laboratory_of_the_site_records_an_excursion(cast: Cast, clock: Traveller) -> None:
    box = unit()
    said = {
        "lowest_tenths_c": -800, "highest_tenths_c": -300, "minutes": 10, "began_at": now_ms() - 700_000,
        "cause": "door_left_open",
    }  # fmt: skip
    with pytest.raises(NotPermitted):
        excursion.record(cast.nora, box, **said)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        excursion.record(in_oslo(cast), box, **said)  # type: ignore[arg-type]
