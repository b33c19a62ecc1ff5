#!/usr/bin/env python3
"""Check a custody report on a machine that has never seen the system that made it.

    python3 offline.py REPORT.pdf [--key KEY] [--against OLDER] [--proof FILE]

One file: it needs Python 3.11 and the package `cryptography`, and nothing else of the program that it came from.
REPORT is the PDF itself, or its attachment `custody.json` saved by any viewer (then `--csv custody.csv`). It ends with
0 when everything holds, with 1 when anything does not, and says in words what that proves and what it cannot prove.
The format is written down in docs/ledger-format.md, well enough to write this file again in another language.
"""

import argparse
import base64
import csv
import hashlib
import hmac
import io
import json
import re
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "specimens/custody@v1"
#: More than this is no custody report (bytes): the file itself, and each attachment when it is unpacked.
MOST_FILE, MOST_UNPACKED = 200_000_000, 400_000_000
#: How many problems are named one by one.
MOST_NAMED = 50

#: The fact of an entry: by how many ms the server's clock was behind. And what two machines may disagree by.
MARKS = BEHIND, _ = "clock_behind_ms", "device_clock_ms"
_MOST_BACK_MS = 120_000

#: What a report says where its reader may not see a text.
SEALED = "[sealed]"
_KEYS = {"checkpoint", "csv", "data", "digest", "entries", "format", "keys", "made", "report"}
_STREAM = re.compile(
    rb"\bobj\b[ \r\n]*<<((?:(?!endobj|\bstream\b).){0,4000}?)>>[ \r\n]*stream\r?\n", re.DOTALL
)
_EMBEDDED = re.compile(rb"/Type\s*/EmbeddedFile(?![A-Za-z])")
_KIND = re.compile(rb"/Subtype\s*/(?:(application/json)|text/csv)(?![A-Za-z])")
_PACKED = re.compile(rb"/Type\s*/ObjStm(?![A-Za-z])")
#: Where a file is named to a viewer, which need not look at the stream's own type.
_NAMED = re.compile(rb"/(?:E|#45)(?:F|#46)\s*(?:<<|\d+\s+\d+\s+R)")
_SIGNATURE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")

#: What can be wrong, by code: other programs that use this file translate the code and fill in the facts themselves.
SENTENCES = {
    "not_pdf": "This is no PDF and no custody.json. Give the report as it was made.",
    "encrypted": "This PDF is encrypted. Give the report as it was made, without a password.",
    "no_data": "This PDF holds no custody.json. A report that was printed, scanned or saved by another program loses "
    "it: give the file as it was made, or type what its last pages say.",
    "several_data": "This PDF holds another file than custody.json and its CSV: somebody put it in. Do not rely on it.",
    "added_to": "Something was added to this PDF since it was made, and viewers show it. Give the file as it was made.",
    "cut_off": "The file ends in the middle of an attachment. Give the whole file.",
    "damaged": "An attachment of this PDF is damaged ({why}). Give the file as it was made.",
    "too_large": "An attachment unpacks to more than {most} bytes: that is no custody report.",
    "unknown_packing": "An attachment is packed in an unknown way. Save it with a viewer, and give that.",
    "not_custody": "custody.json cannot be read: {why}. Give the file as it was made.",
    "not_as_format": "custody.json is not as the format says: {why}.",
    "checkpoint": "The checkpoint does not hold: {why}.",
    "twice": "{where} stands twice.",
    "not_included": "{where} is not in the history that the checkpoint signs.",
    "other_entry_ledger": "{where} is of another ledger, {found}.",
    "other_texts": "{where}: the texts are not those that it sealed.",
    "text": "{where}: the text of {name} is not the one that was sealed.",
    "chain": "{where} does not follow the one before it.",
    "time_back": "{where} was recorded before the one that stands in front of it in the ledger.",
    "other_report": "The entry that keeps report {report} on record is of something else.",
    "record": "{name}: the ledger has {expected}, this report has {found}.",
    "other_csv": "The CSV is not the one of this report: its SHA-256 is another.",
    "other_events": "The events of the report are not the entries that it proves.",
    "event": "Event {number}, {name}: the entry has {expected}, the report has {found}.",
    "other_rows": "The rows of the CSV are not the events of the report.",
    "row": "The CSV says something else of event {number}.",
}


