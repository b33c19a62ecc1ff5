"""Every door × every role × both sites: what opens, what stays shut, and what is not found.

The table says which permission each door asks for. It is written by hand, so that a door which asks for too little
is seen by somebody: a new door is added here by whoever builds it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from specimens.domain.access import PERMISSIONS, Actor, Permission, system_actor
from specimens.domain.terms import GRANTED_ROLES, Role, StorageKind
from specimens.models.base import db
from specimens.models.transfer import ReportRow
from specimens.services import (
    access,
    disposal,
    draw,
    finding,
    grant,
    inventory,
    label,
    label_stock,
    people,
    pick,
    pool,
    printer,
    seat,
    site,
    storage,
    token,
)  # fmt: skip
from specimens.services.clock import today
from specimens.services.printer_target import Targets
from specimens.services.signature import Pen
from specimens.web.guard import ANY_ROLE, PUBLIC
from tests.cast import PASSWORD, STUDY, log_in
from tests.services.bags import packed, released
from tests.services.chain import Chain
from tests.services.printing import asked
from tests.tubes import kit_of
from tests.web.conftest import Web, engine_name, web  # noqa: F401 - fixtures

P = Permission

#: What a door asks for (of several, any one opens it) → the doors that ask for it.
DOORS: dict[str | tuple[Permission, ...], str] = {
    PUBLIC: """
        access.code access.login access.preferences sign_on.back sign_on.go genuine.program health.show api.nowhere
        api.openapi second_party.find second_party.sign queue.worker""",
    ANY_ROLE: """
        access.grant access.logout access.station help.index help.introduction help.show home.index
        home.scanned photo.read
        badge.mine badge.retire_mine badge.my_card badge.set_pin badge.remove_pin
        presence.awake presence.come presence.lock presence.show queue.ask
        me.end_session me.language me.make_token me.password me.revoke_token me.show
        second_factor.begin second_factor.codes second_factor.confirm second_factor.remove second_factor.show
        sign_on.link sign_on.prepare sign_on.show sign_on.unlink""",
    (P.PARTICIPANT_READ,): "participant.index participant.show api.participant",
    (P.PARTICIPANT_WRITE,): """
        participant.new consent.new consent.check consent.withdraw course.change course.dose course.plan
        eligibility.answer eligibility.enrol""",
    (P.ELIGIBILITY_READ,): "eligibility.show",
    (P.ELIGIBILITY_CONFIRM,): "eligibility.confirm",
    (P.VISIT_READ,): "today.index visit.show report.worksheet api.visit",
    (P.VISIT_WRITE,): "visit.add_procedure visit.check visit.new visit.repeat pool_use.attempt",
    (P.COLLECT,): """
        collection.of_visit kit.collect kit.opened kit.scanned paper.check paper.enter
        procedure.record procedure.record_lots procedure.stop visit.add_tube pool_use.tube""",
    (P.SPECIMEN_READ,): "search.index specimen.show api.scans api.specimen api.specimen_custody",
    (P.EXPORT,): "search.export",
    (P.SPECIMEN_CORRECT,): """
        correction.correct correction.reassign disposal.quarantine duplicate.second specimen.take_back""",
    (P.LABEL_PRINT,): """
        label.batch label.batch_labels label.children label.children_labels label.kit label.kit_labels
        label.sheet label.specimen label.specimen_labels label.transfer printing.again label_cap.caps""",
    (P.LABEL_PRINT, P.SITE_MANAGE): """
        label.station label.storage pool.index pool.issue pool.show printing.act printing.index printing.show""",
    (P.TRANSFER_READ,): """
        transfer.closed transfer.index transfer.show difference.index difference.show report.manifest""",
    (P.TRANSFER_RELEASE,): """
        second_party.offer transfer.new transfer.release transfer.scan transfer.seal transfer.take_back
        transfer.unseal""",
    (P.TRANSFER_CARRY,): "carriage.bring carriage.carry carriage.scan",
    (P.TRANSFER_RECEIVE,): """
        rack.take rack.transfer receipt.begin receipt.codes receipt.finish receipt.missing receipt.show
        receipt.take transfer.decline""",
    (P.QUARANTINE_DECIDE,): "consent.free decision.decide decision.index decision.together",
    (P.PROCESS,): """
        batch.close batch.index batch.join batch.show batch.step bench.index bench.tubes
        batch.derive batch.pool receipt.without_release disposal.never_made disposal.used""",
    (P.STORAGE_READ,): "inventory.past storage.box storage.go storage.index storage.unit",
    (P.STORE,): """
        inventory.finish inventory.outcome inventory.show inventory.take
        pick.finish pick.index pick.make pick.new pick.outcome pick.sheet pick.show pick.take
        rack.box rack.check rack.put rack.see storage.excursion storage.fill storage.retrieve storage.take_out
        disposal.retrieve disposal.ship unreadable.reprint""",
    (P.DESTROY,): "disposal.destroy",
    (P.REPORT_MAKE,): """
        report.index report.make report.new report.show report_long.make report_long.show api.custody_report""",
    (P.PROCESS, P.QUARANTINE_DECIDE): "disposal.evaluate",
    (P.REPORT_MAKE, P.AUDIT_READ): "genuine.ask genuine.consistency",
    (P.AUDIT_READ,): """
        audit.index audit.changes audit.late audit.open_matters audit.trail
        near_miss.index near_miss.register near_miss.export
        audit_bench.seats audit_bench.draws audit_bench.show_draw audit_bench.population audit_bench.forward
        audit_bench.backward audit_bench.findings audit_bench.show_finding clock_alarm.show""",
    (P.REDACT,): "audit.redact",
    (P.SEAT_OPEN,): "audit_bench.open_seat audit_bench.close_seat",
    (P.AUDIT_DRAW,): "audit_bench.new_draw",
    (P.FINDING_RAISE,): "audit_bench.raise_finding",
    (P.PEOPLE_MANAGE,): """
        admin_people.factor admin_people.give admin_people.index admin_people.new admin_people.password
        admin_people.rename admin_people.revoke admin_people.show admin_people.switch
        badge.card badge.issue badge.retire""",
    (P.SITE_MANAGE,): """
        admin_printer.change admin_printer.index admin_printer.new admin_printer.show admin_printer.switch
        admin_printer.test
        admin_site.add_station admin_site.change admin_site.change_station admin_site.index admin_site.new
        admin_site.show admin_site.station admin_site.switch admin_site.switch_station
        admin_storage.change admin_storage.index admin_storage.new admin_storage.show admin_storage.switch
        admin_study.open_at""",
    (P.PROTOCOL_PUBLISH,): "admin_study.index admin_study.publish admin_study.show admin_study.text",
}

#: What the service behind a door asks for besides, because the page itself is there for more roles than the act.
ALSO: dict[str, Permission] = {
    "POST clock_alarm.show": P.ALARM_CLOSE,
    "POST difference.index": P.TRANSFER_RECEIVE,
    "GET audit_bench.draws": P.SPECIMEN_READ,
    "GET audit_bench.show_draw": P.SPECIMEN_READ,
    "GET audit_bench.population": P.SPECIMEN_READ,
    "GET audit_bench.forward": P.SPECIMEN_READ,
    "GET near_miss.index": P.SPECIMEN_READ,
    "GET audit.open_matters": P.SPECIMEN_READ,
}


def _told(asked: object) -> str:
    return " or ".join(map(str, asked)) if isinstance(asked, tuple) else str(asked)


EXPECTED = {door: _told(asked) for asked, doors in DOORS.items() for door in doors.split()}

#: Doors after which the rest of a walk would be somebody else's, or nobody's.
ENDING = frozenset({"access.logout", "presence.lock"})

#: Doors with an identifier that nothing of this world opens, or nothing that belongs to one site.
UNREACHED: dict[str, str] = {
    "api.nowhere": "it answers for addresses that are none",
    "second_party.sign": "it opens with a one-time code",
    "audit_bench.backward": "an entry is known by its number",
    "clock_alarm.show": "the clock of the server belongs to no site",
    "help.show": "help is the same for everybody",
    "admin_study.show": "a study belongs to no site",
    "admin_study.text": "a version belongs to no site",
    "report_long.show": "a long report waits for who made it, and for nobody else",
    "bench.tubes": "its lists are named by words, and each shows what is at one's own site",
    "audit.redact": "an entry and one of its texts are asked for besides",
    "visit.new": "the timepoint is asked for besides",
    "batch.derive": "the tube would have to be spun first",
    "batch.pool": "the tubes would have to be spun first",
}

#: What may stand in an address besides an identifier: argument → words.
WORDS: dict[str, tuple[str, ...]] = {
    "kind": (
        "participant", "visit", "kit", "specimen", "transfer", "user", "station", "storage", "batch", "printer",
        "pool", "inventory", "pick",
    ),
    "step": ("spun",),
    "act": ("treatment_stopped", "lost_to_follow_up"),
}  # fmt: skip

#: An identifier that is well formed and names nothing.
MADE_UP = "C4K7N2XD"


def _rules(app: Flask) -> list[Rule]:
    return sorted(
        (rule for rule in app.url_map.iter_rules() if not rule.endpoint.endswith("static")),
        key=lambda rule: rule.rule,
    )


def _choices(rule: Rule, name: str, codes: tuple[str, ...]) -> tuple[Any, ...]:
    """Return what may stand at one place of an address: one of a list, a number, or one of *codes*."""
    converter = rule._converters.get(name)
    if isinstance(converter, AnyConverter):
        return tuple(sorted(converter.items))
    if isinstance(converter, IntegerConverter):
        return (
            (999_999,) if codes == (MADE_UP,) else (2,)
        )  # of the walk: the consent is a participant's second entry
    return codes if codes == (MADE_UP,) else WORDS.get(name, codes)


def _addresses(rule: Rule, codes: tuple[str, ...]) -> Iterator[str]:
    """Yield the address of a rule with every combination of what may stand in it."""
    names = sorted(rule.arguments)
    for values in product(*(_choices(rule, name, codes) for name in names)):
        built = rule.build(dict(zip(names, values, strict=True)))
        assert built is not None
        yield built[1]


def _made_up(rule: Rule) -> str:
    return next(_addresses(rule, (MADE_UP,)))


def _asks(app: Flask, rule: Rule) -> str:
    return _told(getattr(app.view_functions[rule.endpoint], "needs", "nothing, so it stays shut"))


def _may(role: Role, asked: str) -> bool:
    return asked in (PUBLIC, ANY_ROLE) or any(
        permission in asked.split(" or ") for permission in PERMISSIONS[role]
    )


def test_every_door_asks_for_what_the_table_says(web: Web) -> None:  # noqa: F811
    wrong = []
    for rule in _rules(web.app):
        asks = _asks(web.app, rule)
        told = EXPECTED.get(rule.endpoint)
        if told is None:
            wrong.append(f"{rule.endpoint} ({rule.rule}) asks for {asks}: if that is right, add it to DOORS")
        elif told != asks:
            wrong.append(f"{rule.endpoint} ({rule.rule}) asks for {asks}, and DOORS says {told}")
    gone = sorted(set(EXPECTED) - {rule.endpoint for rule in _rules(web.app)})
    wrong += [f"{door} is gone: take it out of DOORS" for door in gone]
    assert not wrong, "\n".join(wrong)


def test_nobody_gets_past_a_door_without_logging_in(web: Web) -> None:  # noqa: F811
    client = web.stranger()
    for rule in _rules(web.app):
        if EXPECTED.get(rule.endpoint) == PUBLIC:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = client.open(_made_up(rule), method=method)
            if rule.endpoint.startswith("api."):
                assert answer.status_code == 401, rule
            else:
                assert answer.status_code == 303 and answer.location.startswith("/login"), (rule, method)


@pytest.mark.parametrize("login", ["nora", "mei", "luis", "ivo", "mona", "ada", "adam"])
def test_a_role_opens_the_doors_of_its_permissions_and_no_others(web: Web, login: str) -> None:  # noqa: F811
    role, person = web.cast.actors[login].role, _person(web, web.cast.actors[login])
    wrong = []
    for rule in _rules(web.app):
        asked = _asks(web.app, rule)
        if rule.endpoint in ENDING:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            status = person.asks(_made_up(rule), method)
            also = ALSO.get(f"{method} {rule.endpoint}")
            may = _may(role, asked) and (also is None or also in PERMISSIONS[role])
            if status >= 500 or (status == 403) == may:
                wrong.append(f"{method} {rule.rule} as {role}: {status}")
    assert not wrong, "\n".join(wrong)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a browser for the pages and a token for the API."""

    browser: FlaskClient
    token: str

    def asks(self, address: str, method: str = "GET") -> int:
        """Return the status with which a door answers."""
        headers = {"Authorization": f"Bearer {self.token}"} if address.startswith("/api/") else {}
        return self.browser.open(address, method=method, headers=headers).status_code


