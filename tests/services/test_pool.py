"""Pre-printed pools: identifiers that cannot collide, bound to a tube by scanning: one identity from the start."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select
from time_machine import Traveller

from specimens.domain.errors import BadInput, NotFound, NotPermitted
from specimens.domain.protocol_kit import fill
from specimens.models.base import db
from specimens.models.identifier import Identifier
from specimens.models.printing import PoolLabel
from specimens.services import find, label, pool, pool_use, verify, visit, visit_plan
from specimens.services import kit as bedside
from specimens.services.entries import entries_of
from specimens.services.label_stock import Choice
from specimens.services.pool import PoolView
from specimens.services.study import protocol_of
from specimens.services.visit_plan import label_key
from tests.cast import STUDY, Cast
from tests.history import enrolled, opened
from tests.labels.rendering import pages, scanned, texts

A4 = Choice("a4_21", 300)


@pytest.fixture
def cast(cast: Cast, clock: Traveller) -> Cast:
    return cast


def _issued(cast: Cast, count: int = 40, role: str = "blood_tube") -> PoolView:
    return pool.issue(cast.nora, STUDY, "AMS", role, count)


def test_the_identifiers_of_pools_come_from_the_one_registry(cast: Cast) -> None:
    one, two = _issued(cast), _issued(cast)
    codes = [*one.pool.codes, *two.pool.codes]
    assert len(set(codes)) == 80
    issued = select(Identifier.code).where(Identifier.code.in_(codes), Identifier.kind == "specimen")
    assert set(db.session.execute(issued).scalars()) == set(codes)
    assert one.free == one.pool.codes
    assert verify.verify().sound


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"site": "OSL"}, "place"),
        ({"study": "another"}, "place"),
        ({"role": "bag"}, "role"),
        ({"count": 0}, "count"),
        ({"count": pool.MOST_LABELS + 1}, "count"),
    ],
)
def test_what_cannot_be_a_pool_is_told_at_its_field(
    cast: Cast, changes: dict[str, object], field: str
) -> None:
    said = {"study": STUDY, "site": "AMS", "role": "small", "count": 5, **changes}
    with pytest.raises(BadInput) as refused:
        pool.issue(cast.nora, **said)  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]
    assert pool.pools(cast.nora) == []


def test_an_administrator_issues_a_pool_and_another_site_does_not_see_it(cast: Cast) -> None:
    made = pool.issue(cast.adam, STUDY, "AMS", "small", 3).pool
    assert [each.pool for each in pool.pools(cast.nora)] == [made]
    with pytest.raises(NotFound):
        pool.get(cast.ola, made.code)
    with pytest.raises(NotPermitted):
        pool.get(cast.luis, made.code)


@pytest.mark.parametrize("role", pool.ROLES)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_label_of_a_pool_is_printed_and_can_be_read(cast: Cast, role: str, language: str) -> None:
    view = _issued(cast, 21, role)
    made = pool.print_pool(cast.nora, view.pool.code, A4, language=language)
    (page,) = pages(made.pdf, 300)
    assert set(scanned(page)) == set(view.pool.codes)
    (said,) = texts(made.pdf)
    assert all(f"{code[:4]} {code[4:]}" in said for code in view.pool.codes)
    assert pool.get(cast.nora, view.pool.code).pool.printed == 1


def test_a_pool_is_printed_again_only_in_part_and_with_a_reason(cast: Cast) -> None:
    view = _issued(cast)
    code, codes = view.pool.code, view.pool.codes
    pool.print_pool(cast.nora, code, A4)
    for said, field in (({}, "codes"), ({"codes": codes[:2]}, "reason"), ({"codes": ("C4K7N2XD",)}, "codes")):
        with pytest.raises(BadInput) as refused:
            pool.print_pool(cast.nora, code, A4, **said)  # type: ignore[arg-type]
        assert list(refused.value.fields) == [field]
    with pytest.raises(BadInput) as refused:
        pool.print_pool(cast.nora, code, A4, codes=codes[:2], reason="born 01-02-1980")
    assert list(refused.value.fields) == ["reason"]
    twice = replace(A4, copies=2)
    with pytest.raises(BadInput) as refused:
        pool.print_pool(cast.nora, code, twice, codes=codes[:2], reason="the sheet jammed")
    assert list(refused.value.fields) == ["copies"]
    made = pool.print_pool(cast.nora, code, A4, codes=codes[:2], reason="the sheet jammed")
    assert made.codes == codes[:2]
    last = entries_of(db.session, "pool", code)[-1]
    assert (last.act, last.facts["labels"], last.facts["again"]) == ("label_printed", 2, list(codes[:2]))
    assert pool.get(cast.nora, code).pool.codes == codes
    assert verify.verify().sound


def _tubes(procedure: str = "blood") -> list[str]:
    planned = fill(protocol_of(STUDY), "BL", procedure)
    return [label_key(each.slot.code, each.number) for each in planned]


def test_a_label_of_a_pool_is_the_one_identity_of_its_tube_and_counts_at_once(
    cast: Cast, clock: Traveller
) -> None:
    view = _issued(cast)
    pool.print_pool(cast.nora, view.pool.code, A4)
    participant = enrolled(cast, clock)
    clock.shift(3600)
    # Any label of the pool: not in the order of the sheet.
    scans = dict(zip(_tubes(), reversed(view.pool.codes), strict=False))
    opening = visit.open_visit(cast.nora, participant, "BL", labels=scans)
    kits = {each.procedure: each.code for each in opening.kits}
    found = label.label_set(cast.nora, "kit", kits["blood"])
    assert list(found.codes) == list(scans.values())
    assert {row.state for row in found.rows} == {"label_live"}
    acts = [(each.act, each.facts.get("pool")) for each in entries_of(db.session, "specimen", found.codes[0])]
    assert acts == [("planned", None), ("label_printed", view.pool.code), ("label_confirmed", None)]
    others = label.label_set(cast.nora, "kit", kits["lymph_node"])
    assert {row.state for row in others.rows} == {"label_missing"}
    assert len(pool.get(cast.nora, view.pool.code).free) == 40 - len(scans)
    assert verify.verify().sound


def test_an_extra_tube_takes_a_label_of_the_pool(cast: Cast, clock: Traveller) -> None:
    view = _issued(cast, 5)
    made = opened(cast, clock)
    kit, said = made.kits["blood"], {"reason": "tube_rejected", "label": f"{view.pool.codes[3].lower()} "}
    for wrong in ("nonsense", made.visit):
        with pytest.raises(BadInput) as refused:
            visit_plan.add_specimen(cast.nora, kit, "EDTA", reason="tube_rejected", label=wrong)
        assert list(refused.value.fields) == ["label"]
    added = visit_plan.add_specimen(cast.nora, kit, "EDTA", key="x", **said)
    assert visit_plan.add_specimen(cast.nora, kit, "EDTA", key="x", **said) == added
    assert (added.code, added.label_live, added.flags) == (view.pool.codes[3], True, ("extra",))
    acts = [(each.act, each.facts.get("pool")) for each in entries_of(db.session, "specimen", added.code)]
    assert acts == [("added", None), ("label_printed", view.pool.code), ("label_confirmed", None)]
    with pytest.raises(BadInput) as refused:
        visit_plan.add_specimen(cast.nora, kit, "EDTA", **said)
    assert refused.value.fields == {"label": "pool_label_taken"}
    assert verify.verify().sound


def test_another_attempt_takes_labels_of_the_pool_for_every_tube(cast: Cast, clock: Traveller) -> None:
    view = _issued(cast, 30)
    made = opened(cast, clock)
    kit = made.kits["blood"]
    assert pool_use.beyond(cast.nora, kit).tubes == ()  # the first attempt still runs
    bedside.begin(cast.nora, kit)
    bedside.stop(cast.nora, kit, reason="no_vein")
    found = pool_use.beyond(cast.nora, kit)
    names = [name for name, _what in found.tubes]
    assert names == _tubes()
    scans = dict(zip(names, view.pool.codes, strict=False))
    said = {"reason": "first_attempt_failed"}
    bare = {name: raw for name, raw in scans.items() if name != names[2]}
    with pytest.raises(BadInput) as refused:
        visit_plan.second_attempt(cast.nora, made.visit, "blood", labels=bare, **said)
    assert refused.value.fields == {names[2]: "pool_label_needed"}
    again = visit_plan.second_attempt(cast.nora, made.visit, "blood", labels=scans, key="a", **said)
    assert visit_plan.second_attempt(cast.nora, made.visit, "blood", labels=scans, key="a", **said) == again
    rows = label.label_set(cast.nora, "kit", again.code).rows
    assert [row.specimen.code for row in rows] == list(scans.values())
    assert {row.state for row in rows} == {"label_live"}
    assert verify.verify().sound
    for stranger in (cast.mei, cast.ola):
        with pytest.raises((NotFound, NotPermitted)):
            pool_use.beyond(stranger, kit)


def test_a_label_that_is_on_a_tube_cannot_be_put_on_another(cast: Cast, clock: Traveller) -> None:
    view = _issued(cast)
    first, second = enrolled(cast, clock, "BEL-001"), enrolled(cast, clock, "BEL-002")
    scans = dict(zip(_tubes(), view.pool.codes, strict=False))
    visit.open_visit(cast.nora, first, "BL", labels=scans)
    with pytest.raises(BadInput) as refused:
        visit.open_visit(cast.nora, second, "BL", labels=scans)
    assert set(refused.value.fields.values()) == {"pool_label_taken"}
    assert set(refused.value.fields) == set(scans)


def test_what_is_no_free_label_of_the_pool_is_told_at_its_tube(cast: Cast, clock: Traveller) -> None:
    mine = _issued(cast).pool.codes
    elsewhere = pool.issue(cast.ola, STUDY, "OSL", "blood_tube", 5).pool.codes
    one, two, three, four, five, *_rest = _tubes()
    scans = {
        one: mine[0],
        two: f" {mine[0].lower()} ",
        three: elsewhere[0],
        four: "nonsense",
        five: cast.nora.user,
    }
    with pytest.raises(BadInput) as refused:
        pool.check(STUDY, "AMS", scans)
    assert refused.value.fields == {
        two: "pool_label_twice", three: "not_a_pool_label", four: "scan_unreadable", five: "not_a_pool_label",
    }  # fmt: skip
    assert refused.value.facts["about"][two] == {"code": mine[0]}
    participant = enrolled(cast, clock)
    with pytest.raises(BadInput):
        visit.open_visit(cast.nora, participant, "BL", labels=scans)
    assert visit.open_visit(cast.nora, participant, "BL").visit.participant == participant


def test_a_free_label_says_which_pool_it_is_of(cast: Cast, clock: Traveller) -> None:
    view = _issued(cast)
    with pytest.raises(NotFound) as refused:
        find.find(cast.nora, view.pool.codes[0])
    assert (refused.value.code, refused.value.facts["pool"]) == ("label_of_a_pool", view.pool.code)
    for stranger in (cast.ola, cast.luis):
        with pytest.raises(NotFound) as refused:
            find.find(stranger, view.pool.codes[0])
        assert refused.value.code == "unknown_code"
    assert find.find(cast.nora, view.pool.code).kind == "pool"


def test_a_site_has_free_labels_once_a_pool_was_printed(cast: Cast) -> None:
    view = _issued(cast, 2)
    assert not pool.any_free(STUDY, "AMS")
    pool.print_pool(cast.nora, view.pool.code, A4)
    assert pool.any_free(STUDY, "AMS")
    assert not pool.any_free(STUDY, "OSL")


def test_a_pool_whose_labels_were_changed_behind_its_back_is_found(cast: Cast) -> None:
    view = _issued(cast, 3)
    with db.engine.begin() as connection:
        code = select(Identifier.code).where(Identifier.kind == "station").limit(1)
        connection.execute(
            insert(PoolLabel), {"code": connection.execute(code).scalar_one(), "pool": view.pool.code}
        )
    wrong = verify.verify().differences
    assert [(each.subject, each.field[:6]) for each in wrong] == [(f"pool {view.pool.code}", "label ")]