class Unreadable(Exception):
    """What was given is no custody report, or not a whole one; `code` and `facts` say why."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(SENTENCES[code].format_map(facts))
        self.code, self.facts = code, facts


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement: so many entries, and the hash of them all. `signed_by` names the keys that hold."""

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()
    signed_by: tuple[str, ...] = ()


@dataclass(slots=True)
class Findings:
    """What a check found: problems as (code, facts) (none: everything holds), and what the report says of itself."""

    problems: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    further: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None

    def wrong(self, code: str, **facts: object) -> None:
        """Keep a problem."""
        if len(self.problems) < MOST_NAMED:
            self.problems.append((code, facts))
        else:
            self.further += 1

    @property
    def holds(self) -> bool:
        """Say whether everything that was checked is as it must be."""
        return not self.problems


# ---- what lies in a PDF ------------------------------------------------------------------------------------------


def attachments(pdf: bytes, most: int = MOST_UNPACKED) -> tuple[bytes, bytes | None]:
    """Return custody.json and the CSV twin (None: not attached) from a PDF, without reading anything else of it.

    Raises:
        Unreadable: when it is no PDF, is encrypted, or does not hold exactly one custody.json.
    """
    if not pdf[:1024].lstrip().startswith(b"%PDF-"):
        raise Unreadable("not_pdf")
    if re.search(rb"/Encrypt[\s/<]", pdf):
        raise Unreadable("encrypted")
    if pdf.count(b"startxref") > 1:
        raise Unreadable("added_to")
    tables, texts = list[bytes](), list[bytes]()
    files, named = 0, len(_NAMED.findall(pdf))
    for found in _STREAM.finditer(pdf):  # any character of a name may be written as #xx
        head = re.sub(rb"#([0-9a-fA-F]{2})", lambda code: bytes.fromhex(code[1].decode()), found[1])
        if _PACKED.search(head):
            named += len(_NAMED.findall(_unpacked(pdf, found.end(), head, most)))
        files += bool(_EMBEDDED.search(head))
        if kind := _KIND.search(head):
            (texts if kind[1] else tables).append(_unpacked(pdf, found.end(), head, most))
    if not texts:
        raise Unreadable("no_data")
    if len(texts) > 1 or len(tables) > 1 or max(files, named) > len(texts) + len(tables):
        raise Unreadable("several_data")
    return texts[0], tables[0] if tables else None


def _unpacked(pdf: bytes, start: int, said: bytes, most: int) -> bytes:
    if b"/Filter" not in said:
        end = pdf.find(b"endstream", start)
        if end < 0:
            raise Unreadable("cut_off")
        length = re.search(rb"/Length\s+(\d{1,12})(?!\s+\d+\s+R)", said)
        return pdf[start : start + int(length[1])] if length else pdf[start:end].rstrip(b"\r\n")
    if re.search(rb"/Filter\s*\[?\s*/FlateDecode\s*\]?", said) is None or b"/DecodeParms" in said:
        raise Unreadable("unknown_packing")
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(memoryview(pdf)[start:], most + 1)
    except zlib.error as error:
        raise Unreadable("damaged", why=error) from error
    if len(content) > most:
        raise Unreadable("too_large", most=most)
    if not unpacking.eof:
        raise Unreadable("cut_off")
    return content