def _person(web: Web, actor: Actor) -> Person:  # noqa: F811
    with web.app.app_context():
        made = token.make(actor, "matrix")
        db.session.remove()
    return Person(log_in(web.app.test_client(), actor), made)


@dataclass(frozen=True, slots=True)
class World:
    """The people of Amsterdam and their namesakes in Oslo by role, and the codes of what there is in Amsterdam."""

    web: Web
    here: dict[Role, Person]
    there: dict[Role, Person]
    codes: tuple[str, ...]


@pytest.fixture
def world(web: Web, clock: Traveller) -> World:  # noqa: F811
    """Draw, receive and store blood in Amsterdam, and let somebody of every role work in Oslo."""
    cast = web.cast
    with web.app.app_context():
        chain = Chain(cast, clock)
        tubes = [tube for slot in chain.received("blood").values() for tube in slot]
        batch = chain.batch(tubes[:1])
        disposal.quarantine(cast.mei, tubes[-1].code, reason="identity_doubtful")
        system = system_actor()
        rack = site.add_storage(system, "AMS", StorageKind.RACK, "R1", "minus80")
        box = site.add_storage(
            system, "AMS", StorageKind.BOX, "B1", "minus80", parent=rack.code, rows=9, columns=9
        )
        assert storage.put(cast.mei, box.code, tubes[-1].code, reason="beyond_plan").saved
        inventory.scan_in(cast.mei, box.code, box.code)
        checked = inventory.open_check(cast.mei, box.code)
        assert checked is not None
        fetched = pick.make(cast.mei, [tubes[-1].code], "analysis").code
        _kit, drawn = kit_of(cast, cast.nora, 2)
        tissue, _pieces = kit_of(cast, cast.nora, 1, procedure="lymph_node", collected=False)
        held = grant.grants(cast.nora.user)[0]
        desk = printer.add(
            cast.adam, "AMS", asked("10.0.0.5:9100"), Targets(("10.0.0.0/8",), frozenset({9100}))
        )
        choice = label_stock.chosen(cast.mei, f"printer:{desk.code}")
        job = label.print_set(cast.mei, label.label_set(cast.mei, "kit", tissue), choice).job
        pre_printed = pool.issue(cast.nora, STUDY, "AMS", "small", 2).pool
        codes = (
            chain.participant, tubes[0].code, tubes[-1].code, tubes[0].visit, str(tubes[0].kit), batch,
            packed(cast, drawn).code, released(cast)[0].code, rack.code, box.code, tissue,
            cast.stations["AMS clinic"], cast.nora.user, held.code, "AMS", desk.code, str(job), pre_printed.code,
        )  # fmt: skip
        namesakes = {role: _namesake(role) for role in GRANTED_ROLES}
        drew = draw.draw(cast.ada, 5).code
        found = finding.raise_finding(cast.ada, tubes[0].code, "minor", "x", pen=Pen(PASSWORD)).code
        day = today("Europe/Amsterdam")
        seated = seat.open_seat(
            cast.ivo, "mona", "auditor", from_on=day, until_on=day, training_on=day, reason="inspection"
        ).code
    web.client("ada").post("/reports/custody.csv", data={"code": tubes[0].code})
    with web.app.app_context():
        made = db.session.execute(select(ReportRow.code)).scalar_one()
    here = {
        actor.role: _person(web, actor)
        for login, actor in cast.actors.items()
        if login not in ("nils", "ola")
    }
    there = {role: _person(web, actor) for role, actor in namesakes.items()}
    lists = checked.code, fetched
    return World(web, here, there, (*codes, made, drew, found, seated, *lists))


