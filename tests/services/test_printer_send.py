"""Sending to real sockets, commands and folders: what is known afterwards is said, and never more than is known."""

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from specimens.domain.printer import Printer, status_strings, trouble
from specimens.domain.sentences import SENTENCES
from specimens.services.printer_send import Patience, Result, send
from specimens.services.printer_target import Targets
from tests.services import printing
from tests.services.printing import PATIENCE, UNTIL_SILENT, UNTIL_STALLED, Roll, a_roll

SHORT = b"^XA^FDC4K7N2XD^FS^XZ"
#: More than any buffer between two sockets of this machine holds.
LONG = SHORT * 600_000


@pytest.fixture
def roll() -> Iterator[Roll]:
    with a_roll() as made:
        yield made


def _printer(kind: str = "network", address: str = "", *, answers: bool = False) -> Printer:
    resolved = address if kind == "network" else None
    return Printer("P", "AMS", "Desk", kind, address, resolved, "zpl", answers, 203, "roll_50")


def _sent(
    roll: Roll, document: bytes = SHORT, *, answers: bool = False, patience: Patience = PATIENCE
) -> Result:
    return send(_printer(address=roll.address, answers=answers), "job", document, roll.targets, patience)


@pytest.mark.parametrize("answers", [True, False])
def test_a_document_arrives_whole_and_once(roll: Roll, answers: bool) -> None:
    assert _sent(roll, answers=answers) == Result("sent")
    roll.settled()
    assert roll.printed == [SHORT]


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (printing.PAPER_OUT, "printer_paper_out"),
        (printing.HEAD_OPEN, "printer_head_open"),
        (printing.READY.replace(b"030,0,0", b"030,0,1"), "printer_paused"),
        (printing.READY.replace(b"000,0,0,0,0,2", b"000,0,0,1,0,2"), "printer_ribbon_out"),
        (printing.READY.replace(b"1225,000,0", b"1225,000,1"), "printer_full"),
    ],
)
def test_a_printer_in_trouble_is_sent_nothing(roll: Roll, status: bytes, why: str) -> None:
    roll.status = status
    assert _sent(roll, answers=True) == Result("waiting", why)
    roll.settled()
    assert roll.printed == []


def test_a_printer_that_refuses_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    targets = Targets(("127.0.0.0/8",), frozenset({port}))
    result = send(_printer(address=f"127.0.0.1:{port}"), "job", SHORT, targets, PATIENCE)
    assert result == Result("waiting", "printer_refused")


@pytest.mark.parametrize(
    ("behaviour", "patience", "result"),
    [
        (printing.says_nothing, UNTIL_SILENT, Result("waiting", "printer_silent")),
        (printing.answers_nonsense, PATIENCE, Result("failed", "printer_nonsense")),
        (printing.hangs_up_at_once, PATIENCE, Result("waiting", "printer_silent")),
    ],
)
def test_a_printer_that_does_not_answer_as_one_is_sent_nothing(
    roll: Roll, behaviour: Callable[..., None], patience: Patience, result: Result
) -> None:
    roll.behaviour = behaviour
    assert _sent(roll, answers=True, patience=patience) == result
    roll.settled()
    assert roll.printed == []


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("document", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize(
    ("behaviour", "patience", "whys"),
    [
        (printing.hangs_up_half_way, PATIENCE, {"printer_hung_up", "printer_no_end"}),
        (printing.stalls_half_way, UNTIL_STALLED, {"printer_stalled", "printer_no_end"}),
    ],
)
def test_a_printer_that_ends_half_way_is_for_a_person_to_look_at(
    roll: Roll,
    behaviour: Callable[..., None],
    patience: Patience,
    whys: set[str],
    document: bytes,
    answers: bool,
) -> None:
    roll.behaviour = behaviour
    result = _sent(roll, document, answers=answers, patience=patience)
    assert result.state == "unknown"
    assert result.why in whys
    assert "Look at the printer" in SENTENCES[result.why]


def test_an_address_that_is_allowed_no_more_is_not_connected_to(roll: Roll) -> None:
    elsewhere = Targets(("10.0.0.0/8",), frozenset({roll.port}))
    assert (
        send(_printer(address=roll.address), "job", SHORT, elsewhere, PATIENCE).why == "printer_not_allowed"
    )
    assert roll.connections == 0


def _command(*code: str) -> Targets:
    return Targets((), frozenset(), commands={"lp": (sys.executable, "-c", *code)})


def test_a_command_gets_the_document_and_nothing_of_it_reaches_a_shell(tmp_path: Path) -> None:
    out = tmp_path / "out; rm -rf $HOME"
    keeps = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"
    assert send(_printer("command", "lp"), "job", SHORT, _command(keeps, str(out))) == Result("sent")
    assert out.read_bytes() == SHORT


@pytest.mark.parametrize(
    ("code", "patience", "result"),
    [
        ("import sys; sys.exit('no such\\nprinter')", PATIENCE,
         Result("failed", "printer_command_failed", "no such printer")),
        ("import os; os.kill(os.getpid(), 9)", PATIENCE, Result("unknown", "printer_command_ended")),
        ("import time; time.sleep(30)", UNTIL_STALLED, Result("unknown", "printer_command_stalled")),
    ],
)  # fmt: skip
def test_a_command_that_goes_wrong_is_told(code: str, patience: Patience, result: Result) -> None:
    assert send(_printer("command", "lp"), "job", SHORT, _command(code), patience) == result


def test_a_command_that_nobody_allowed_is_not_run() -> None:
    assert send(_printer("command", "rm"), "job", SHORT, _command("1")).why == "printer_not_allowed"
    missing = Targets((), frozenset(), commands={"lp": ("/nowhere/lp",)})
    assert send(_printer("command", "lp"), "job", SHORT, missing).why == "printer_command_missing"


def test_a_folder_gets_a_whole_file_under_the_name_of_the_job(tmp_path: Path) -> None:
    targets = Targets((), frozenset(), folders={"pathology": str(tmp_path)})
    assert send(_printer("folder", "pathology"), "j1", SHORT, targets) == Result("sent")
    assert [each.name for each in tmp_path.iterdir()] == ["j1.zpl"]
    assert (tmp_path / "j1.zpl").read_bytes() == SHORT


def test_a_folder_that_is_gone_is_tried_again(tmp_path: Path) -> None:
    targets = Targets((), frozenset(), folders={"pathology": str(tmp_path / "gone")})
    result = send(_printer("folder", "pathology"), "j1", SHORT, targets)
    assert (result.state, result.why) == ("waiting", "printer_folder")


@pytest.mark.parametrize(
    "answer",
    [
        b"\x02\xff\x03",
        b"hello",
        b"\x02x" * 600,
        b"\x02030,7,0,1225,000,0,0,0,000,0,0,0\x03" * 3,
        b"\x020\x03" * 3,
    ],
)
def test_an_answer_that_is_no_status_is_not_taken_for_one(answer: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the reason, it is no status
        trouble(status_strings(answer))
