"""A report checked by somebody who has nothing but the file: true, changed in each field, cut off, swapped."""

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
import time_machine
from pikepdf import pdfa

from labels.read import read_text
from specimens.domain.terms import Kind
from specimens.ledger import offline
from specimens.ledger.note import KeySigner
from specimens.services import checkpoint, report, report_file
from specimens.services.record import writing
from specimens.services.report_scope import ReportScope
from specimens.services.report_voice import Voice
from tests.cast import Cast
from tests.history import History

Clock = time_machine.Traveller
NOTE = "the cap was loose; Łucja saw it =1+1"
#: How a PDF begins whose first object is an attachment.

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@dataclass(frozen=True, slots=True)
class Paper:
    """A report as it was made: the file and what is attached to it."""

    pdf: bytes
    bundle: bytes
    table: bytes
    code: str
    digest: str

    def said(self) -> dict[str, Any]:
        """Return custody.json as values that may be changed."""
        return json.loads(self.bundle)  # type: ignore[no-any-return]


def paper_of(actor: Any, scope: ReportScope, voice: Voice | None = None) -> Paper:
    """Make a report and take it apart with the program that an auditor has."""
    made = report.make(actor, scope, "pdf", voice)
    bundle, table = offline.attachments(made.data)
    assert table is not None
    return Paper(made.data, bundle, table, made.code, made.digest)


@pytest.fixture
def cast(cast: Cast, clock: Clock) -> Cast:
    """Everybody, on the morning of the tests."""
    return cast


@pytest.fixture
def made(cast: Cast, blood_received: History) -> History:
    """Tubes that were collected, released and received, and one act with a note."""
    with writing(cast.nora) as op:
        op.append(Kind.SPECIMEN, blood_received.tubes[0], "flagged", reason="other", sealed={"reason": NOTE})
    return blood_received


@pytest.fixture
def paper(cast: Cast, made: History) -> Paper:
    """A report on the participant."""
    return paper_of(cast.ada, ReportScope("participant", made.participant))