# ---- hashes, proofs, signatures ----------------------------------------------------------------------------------


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of two nodes of the tree (RFC 6962)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether *leaf* stands at *index* of the tree of *size* leaves with this *root* (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(each, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, each)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def extends(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> bool:
    """Say whether the *old* checkpoint is the beginning of the *new* one (RFC 9162, 2.1.4.2)."""
    if old.size == new.size:
        return not proof and old.root == new.root
    if not 0 < old.size < new.size or not proof:
        return old.size == 0 and not proof
    nodes = [old.root, *proof] if old.size & (old.size - 1) == 0 else list(proof)
    at, last = old.size - 1, new.size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = nodes[0]
    for each in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node(each, before), node(each, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, each)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old.root and after == new.root


def counts(ledger: str, origin: str) -> bool:
    """Say whether a checkpoint's origin is that of a ledger, in its first count or in a later one (`ledger/2`)."""
    return re.fullmatch(re.escape(ledger) + r"(/[1-9][0-9]{0,5})?", origin) is not None


def decoded(text: str) -> bytes:
    """Return the bytes of base64 *text*; raises ValueError unless it is the one way to write them."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError(f"not base64 as this format writes it: {text[:80]}")
    return raw


def read_key(text: str) -> tuple[str, bytes, Ed25519PublicKey]:
    """Return name, id (4 bytes) and key of a verifier's key as C2SP writes it: `name+id+base64(1 ‖ key)`."""
    if not (found := re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+((?:[A-Za-z0-9+/]{4})+)", text)):
        raise ValueError(f"not a key as this format writes it, name+id+key: {text[:80]}")
    name, said, raw = found[1], found[2], decoded(found[3])
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 33 or raw[0] != 1 or key_id.hex() != said:
        raise ValueError(f"not an Ed25519 key: {text}")
    return name, key_id, Ed25519PublicKey.from_public_bytes(raw[1:])


def read_checkpoint(note: str, keys: Sequence[str]) -> Checkpoint:
    """Read a signed checkpoint and check its signatures with *keys*.

    Raises:
        ValueError: when it is none, when a signature of one of *keys* does not hold, or none of them signed it.
    """
    head, mark, tail = note.partition("\n\n")
    lines = head.split("\n")
    if not mark or len(lines) < 3 or not _SIZE.fullmatch(lines[1]) or not tail.endswith("\n"):
        raise ValueError("it is not a signed checkpoint")
    root = decoded(lines[2])
    if len(root) != 32:
        raise ValueError("its root is not a hash")
    known = [read_key(each) for each in keys]
    good: list[str] = []
    for line in tail[:-1].split("\n"):
        found = _SIGNATURE.fullmatch(line)
        if found is None:
            raise ValueError("a line of its signatures cannot be read")
        raw = decoded(found[2])
        for name, key_id, key in known:
            if name == found[1] and key_id == raw[:4]:
                try:
                    key.verify(raw[4:], (head + "\n").encode())
                except InvalidSignature:
                    raise ValueError(f"the signature of {name} does not hold") from None
                good.append(name)
    if not good:
        raise ValueError("none of the keys signed it")
    return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:]), tuple(good))


# ---- the report --------------------------------------------------------------------------------------------------


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refused(said: str) -> Any:
    raise ValueError(f"not part of canonical JSON: {said}")


def read_json(data: bytes) -> Any:
    """Read canonical JSON; raises ValueError for anything that is not written exactly as it must be."""
    try:
        text = data.decode()
        value = json.loads(text, object_pairs_hook=_once, parse_float=_refused, parse_constant=_refused)
        same = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) == text
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not same:
        raise ValueError("it is not in canonical form")
    return value


def check(bundle: bytes, table: bytes | None = None, keys: Sequence[str] = ()) -> Findings:
    """Check a custody.json, and its CSV where it is there; *keys* are those that somebody trusts (none: its own).

    Raises:
        Unreadable: when it is no custody.json at all.
    """
    try:
        said = read_json(bundle)
        if not isinstance(said, dict) or said.get("format") != FORMAT or set(said) != _KEYS:
            raise ValueError(f"it is not of the format {FORMAT}")
    except ValueError as error:
        raise Unreadable("not_custody", why=error) from error
    found = Findings()
    try:
        _check(said, table, keys, found)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        found.wrong("not_as_format", why=f"{type(error).__name__}: {error}")
    return found


