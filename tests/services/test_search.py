"""Searching: every filter, every page, exactly what the person may see, on both engines."""

from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select

from specimens.domain.access import Actor
from specimens.domain.errors import NotPermitted
from specimens.domain.identifiers import new_identifier
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import search_plan, tenancy
from specimens.services.record import writing
from specimens.services.row import table_of
from specimens.services.search import Query, Results, export, search
from tests.cast import Cast
from tests.history import History

_HEAD = {"entry_seq": 1, "entry_hash": b"h" * 32}


@pytest.fixture
def history(cast: Cast, blood_received: History) -> History:
    """Blood received."""
    return blood_received


def _many(history: History, count: int, **changes: object) -> list[str]:
    """Put more specimens of that visit there: rows alone, for reading."""
    table = table_of(Kind.SPECIMEN)
    row = dict(db.session.execute(select(table).where(table.c.code == history.tubes[0])).mappings().one())
    row.pop("id")
    codes: list[str] = []
    while len(codes) < count:
        if (code := new_identifier()) not in codes:
            codes.append(code)
    db.session.execute(insert(table), [{**row, **changes, "code": code} for code in codes])
    db.session.commit()
    return codes


def _box(cast: Cast) -> str:
    with writing(cast.adam) as op:
        unit = {"site": "AMS", "temperature": "minus80"}
        freezer = op.create(
            Kind.STORAGE, "storage_added", facts={**unit, "kind": "freezer", "name": "Freezer F1"}
        )
        box = op.create(
            Kind.STORAGE, "storage_added",
            facts={**unit, "kind": "box", "name": "Box 7", "parent": freezer.code, "rows": 9, "columns": 9},
        )  # fmt: skip
    return str(box.code)


def _codes(found: Results) -> list[str]:
    return [line.specimen.code for line in found.lines]


def _walked(actor: Actor, query: Query, size: int) -> list[str]:
    codes: list[str] = []
    after = None
    while True:
        page = search(actor, query, after=after, size=size)
        codes += _codes(page)
        if page.next is None:
            return codes
        after = page.next


_SEEN = {"nora": 37, "mei": 37, "everywhere": 42, "ola": 10, "nobody": 0}