@pytest.fixture
def stranger(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Somebody with an empty folder, the program and Python: `stranger({name: bytes}, *arguments)`."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(offline.__file__, folder / "offline.py")

    def run(files: dict[str, bytes], *arguments: str) -> subprocess.CompletedProcess[str]:
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return subprocess.run(
            [sys.executable, "-I", "offline.py", *arguments], cwd=folder, env={"PYTHONIOENCODING": "utf-8"},
            capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip

    return run


def _wrong(bundle: bytes, table: bytes | None) -> list[str]:
    """Return the codes of what is wrong; a bundle that cannot be read at all is one."""
    try:
        return [code for code, _ in offline.check(bundle, table).problems]
    except offline.Unreadable as error:
        return [error.code]


def _written(said: Any) -> bytes:
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def test_a_stranger_finds_a_true_report_genuine_and_is_told_what_that_does_not_prove(
    paper: Paper, stranger: Callable[..., Any]
) -> None:
    said = stranger({"report.pdf": paper.pdf}, "report.pdf")
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"ITS DATA ARE GENUINE AND UNCHANGED: report {paper.code}" in said.stdout
    assert paper.digest in said.stdout and "Ada Jansen" in said.stdout
    assert "It does not prove:" in said.stdout and "whose key it is" in said.stdout
    files = {"custody.json": paper.bundle, "custody.csv": paper.table}
    said = stranger(files, "custody.json", "--csv", "custody.csv")
    assert said.returncode == 0 and "and the CSV" in said.stdout


def test_the_stranger_has_never_seen_the_program_that_made_it(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-I", "-c", "import specimens"], cwd=tmp_path, capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in said.stderr


def test_the_key_that_the_site_gave_decides(paper: Paper, stranger: Callable[..., Any]) -> None:
    [key] = [each["key"] for each in paper.said()["keys"]]
    said = stranger({"report.pdf": paper.pdf}, "report.pdf", "--key", key)
    assert said.returncode == 0 and "whose key it is" not in said.stdout
    other = KeySigner(key.split("+")[0], b"\x55" * 32).key.vkey
    said = stranger({"report.pdf": paper.pdf}, "report.pdf", "--key", other)
    assert (
        said.returncode == 1 and "NOT GENUINE" in said.stdout and "none of the keys signed it" in said.stdout
    )


def test_the_events_of_custody_json_are_those_of_the_csv_and_of_the_pages(paper: Paper) -> None:
    said = paper.said()
    events = {event["number"]: event for event in json.loads(said["data"])["events"]}
    rows = {int(row["number"]): row for row in csv.DictReader(io.StringIO(paper.table.decode("utf-8-sig")))}
    assert set(events) == set(rows) and len(said["entries"]) == len(events)
    hashes = {hashlib.sha256(b"\x00" + entry["body"].encode()).hexdigest() for entry in said["entries"]}
    assert hashes == {event["entry_hash"] for event in events.values()}
    assert hashes == {row["entry_hash"] for row in rows.values()}
    for number, event in events.items():
        row = rows[number]
        told = {
            "act": event["act"], "subject": event["subject"], "subject_kind": event["subject_kind"],
            "who": event["who"]["name"], "role": event["who"]["role"], "mode": event["mode"],
            "station": event["station"] or "", "moved_from": event["moved_from"] or "",
            "moved_to": event["moved_to"] or "", "condition": event["condition"] or "",
            "reason": event["reason"] or "", "note": (event["note"] or {}).get("text") or "",
            "performed_by": event["performed_by"] or "",
        }  # fmt: skip
        assert {name: row[name] for name in told} == told
    with pypdfium2.PdfDocument(paper.pdf) as pdf:
        text = "".join(page.get_textpage().get_text_bounded() for page in pdf)
    for event in events.values():
        assert event["entry_hash"][:16] in text
        assert re.search(rf"^{event['number']}\b", text, re.MULTILINE)
    assert len(set(re.findall(r"^[0-9a-f]{16}\r?$|(?<=\n)[0-9a-f]{16}(?=\r?\n)", text, re.MULTILINE))) <= len(
        events
    )


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _leaves(member, (*path, name))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _leaves(member, (*path, number))
    else:
        yield path, value


def _changed(value: Any, at: int) -> Any:
    if isinstance(value, str) and value:
        place = at % len(value)
        other = "1" if value[place] != "1" else "2"
        return value[:place] + other + value[place + 1 :]
    return 1 if value is None or value == "" else value + 1


@SQLITE
def test_a_change_of_any_field_is_found(cast: Cast, made: History) -> None:
    paper = paper_of(cast.ada, ReportScope("specimen", made.tubes[0]))
    assert _wrong(paper.bundle, paper.table) == []
    said = paper.said()
    count = 0
    for path, value in list(_leaves(said)):
        for at in (0, 7, 101, -3):
            place = said
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = _changed(value, at)
            assert _wrong(_written(said), paper.table), (path, at)
            place[path[-1]] = value
            count += 1
    assert count > 300
    assert _wrong(_written(said), paper.table) == []


@SQLITE
def test_what_is_taken_out_put_in_or_exchanged_is_found(paper: Paper, cast: Cast, made: History) -> None:
    def after(change: Callable[[dict[str, Any]], object], table: bytes | None = paper.table) -> list[str]:
        said = paper.said()
        change(said)
        return _wrong(_written(said), table)

    other = paper_of(cast.ada, ReportScope("specimen", made.tubes[1]))
    assert "other_events" in after(lambda said: said["entries"].pop())
    assert "twice" in after(lambda said: said["entries"].append(said["entries"][0]))
    assert after(lambda said: said["entries"].reverse()) == []  # their order says nothing
    assert "other_report" in after(lambda said: said.update(made=other.said()["made"]))
    assert after(lambda said: said.update(checkpoint=other.said()["checkpoint"]))
    assert "other_events" in after(lambda said: said.update(entries=other.said()["entries"]))
    assert "record" in after(lambda said: said.update(data=other.said()["data"]))
    assert "other_csv" in _wrong(paper.bundle, other.table)
    assert "other_csv" in _wrong(paper.bundle, paper.table.replace(b"intact", b"broken", 1))
    assert after(lambda said: said.pop("csv")) == ["not_custody"]
    assert after(lambda said: said.update(more=1)) == ["not_custody"]
    for entry in ("index", "proof", "texts"):
        assert after(lambda said, name=entry: said["entries"][3].pop(name))  # type: ignore[misc]
    for state in ("redacted", "withheld"):

        def told(said: dict[str, Any], state: str = state) -> None:
            entry = next(each for each in said["entries"] if each["texts"])
            entry["texts"] = dict.fromkeys(entry["texts"], state)

        assert "event" in after(told)


@SQLITE
def test_a_forger_with_a_key_of_his_own_is_found_by_the_key_of_the_site(paper: Paper) -> None:
    said = paper.said()
    [key] = [each["key"] for each in said["keys"]]
    forger = KeySigner(key.split("+")[0], b"\x55" * 32)
    said["keys"][0]["key"] = forger.key.vkey
    head = said["checkpoint"].partition("\n\n")[0] + "\n"
    raw = base64.b64encode(forger.key.key_id + forger.sign(head.encode())).decode()
    said["checkpoint"] = f"{head}\n\u2014 {forger.key.name} {raw}\n"
    assert _wrong(_written(said), paper.table) == ["record"]  # the ledger's own entry names the keys
    assert offline.check(_written(said), paper.table, [key]).problems[0][0] == "checkpoint"


@SQLITE
def test_a_file_that_is_cut_off_anywhere_is_told_so(paper: Paper, stranger: Callable[..., Any]) -> None:
    assert _wrong(b'{"a":' * 100_000, None) == ["not_custody"]
    for part in range(1, 20):
        assert _wrong(paper.bundle[: len(paper.bundle) * part // 20], paper.table) == ["not_custody"]
        with pytest.raises(offline.Unreadable):
            offline.attachments(paper.pdf[: paper.pdf.index(b"/EmbeddedFile") * part // 20])
    said = stranger({"cut.pdf": paper.pdf[: paper.pdf.index(b"/EmbeddedFile") + 200]}, "cut.pdf")
    assert said.returncode == 1 and said.stdout.startswith("NOT CHECKED") and not said.stderr


def test_a_key_that_is_none_is_told_so_in_words(stranger: Callable[..., Any]) -> None:
    for key in ("x", "a+b+c", f"a+{'0' * 8}+AAAA"):
        said = stranger({"r.json": b"{}"}, "r.json", "--key", key)
        assert said.returncode == 1 and re.match("NOT CHECKED: not a(n Ed25519)? key", said.stdout), (
            said.stdout
        )


def test_whoever_may_not_read_texts_gets_none_and_can_verify_all_the_same(
    cast: Cast, made: History, paper: Paper
) -> None:
    assert NOTE in paper.bundle.decode()
    blind = paper_of(cast.mona, ReportScope("participant", made.participant))
    assert NOTE not in blind.bundle.decode() and b"withheld" in blind.bundle
    assert b'"salt"' not in blind.bundle
    assert _wrong(blind.bundle, blind.table) == []


def test_an_older_report_belongs_to_the_same_history_or_it_is_said(
    cast: Cast, made: History, paper: Paper, stranger: Callable[..., Any]
) -> None:
    newer = paper_of(cast.ada, ReportScope("visit", made.visit))
    old, new = (
        offline.read_checkpoint(each.said()["checkpoint"], [each.said()["keys"][0]["key"]])
        for each in (paper, newer)
    )
    proof = checkpoint.consistency(old.size, new.size)
    files = {
        "new.pdf": newer.pdf, "old.pdf": paper.pdf, "old.txt": paper.said()["checkpoint"].encode(),
        "proof.txt": "\n".join(base64.b64encode(each).decode() for each in proof).encode(),
        "wrong.txt": "\n".join(base64.b64encode(each).decode() for each in [*proof[:-1], bytes(32)]).encode(),
    }  # fmt: skip
    for older in ("old.pdf", "old.txt"):
        said = stranger(files, "new.pdf", "--against", older, "--proof", "proof.txt")
        assert said.returncode == 0 and "begins with the older of" in said.stdout, said.stdout
        said = stranger(files, "new.pdf", "--against", older)
        assert said.returncode == 1 and "NOT DECIDED" in said.stdout
        said = stranger(files, "new.pdf", "--against", older, "--proof", "wrong.txt")
        assert said.returncode == 1 and "REWRITTEN" in said.stdout
    said = stranger(files, "new.pdf", "--against", "new.pdf")
    assert said.returncode == 0 and "the same" in said.stdout
    said = stranger({**files, "odd.txt": b"odd\n"}, "new.pdf", "--against", "odd.txt")
    assert said.returncode == 1 and not said.stderr


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_file_is_pdf_a_3b_and_stops_being_it_when_something_is_taken_away(
    cast: Cast, made: History, language: str
) -> None:
    paper = paper_of(cast.ada, ReportScope("participant", made.participant), Voice(language))
    found = pdfa.validate_written(io.BytesIO(paper.pdf), "3b")
    assert found.passed, found.summary()
    with pikepdf.open(io.BytesIO(paper.pdf)) as pdf:
        names = [str(each.F) for each in pdf.Root.AF]
        assert names == ["custody.csv", "custody.json"]
        assert [str(each.AFRelationship) for each in pdf.Root.AF] == ["/Alternative", "/Data"]
        assert pdf.attachments["custody.json"].get_file().read_bytes() == paper.bundle
        assert pdf.attachments["custody.csv"].get_file().read_bytes() == paper.table
        assert pdf.check_pdf_syntax() == []

    def broken(change: Callable[[pikepdf.Pdf], object]) -> bool:
        stream = io.BytesIO()
        with pikepdf.open(io.BytesIO(paper.pdf)) as pdf:
            change(pdf)
            pdf.save(stream)
        return not pdfa.validate_written(stream, "3b").passed

    def without(*names: str) -> Callable[[pikepdf.Pdf], None]:
        def take(pdf: pikepdf.Pdf) -> None:
            for name in names:
                del pdf.Root[name]

        return take

    assert not broken(lambda pdf: None)
    for name in ("/OutputIntents", "/Metadata", "/AF"):
        assert broken(without(name)), name
    assert broken(lambda pdf: pdf.Root.AF[0].__delitem__("/AFRelationship"))
    assert broken(lambda pdf: pdf.pages[0].obj.__setitem__("/Trans", pikepdf.Dictionary()))
    assert broken(
        lambda pdf: pdf.Root.__setitem__("/OpenAction", pikepdf.Dictionary(S=pikepdf.Name.JavaScript))
    )


@SQLITE
def test_the_checkpoint_is_read_back_from_the_printed_page(cast: Cast, made: History, paper: Paper) -> None:
    note = paper.said()["checkpoint"]
    with pypdfium2.PdfDocument(paper.pdf) as pdf:
        for page in pdf:
            text = page.get_textpage().get_text_bounded()
            if "7  Integrity" in text or "7 Integrity" in text:
                picture = page.render(scale=300 / 72, grayscale=True).to_pil()
                break
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    assert read_text(stream.getvalue()) == note
    for line in note.splitlines()[:3]:
        assert line in text
    assert paper.digest in text and hashlib.sha256(paper.table).hexdigest() in text
    [key] = report_file.public_keys()
    assert key.key in text.replace("\r\n", "").replace("\n", "")