def _check(said: Mapping[str, Any], table: bytes | None, keys: Sequence[str], found: Findings) -> None:
    found.told |= {
        "report": said["report"],
        "digest": said["digest"],
        "csv": said["csv"],
        "keys": said["keys"],
    }
    trusted = keys or [each["key"] for each in said["keys"]]
    try:
        found.checkpoint = read_checkpoint(said["checkpoint"], trusted)
    except ValueError as error:
        found.wrong("checkpoint", why=error)
        return
    bodies: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
    placed: list[tuple[int, Mapping[str, Any]]] = []
    for entry in said["entries"]:
        digest, body = _entry(entry, found)
        if digest in bodies:
            found.wrong("twice", where=_where(body))
        bodies[digest] = (body, entry["texts"])
        placed.append((entry["index"], body))
    _, made = _entry(said["made"], found)
    _chains([body for body, _ in bodies.values()], found)
    _times([*placed, (said["made"]["index"], made)], found)
    _record(said, made, table, found)
    data = read_json(said["data"].encode())
    signed = {each["entry_hash"]: each for each in data.get("signatures", [])}
    _events(data["events"], {name: of for name, of in bodies.items() if name not in signed}, found)
    _signatures(signed, bodies, found)
    if table is not None:
        _table(table, data["events"], set(signed), found)
    times = sorted(body["recorded_at"] for body, _ in bodies.values())
    found.told |= {
        "made_at": made["recorded_at"],
        "made_by": made["actor"]["name"],
        "scope": made["facts"]["scope"],
        "entries": len(bodies),
        "between": [times[0], times[-1]] if times else None,
        "study": data["study"],
        "csv_checked": table is not None,
    }


def _where(body: Mapping[str, Any]) -> str:
    return f"{body['subject']['kind']} {body['subject']['code']}, entry {body['seq']}"


def _entry(entry: Mapping[str, Any], found: Findings) -> tuple[str, Mapping[str, Any]]:
    """Check that one entry is in the tree of the checkpoint, and its texts; return hash and content."""
    raw = entry["body"].encode()
    body: Mapping[str, Any] = read_json(raw)
    leaf = hashlib.sha256(b"\x00" + raw).digest()
    where = _where(body)
    proof = [decoded(each) for each in entry["proof"]]
    checkpoint = found.checkpoint
    if set(entry) != {"body", "index", "proof", "texts"} or type(entry["index"]) is not int:
        found.wrong("not_as_format", why=where)
    elif checkpoint is None or not included(leaf, entry["index"], checkpoint.size, proof, checkpoint.root):
        found.wrong("not_included", where=where)
    elif not counts(body["origin"], checkpoint.origin):
        found.wrong("other_entry_ledger", where=where, found=body["origin"])
    seals = dict(body["sealed"])
    if body["reason"] and body["reason"]["sealed"]:
        seals["reason"] = body["reason"]["sealed"]
    if set(seals) != set(entry["texts"]):
        found.wrong("other_texts", where=where)
        return leaf.hex(), body
    for name, seal in seals.items():
        told = entry["texts"][name]
        if told in ("redacted", "withheld"):
            continue
        mac = hmac.new(bytes.fromhex(told["salt"]), told["text"].encode(), hashlib.sha256).hexdigest()
        if mac != seal or not re.fullmatch("[0-9a-f]{64}", told["salt"]):
            found.wrong("text", where=where, name=name)
    return leaf.hex(), body


def _chains(bodies: list[Mapping[str, Any]], found: Findings) -> None:
    """Check that each entry names the hash of the one before it on the same subject, where both are here."""
    at: dict[tuple[str, str, int], bytes] = {}
    for body in bodies:
        raw = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        key = (body["subject"]["kind"], body["subject"]["code"], body["seq"])
        if key in at:
            found.wrong("twice", where=_where(body))
        at[key] = hashlib.sha256(b"\x00" + raw).digest()
    for body in bodies:
        kind, code, seq = body["subject"]["kind"], body["subject"]["code"], body["seq"]
        before = at.get((kind, code, seq - 1))
        if (seq == 1) != (body["prev"] is None) or (before is not None and body["prev"] != before.hex()):
            found.wrong("chain", where=_where(body))