def _namesake(role: Role) -> Actor:
    system = system_actor()
    user = people.add(
        system, f"other.{role}", f"Other {role}", "a quiet heron over wet grass", demonstration=True
    )
    on = today("Europe/Oslo")
    held = grant.give(
        system, user.code, role, study=STUDY, site="OSL", from_on=on, training_on=on, reason="works in Oslo"
    )
    return access.actor_for(user, held, None)


def _opened(world: World, rule: Rule, asked: str) -> list[str]:
    """Return the addresses of a door at which the first of Amsterdam who sees anything there sees something."""
    for role, person in world.here.items():
        if _may(role, asked) and (
            seen := [each for each in _addresses(rule, world.codes) if person.asks(each) == 200]
        ):
            return seen
    return []


def test_what_amsterdam_sees_is_not_found_from_oslo(world: World) -> None:
    wrong, unreached = [], set()
    for rule in _rules(world.web.app):
        asked = _asks(world.web.app, rule)
        if not rule.arguments or "GET" not in (rule.methods or set()) or rule.endpoint in UNREACHED:
            continue
        addresses = _opened(world, rule, asked)
        if not addresses:
            unreached.add(rule.endpoint)
        for address, (role, person) in product(addresses, world.there.items()):
            status = person.asks(address)
            also = ALSO.get(f"GET {rule.endpoint}")
            may = _may(role, asked) and (also is None or also in PERMISSIONS[role])
            if status != (404 if may else 403):
                wrong.append(f"{address} as {role} of Oslo: {status}")
    assert not wrong, "\n".join(wrong)
    assert not unreached, f"the walk opens none of these: {sorted(unreached)}; give it a thing that does"
