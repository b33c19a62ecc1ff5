"""The register of near misses: every refused scan is kept with what was expected, and counted by kind and station."""

from secrets import token_hex

import pytest
from sqlalchemy import select
from time_machine import Traveller

from specimens.domain import near_miss as rules
from specimens.domain.identifiers import COMMAND_CODES
from specimens.domain.words import WORDS
from specimens.models.base import db
from specimens.models.transfer import NearMissRow
from specimens.services import kit
from tests.cast import Cast, build
from tests.history import History, opened
from tests.stages import Stage, stage
from tests.web.bedside import scan, verdict
from tests.web.conftest import Web

CODE = "C4K7N2XD"


def _begun(clock: Traveller) -> tuple[Cast, History]:
    cast = build()
    made = opened(cast, clock)
    kit.begin(cast.nora, made.kits["blood"])
    return cast, made


@pytest.fixture
def setting(engine_name: str) -> Stage:
    """What the database begins with: an open kit."""
    return stage(_begun, engine_name)


@pytest.fixture
def made(web: Web, setting: Stage, clock: Traveller) -> History:
    """The open kit, at the moment at which it was opened."""
    clock.move_to(setting.until)
    found: History = setting.made[1]
    return found


def _last(web: Web) -> NearMissRow:
    with web.app.app_context():
        return db.session.execute(select(NearMissRow).order_by(NearMissRow.id.desc()).limit(1)).scalar_one()


def _count(web: Web) -> int:
    with web.app.app_context():
        return len(db.session.execute(select(NearMissRow.id)).all())


def test_what_was_expected_is_kept_beside_what_was_scanned(web: Web, made: History) -> None:
    scan(web.client("nora"), made.kits["blood"], made.kits["lymph_node"][:-1] + "0")
    miss = _last(web)
    assert (miss.refusal, miss.station, miss.user) == (
        "scan_unreadable",
        web.cast.nora.station,
        web.cast.nora.user,
    )
    assert miss.subject == made.kits["blood"] and miss.participant == made.participant
    assert miss.expected == made.tubes
    assert miss.raw == made.kits["lymph_node"][:-1] + "0"


@pytest.mark.parametrize(
    ("login", "door", "more"),
    [
        ("nora", "/", {}), ("nora", "/station", {}), ("mei", "/storage", {}), ("mei", "/receive", {}),
        ("mei", "/storage/retrieve", {"reason": "analysis"}), ("luis", "/carry", {"act": "pick_up"}),
        ("nora", "/carry/here", {}),
    ],
)  # fmt: skip
def test_every_door_that_takes_a_scan_keeps_what_it_refuses(
    web: Web, made: History, login: str, door: str, more: dict[str, str]
) -> None:
    for raw in (CODE, "8711700123456"):
        before = _count(web)
        web.client(login).post(door, data={"scan": raw, "nonce": token_hex(8), **more})
        assert _count(web) == before + 1, (door, raw)
        assert _last(web).raw == raw


def test_a_command_and_a_kit_that_are_refused_at_a_kit_are_kept_too(web: Web, made: History) -> None:
    code = made.kits["blood"]
    other = web.client("nora", "AMS clinic 2")
    for raw in (COMMAND_CODES["IDENTITY"], code):
        before = _count(web)
        assert verdict(scan(other, code, raw)) == "stop"
        assert _count(web) == before + 1
        assert (_last(web).refusal, _last(web).read) == ("kit_open_elsewhere", raw)


def test_the_register_counts_by_kind_and_station_and_leads_to_the_lists(
    web: Web, made: History, clock: Traveller
) -> None:
    nora, mei = web.client("nora"), web.client("mei")
    assert "No scan was refused in this period" in web.client("ada").get("/audit/near-misses/register").text
    for raw in (CODE, CODE, "8711700123456"):
        nora.post("/", data={"scan": raw, "nonce": token_hex(8)})
    mei.post("/storage", data={"scan": CODE, "nonce": token_hex(8)})
    for login in ("ada", "mona", "adam"):
        page = web.client(login).get("/audit/near-misses/register")
        assert page.status_code == 200
        assert (
            "4 refused scans" in page.text and "AMS clinic" in page.text and "unknown identifier" in page.text
        )
        assert ("/audit/near-misses?" in page.text) == (
            login != "adam"
        )  # who may see no specimens sees the counts
    ada = web.client("ada")
    listed = ada.get(f"/audit/near-misses?kind=miss_unknown&station={web.cast.nora.station}")
    assert listed.text.count("unknown identifier") >= 2 and "8711700123456" not in listed.text
    csv = ada.get("/audit/near-misses/register.csv").data.decode("utf-8-sig")
    assert csv.splitlines()[0] == '"from","until","kind_code","kind","station_code","station","count"'
    assert f'"miss_unknown","unknown identifier","{web.cast.nora.station}","AMS clinic","2"' in csv
    assert len(csv.splitlines()) == 4
    day = "until_day=1&until_month=3&until_year=2026&from_day=1&from_month=1&from_year=2026"
    assert "No scan was refused" in ada.get(f"/audit/near-misses/register?{day}").text
    for wrong in (
        "from_day=31&from_month=2&from_year=2026",
        day.replace("until_year=2026", "until_year=2025"),
    ):
        assert ada.get(f"/audit/near-misses/register?{wrong}").status_code == 422
        assert ada.get(f"/audit/near-misses/register.csv?{wrong}").status_code == 422


def test_every_kind_has_its_word_and_every_refusal_one_kind() -> None:
    assert all(kind in WORDS for kind in rules.MissKind)
    assert rules.kind_of("wrong_participant") is rules.MissKind.WRONG_PARTICIPANT
    assert rules.kind_of("the_box_is_full") is rules.MissKind.OTHER