def _times(placed: Sequence[tuple[int, Mapping[str, Any]]], found: Findings) -> None:
    """Check that time does not run backwards along the ledger, and note what was written while the clock was behind."""
    newest, behind = 0, []
    for _, body in sorted(placed, key=lambda each: each[0]):
        at, marked = _ms(body["recorded_at"]), body["facts"].get(BEHIND)
        if marked is not None:
            behind.append(int(marked))
        if at < newest - _MOST_BACK_MS:
            found.wrong("time_back", where=_where(body))
        newest = max(newest, at)
    found.told["clock_behind"] = [len(behind), max(behind, default=0)]


def _record(said: Mapping[str, Any], made: Mapping[str, Any], table: bytes | None, found: Findings) -> None:
    """Check that the ledger itself keeps this report on record, with this digest, CSV and list of keys."""
    if (made["act"], made["subject"]) != ("report_made", {"code": said["report"], "kind": "report"}):
        found.wrong("other_report", report=said["report"])
    digest = hashlib.sha256(said["data"].encode()).hexdigest()
    listed = json.dumps(said["keys"], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    same = {
        "digest": (said["digest"], digest, made["facts"]["digest"]),
        "csv": (said["csv"], made["facts"]["csv"]),
        "keys": (hashlib.sha256(listed).hexdigest(), made["facts"]["keys"]),
    }
    for name, (*here, kept) in same.items():
        if other := [each for each in here if each != kept]:
            found.wrong("record", name=name, expected=kept, found=other[0])
    if table is not None and hashlib.sha256(table).hexdigest() != said["csv"]:
        found.wrong("other_csv")


def _ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return round(moment.timestamp() * 1000)


def _events(
    events: Sequence[Mapping[str, Any]], bodies: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]],
    found: Findings,
) -> None:  # fmt: skip
    """Check that the events of the report are exactly the entries, and say what they say."""
    if sorted(event["entry_hash"] for event in events) != sorted(bodies):
        found.wrong("other_events")
    for event in events:
        if event["entry_hash"] not in bodies:
            continue
        body, texts = bodies[event["entry_hash"]]
        facts, note = body["facts"], event["note"] or {"text": None, "redaction": None}
        opened = [texts[name] for name in sorted(texts)]
        text = None
        if opened and all(isinstance(each, dict) for each in opened):
            text = "\n".join(each["text"] for each in opened)
        elif opened and all(each == "withheld" for each in opened):
            text = SEALED
        condition = facts.get("condition")
        tenths = facts.get("temperature_tenths_c", facts.get("received_temperature_tenths_c"))
        must = {
            "subject_kind": body["subject"]["kind"],
            "subject": body["subject"]["code"],
            "act": body["act"],
            "mode": body["mode"],
            "happened_by": body["happened_by"],
            "performed_by": body["performed_by"],
            "reason": body["reason"]["code"] if body["reason"] else None,
            "condition": condition if isinstance(condition, str) else None,
            "temperature_tenths_c": tenths if isinstance(tenths, int) else None,
        }
        told = {name: event[name] for name in must} | {name: event.get(name) for name in MARKS}
        must |= {name: facts.get(name) for name in MARKS} | {
            "who": (body["actor"]["name"], body["actor"]["role"]),
            "happened": (_ms(body["happened_at"]), body["zone"], body["offset"]),
            "recorded": _ms(body["recorded_at"]),
            "note": (text, "redacted" in opened),
        }
        happened = event["happened"]
        told |= {
            "who": (event["who"]["name"], event["who"]["role"]),
            "happened": (happened["at_ms"], happened["zone"], happened["offset"]),
            "recorded": event["recorded"]["at_ms"],
            "note": (note["text"], note["redaction"] is not None),
        }
        for name, value in must.items():
            if told[name] != value:
                number, expected = event["number"], _shown(value)
                found.wrong("event", number=number, name=name, expected=expected, found=_shown(told[name]))


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _signatures(
    signed: Mapping[str, Mapping[str, Any]], bodies: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]],
    found: Findings,
) -> None:  # fmt: skip
    """Check that each signature has its entry, and says what that says: who, when, what was meant, what was signed."""
    if set(signed) - set(bodies):
        found.wrong("other_events")
    for name, line in signed.items():
        if name not in bodies:
            continue
        body, _ = bodies[name]
        facts = body["facts"]
        must = {
            "act": "signed",
            "who": (body["actor"]["name"], body["actor"]["role"]),
            "at": (_ms(body["happened_at"]), body["zone"], body["offset"]),
            "signs": (
                facts["of_kind"],
                facts["of_code"],
                facts["of_seq"],
                facts["of_hash"],
                facts["meaning"],
            ),
        }
        at = line["at"]
        told = {
            "act": body["act"],
            "who": (line["who"]["name"], line["who"]["role"]),
            "at": (at["at_ms"], at["zone"], at["offset"]),
            "signs": (
                line["subject_kind"],
                line["subject"],
                line["of_entry"],
                line["of_hash"],
                line["meaning"],
            ),
        }
        for what, value in must.items():
            if told[what] != value:
                found.wrong("event", number=line["number"], name=what, expected=value, found=told[what])