@pytest.mark.parametrize("few", [0, 2000])
def test_all_pages_together_are_what_the_person_may_see(
    few: int, cast: Cast, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever way the search is answered: by an index of the few, or on the way through all."""
    monkeypatch.setattr(search_plan, "FEW", few)
    _many(history, 12)
    _many(history, 5, site="OSL", held_site="OSL")
    _many(history, 3, site="OSL", held_site="AMS")
    _many(history, 2, site="OSL", held_site=None, custodian=None, custodian_kind=None, bound_site="AMS")
    others = {"everywhere": replace(cast.ada, sites=None), "nobody": replace(cast.nora, sites=frozenset())}
    received_ones = set(
        db.session.execute(select(SpecimenRow.code).where(SpecimenRow.status == "received")).scalars()
    )
    for login, count in _SEEN.items():
        actor = others.get(login) or cast.actors[login]
        seen = set(
            db.session.execute(select(SpecimenRow.code).where(tenancy.visible_specimens(actor))).scalars()
        )
        assert len(seen) == count
        for query in (
            Query(),
            Query(status="received"),
            Query(participant=history.participant),
            Query(timepoint="BL"),
        ):
            wanted = seen & received_ones if query.status else seen
            found = _walked(actor, query, 7)
            assert len(found) == len(set(found))
            assert set(found) == wanted
            assert search(actor, query).total == len(wanted)


def test_pages_go_forth_and_back_over_the_same_specimens(cast: Cast, history: History) -> None:
    _many(history, 30)
    first = search(cast.mei, Query(), size=20)
    second = search(cast.mei, Query(), size=20, after=first.next)
    third = search(cast.mei, Query(), size=20, after=second.next)
    assert (first.previous, third.next) == (None, None)
    assert _codes(search(cast.mei, Query(), size=20, before=second.previous)) == _codes(first)
    assert _codes(search(cast.mei, Query(), size=20, before=third.previous)) == _codes(second)
    assert search(cast.mei, Query(), size=20, before=second.previous).previous is None
    assert len({*_codes(first), *_codes(second), *_codes(third)}) == 50


def _counting_to(most: int, monkeypatch: pytest.MonkeyPatch, *, many: int = 20_000) -> None:
    monkeypatch.setattr(search_plan, "MOST_COUNTED", most)
    monkeypatch.setattr(search_plan, "FEW", most)
    monkeypatch.setattr(search_plan, "MANY", many)


def test_each_status_is_counted_up_to_a_limit(
    cast: Cast, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    _counting_to(10, monkeypatch)
    _many(history, 20, status="stored", place="C4K7N2XD")
    for actor in (cast.mei, replace(cast.mei, sites=None)):
        found = search(actor, Query(), size=20)
        assert found.counted.numbers == {"planned": 10, "received": 7, "stored": 10}
        assert list(found.counted.numbers) == ["planned", "received", "stored"]
        assert found.counted.further == {"planned", "stored"}
        assert (found.total, found.more) == (27, True)
        whole = search(actor, Query(), whole=True)
        assert whole.counted.numbers == {"planned": 13, "received": 7, "stored": 20}
        assert (whole.total, whole.more) == (40, False)


@pytest.mark.parametrize("many", [0, 20_000])
def test_what_is_counted_only_in_part_is_at_least_that_many(
    many: int, cast: Cast, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With other conditions so many of the newest are looked at; the rest is counted when somebody asks for it."""
    _counting_to(10, monkeypatch, many=many)
    box = _box(cast)
    _many(history, 20, status="stored", place=box, specimen_type="urine")
    _many(history, 5, status="received", specimen_type="urine")
    found = search(cast.mei, Query(specimen_type="urine"))
    assert found.counted.numbers == {"received": 5, "stored": 5}
    assert found.counted.further == {"received", "stored"}
    assert not found.counted.complete
    assert (found.total, found.more) == (25, True)  # so many are on the page
    both = search(cast.mei, Query(specimen_type="urine", status="stored", place=box))
    assert (both.total, both.more, len(both.lines)) == (20, True, 20)
    for actor in (cast.mei, replace(cast.mei, sites=None)):
        whole = search(actor, Query(specimen_type="urine"), whole=True)
        assert (whole.total, whole.more) == (25, False)
        assert whole.counted.numbers == {"received": 5, "stored": 20}
        assert search(actor, Query(specimen_type="urine", status="stored"), whole=True).total == 20


@pytest.mark.parametrize("many", [0, 20_000])
def test_old_and_rare_ones_are_found_page_by_page_however_a_search_begins(
    many: int, cast: Cast, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    _counting_to(10, monkeypatch, many=many)
    box = _box(cast)
    old = _many(history, 12, status="stored", place=box, specimen_type="urine", flags=("late",))
    _many(history, 30, status="received", specimen_type="urine")
    for query in (
        Query(status="stored"), Query(status="stored", specimen_type="urine"), Query(place=box),
        Query(place=box, status="stored"), Query(mark="late", specimen_type="urine"),
    ):  # fmt: skip
        for actor in (cast.mei, replace(cast.mei, sites=None)):
            assert _walked(actor, query, 4) == old[::-1]
            _, lines = export(actor, query, key=None)
            assert [line.specimen.code for line in lines] == old


_QUERIES = [
    (Query(mark="late"), 3), (Query(mark="quarantine"), 2), (Query(mark="lat_"), 0), (Query(mark="l%"), 0),
    (Query(mark="late", status="received"), 3), (Query(mark="late", specimen_type="nothing"), 0),
    (Query(place="freezer"), 4), (Query(place="FREEZER F"), 4), (Query(place="box"), 4), (Query(place="%"), 0),
    (Query(custodian="Mei"), 0), (Query(custodian="ams lab"), 16), (Query(custodian="AMS"), 16),
]  # fmt: skip


@pytest.mark.parametrize("few", [0, 2000])
def test_marks_places_and_custodians(
    few: int, cast: Cast, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_plan, "FEW", few)
    box = _box(cast)
    _many(history, 3, flags=("late", "repeat"))
    _many(history, 2, holds=("quarantine",))
    _many(history, 4, status="stored", place=box)
    for query, count in _QUERIES:
        found = search(cast.mei, query)
        assert (found.total, len(found.lines)) == (count, count), query


def test_a_period_includes_its_beginning_and_not_its_end(cast: Cast, history: History) -> None:
    _many(history, 1, collected_at=1000)
    _many(history, 1, collected_at=1999)
    assert search(cast.mei, Query(collected_from=1000, collected_before=1999)).total == 1
    assert search(cast.mei, Query(collected_from=1000, collected_before=2000)).total == 2
    assert search(cast.mei, Query(collected_from=1001, collected_before=2000)).total == 1
    assert search(cast.mei, Query(collected_before=2000)).total == 2


def test_an_export_is_the_whole_result_in_order_and_written_down(cast: Cast, history: History) -> None:
    _many(history, 60)
    count, lines = export(cast.mei, Query(status="received"), key="k")
    codes = [line.specimen.code for line in lines]
    assert (count, len(codes), len(set(codes))) == (67, 67, 67)
    entries = table_of(Kind.USER)
    seq = db.session.execute(select(entries.c.entry_seq).where(entries.c.code == cast.mei.user)).scalar()
    export(cast.mei, Query(status="received"), key="k")
    assert (
        seq
        == db.session.execute(
            select(func.max(entries.c.entry_seq)).where(entries.c.code == cast.mei.user)
        ).scalar()
    )


def test_who_may_not_search_or_export_does_not(cast: Cast, history: History) -> None:
    for actor in (cast.luis, cast.adam):
        with pytest.raises(NotPermitted):
            search(actor, Query())
    with pytest.raises(NotPermitted):
        export(cast.mona, Query())
