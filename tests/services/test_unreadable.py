"""A label that cannot be read: the identity by position, two people, the same identifier as a new generation."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from time_machine import Traveller

from specimens.documents.custody import custody_pdf
from specimens.documents.custody_csv import custody_csv
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import disposal, label, report, signature, storage, unreadable, use, verify
from specimens.services.entries import entries_of
from specimens.services.label_stock import Choice
from specimens.services.report_scope import ReportScope
from specimens.services.signature import Pen
from specimens.services.unreadable import Seen
from tests.cast import PASSWORD, Cast
from tests.services.bags import said
from tests.services.chain import Chain, frozen_vials, in_oslo, now, unit

ROLL = Choice("roll_33", 300)
Reprint = Callable[..., Any]


@pytest.fixture
def chain(cast: Cast, clock: Traveller) -> Chain:
    return Chain(cast, clock)


@pytest.fixture
def vials(chain: Chain) -> list[Specimen]:
    return frozen_vials(chain, 2)


@pytest.fixture
def box(chain: Chain, vials: list[Specimen]) -> str:
    made = unit(name="B07", parent=unit("freezer", name="F3"))
    for vial in vials:
        assert storage.put(chain.cast.mei, made, vial.code).saved
    return made


def _reprint(cast: Cast, code: str, box: str, well: str = "A1", **more: Any) -> Any:
    asked: dict[str, Any] = {
        "pen": Pen(PASSWORD), "witness": "ivo", "witness_pen": Pen(PASSWORD), "key": "once", **more,
    }  # fmt: skip
    return unreadable.reprint(asked.pop("actor", cast.mei), code, Seen(box, well), ROLL, **asked)


def _acts(code: str) -> list[str]:
    return [entry.act for entry in entries_of(db.session(), Kind.SPECIMEN, code)]


def test_two_people_know_a_tube_by_its_well_and_its_label_is_printed_again(
    chain: Chain, vials: list[Specimen], box: str
) -> None:
    cast, code = chain.cast, vials[0].code
    for _twice in range(2):
        done = _reprint(cast, code, box, "a1", note="frost on it")
        assert done.pdf.startswith(b"%PDF")
    assert _acts(code)[-3:] == ["identified_by_position", "label_retired", "label_printed"]
    known, retired, printed = entries_of(db.session(), Kind.SPECIMEN, code)[-3:]
    assert dict(known.facts) == {"at_place": box, "at_position": "A1", "witness": cast.ivo.user}
    assert (known.actor["user"], known.reason, known.opened) == (
        cast.mei.user, "label_unreadable", {"reason": "frost on it"},
    )  # fmt: skip
    assert (retired.facts["retired_generation"], printed.facts["generation"]) == (1, 2)
    assert len({known.operation, retired.operation, printed.operation}) == 1
    signed = signature.of(Kind.SPECIMEN, code)
    assert [(each.signature.user, each.signature.of_seq) for each in signed] == [
        (cast.mei.user, known.seq), (cast.ivo.user, known.seq),
    ]  # fmt: skip
    assert (now(code).place, now(code).position, now(code).status) == (box, "A1", "stored")
    assert said(storage.put(cast.mei, box, code, well="B1")) == ("stop", "label_not_scanned_back")
    assert said(label.confirm(cast.mei, "specimen", code, code, None)) == ("ok", "label_counts")
    assert said(storage.put(cast.mei, box, code, well="B1")) == ("ok", "moved_ok")
    assert verify.verify().sound


def test_the_report_says_by_which_well_and_by_which_two_people_it_was_known(
    chain: Chain, vials: list[Specimen], box: str
) -> None:
    _reprint(chain.cast, vials[0].code, box, "a1", note="frost on it")
    told = report.preview(chain.cast.ada, ReportScope("specimen", vials[0].code))
    (known,) = [event for event in told.events if event.act.code == "identified_by_position"]
    assert (known.who.name, known.witness, known.seen_at) == ("Mei Tan", "Ivo Smit", "F3 › B07, A1")
    assert [event.number for event in told.events if event.witness or event.seen_at] == [known.number]
    (row,) = [
        row for row in csv.DictReader(io.StringIO(custody_csv(told).decode("utf-8-sig"))) if row["witness"]
    ]
    assert (row["act"], row["witness"], row["seen_at"]) == (
        "identified_by_position",
        "Ivo Smit",
        "F3 › B07, A1",
    )
    with pypdfium2.PdfDocument(custody_pdf(told)) as pdf:
        printed = "".join(page.get_textpage().get_text_bounded() for page in pdf)
    assert "second person Ivo Smit" in " ".join(printed.split())
    assert "known by where it lay: F3 › B07, A1" in " ".join(printed.split())


def test_a_tube_that_was_just_taken_out_is_known_by_the_well_it_lay_in(
    chain: Chain, vials: list[Specimen], box: str
) -> None:
    cast, code = chain.cast, vials[1].code
    storage.retrieve_one(cast.mei, code, reason="analysis")
    disposal.quarantine(cast.mei, code, reason="condition_doubtful")
    assert unreadable.lying(cast.mei, code).well == "A2"
    _reprint(cast, code, box, "A2")
    known = entries_of(db.session(), Kind.SPECIMEN, code)[-3]
    assert (known.facts["at_place"], known.facts["at_position"]) == (box, "A2")


def test_what_went_on_from_there_is_known_by_no_position_any_more(
    chain: Chain, vials: list[Specimen], box: str
) -> None:
    cast, code = chain.cast, vials[0].code
    storage.retrieve_one(cast.mei, code, reason="analysis")
    assert unreadable.has_a_well(now(code))
    use.thaw(cast.mei, code)
    assert not unreadable.has_a_well(now(code))
    with pytest.raises(Refused, match="not_in_a_well"):
        _reprint(cast, code, box)


def test_a_tube_at_the_bench_or_in_a_drawer_is_known_by_no_position(
    chain: Chain, vials: list[Specimen]
) -> None:
    mei, code = chain.cast.mei, vials[0].code
    for _where in ("the bench", "the drawer"):
        with pytest.raises(Refused, match="not_in_a_well"):
            _reprint(chain.cast, code, unit("rack", name="unused"))
        assert storage.put(mei, unit("rack", name="R2"), code).saved


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"witness": "mei"}, {"witness": "witness_is_yourself"}),
        ({"witness": " MEI "}, {"witness": "witness_is_yourself"}),
        ({"witness": "nobody"}, {"witness_password": "witness_unknown"}),
        ({"witness": ""}, {"witness": "field_needed"}),
        ({"witness_pen": Pen("wrong")}, {"witness_password": "witness_unknown"}),
        ({"witness": "nora"}, {"witness": "witness_may_not"}),
        ({"pen": Pen("")}, {"password": "field_needed"}),
        ({"well": "A2"}, {"well": "another_well"}),
        ({"well": "Z99"}, {"well": "another_well"}),
        ({"well": " "}, {"well": "field_needed"}),
        ({"note": "born 12-03-1987"}, {"reason_note": "looks_like_a_date"}),
    ],
)
def test_whoever_or_whatever_is_wrong_is_told_at_its_field_and_nothing_is_written(
    chain: Chain, vials: list[Specimen], box: str, change: dict[str, Any], fields: dict[str, str]
) -> None:
    before = _acts(vials[0].code)
    with pytest.raises(BadInput) as wrong:
        _reprint(chain.cast, vials[0].code, box, **change)
    assert list(wrong.value.fields) == list(fields)
    if "reason_note" not in fields:
        assert wrong.value.fields == fields
    assert _acts(vials[0].code) == before


def test_another_box_a_wrong_password_and_other_people_are_refused(
    chain: Chain, vials: list[Specimen], box: str
) -> None:
    cast, code = chain.cast, vials[0].code
    for raw, told in ((unit(name="B08"), "box_of_another"), (code, "box_of_another")):
        with pytest.raises(BadInput) as wrong:
            _reprint(cast, code, raw)
        assert wrong.value.fields == {"box": told}
    with pytest.raises(BadInput) as rubbish:
        _reprint(cast, code, "<script>")
    assert list(rubbish.value.fields) == ["box"]
    with pytest.raises(Refused, match="password_wrong"):
        _reprint(cast, code, box, pen=Pen("not mine"))
    with pytest.raises(NotPermitted):
        _reprint(cast, code, box, actor=cast.nora)
    with pytest.raises(NotFound):
        _reprint(cast, code, box, actor=in_oslo(cast))
    assert "identified_by_position" not in _acts(code)