def _table(table: bytes, events: Sequence[Mapping[str, Any]], signed: set[str], found: Findings) -> None:
    """Check that the rows of the CSV are the events and the signatures."""
    read = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""))
    listed = [row for row in read if not row.get("signed_digest")]  # whoever signed an earlier print of it
    rows = {row["entry_hash"]: row for row in listed}
    expected = {event["entry_hash"] for event in events} | signed
    if len(listed) != len(expected) or set(rows) != expected:
        found.wrong("other_rows")
    for event in events:
        row = rows.get(event["entry_hash"], {})
        happened, recorded = row.get("happened"), row.get("recorded")
        same = (
            row.get("number") == str(event["number"]), row.get("subject") == event["subject"],
            row.get("act") == event["act"], row.get("mode") == event["mode"],
            happened is not None and _ms(happened) == event["happened"]["at_ms"],
            recorded is not None and _ms(recorded) == event["recorded"]["at_ms"],
        )  # fmt: skip
        if row and not all(same):
            found.wrong("row", number=event["number"])


# ---- in the terminal ---------------------------------------------------------------------------------------------


def open_report(path: Path) -> tuple[bytes, bytes | None]:
    """Return custody.json and the CSV of a file that somebody gave: a PDF, or custody.json itself."""
    data = path.read_bytes() if path.stat().st_size <= MOST_FILE else b""
    if not data:
        raise Unreadable("too_large", most=MOST_FILE) if path.stat().st_size else Unreadable("not_pdf")
    return (data, None) if data[:1] == b"{" else attachments(data)


def _leaves(said: Mapping[str, Any]) -> dict[int, str]:
    bodies = ((each["index"], each["body"].encode()) for each in said["entries"])
    return {index: hashlib.sha256(b"\x00" + body).hexdigest() for index, body in bodies}


def _older(path: Path, keys: Sequence[str]) -> tuple[Checkpoint, dict[int, str]]:
    """Return an older checkpoint from a text, a custody.json or a PDF, and the entries that it came with."""
    data = path.read_bytes()
    if data[:1] != b"{" and not data[:1024].lstrip().startswith(b"%PDF-"):
        text = data.decode("utf-8", "replace").replace("\r\n", "\n").strip("\n") + "\n"
        return read_checkpoint(text, keys), {}
    said = read_json(open_report(path)[0])
    return read_checkpoint(said["checkpoint"], keys), _leaves(said)


def compare(
    now: Checkpoint, here: Mapping[int, str], old: Checkpoint, there: Mapping[int, str], proof: Sequence[bytes] | None
) -> tuple[bool, str]:  # fmt: skip
    """Say whether an older checkpoint belongs to the same history, and in words why."""
    if old.origin != now.origin:
        return False, f"The other checkpoint is of another ledger, {old.origin}: they cannot be compared."
    if old.size == now.size:
        same = old.root == now.root
        return same, "Both checkpoints are the same." if same else "REWRITTEN: as long, and another history."
    for index in here.keys() & there.keys():
        if here[index] != there[index]:
            return False, f"REWRITTEN: entry {index} of the ledger is another one in the two reports."
    older, newer = sorted((old, now), key=lambda each: each.size)
    if proof is None:
        return False, (
            f"NOT DECIDED: {older.size} and {newer.size} entries. Ask the Verify page of the system, with the older "
            "checkpoint, for the proof of consistency between these two sizes, and give it with --proof."
        )
    if extends(older, newer, proof):
        return True, f"The newer history of {newer.size} entries begins with the older of {older.size}."
    return False, "REWRITTEN, or a proof that is not of these two: the newer does not begin with the older."


def _words(found: Findings, trusted: bool) -> Iterator[str]:
    told, checkpoint = found.told, found.checkpoint
    for code, facts in found.problems:
        yield f"  ✗ {SENTENCES[code].format_map(facts)}"
    if found.further:
        yield f"  … and {found.further} more"
    if checkpoint is None or not found.holds:
        yield "NOT GENUINE: do not rely on this report. Ask for it again, and keep this file."
        return
    yield f"ITS DATA ARE GENUINE AND UNCHANGED: report {told['report']} on study {told['study']}."
    yield f"  made      {told['made_at']} by {told['made_by']}, about {_about(told['scope'])}"
    between = f", recorded {told['between'][0]} to {told['between'][1]}" if told["between"] else ""
    yield f"  entries   {told['entries']}{between}"
    yield f"  digest    {told['digest']}"
    yield f"  ledger    {checkpoint.origin}, {checkpoint.size} entries, {base64.b64encode(checkpoint.root).decode()}"
    yield f"  signed    {', '.join(checkpoint.signed_by)}"
    if told["clock_behind"][0]:
        many, most = told["clock_behind"]
        yield f"  clock     behind the ledger by up to {most // 1000} s when {many} of these were written, as each says"
    table = " and the CSV" if told["csv_checked"] else ""
    yield "It proves: each entry stood in the signed ledger, word for word; each text is the one that was sealed;"
    yield f"the events{table} are these entries, no more and no fewer; the ledger keeps this report on record."
    yield "It does not prove:"
    if not trusted:
        yield "- whose key it is. Compare with the key that the site gave you, or give that with --key:"
        yield from (
            f"    {each['key']} (from {each['from']} until {each['until'] or 'now'})" for each in told["keys"]
        )
    yield "- that pages, and attachments that a viewer opens, say what the data say: compare the digest at the foot of"
    yield "  each page with this one, and let the Verify page of the system compare the file byte for byte."
    yield "- that the history was not rewritten since, or before: give an older checkpoint with --against."
    yield "- names of places and second people, from → to: the system's reading of the entries, under the same digest."
    yield "- that what was typed in was true."


def _about(scope: Mapping[str, Any]) -> str:
    return " ".join(str(scope[name]) for name in ("about", "code", "first_on", "last_on") if scope[name])


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what was given; 0 when it all holds, else 1."""
    asked = argparse.ArgumentParser(description="Check a custody report offline.", prog="offline.py")
    asked.add_argument("report", type=Path, help="the PDF, or its attachment custody.json")
    asked.add_argument("--csv", type=Path, help="the CSV twin, where it is a file of its own")
    asked.add_argument("--key", action="append", default=[], help="the site's key; may be repeated")
    asked.add_argument("--against", type=Path, help="an older report, or the text of an older checkpoint")
    asked.add_argument("--proof", type=Path, help="the proof of consistency between the two")
    given = asked.parse_args(arguments)
    try:
        bundle, table = open_report(given.report)
        table = given.csv.read_bytes() if given.csv else table
        for key in given.key:
            read_key(key)
        found = check(bundle, table, given.key)
        print("\n".join(_words(found, bool(given.key))))
        if given.against is None or found.checkpoint is None:
            return 0 if found.holds else 1
        keys = given.key or [each["key"] for each in found.told["keys"]]
        old, there = _older(given.against, keys)
        here = _leaves(json.loads(bundle))
        proof = [decoded(each) for each in given.proof.read_text().split()] if given.proof else None
        same, sentence = compare(found.checkpoint, here, old, there, proof)
        print(sentence)
        return 0 if found.holds and same else 1
    except (Unreadable, OSError, ValueError, KeyError, TypeError) as error:
        print(f"NOT CHECKED: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
