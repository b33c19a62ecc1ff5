"""The digest of a report: equal for the same custody data, another for any other."""

import json
from dataclasses import fields, replace

import pytest

from specimens.documents.canonical import canonical_data, custody_digest
from specimens.documents.records import Note, Person, Worded
from tests.documents.custody_records import MEI, event, moment, report, section


def test_the_digest_is_that_of_canonical_json() -> None:
    data = canonical_data(report())
    assert (
        json.dumps(json.loads(data), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        == data
    )
    assert len(custody_digest(report())) == 64


def test_who_made_it_when_under_which_number_and_in_which_language_does_not_count() -> None:
    told = report()
    head = replace(
        told.header, number="C4K7N2XD", generated_at=moment(99_999), generated_by=MEI, software_version="9",
        language="nl", title="another title",
    )  # fmt: skip
    assert custody_digest(replace(told, header=head)) == custody_digest(told)


def test_what_lies_outside_the_scope_does_not_count() -> None:
    told = report()
    scope = replace(told.scope, specimens_out=1, events_out=7, up_to_event=12_345)
    assert custody_digest(replace(told, scope=scope)) == custody_digest(told)


def test_the_order_of_asking_does_not_count() -> None:
    told = report(20)
    assert custody_digest(replace(told, events=tuple(reversed(told.events)))) == custody_digest(told)


def test_words_and_judgements_do_not_count_and_codes_do() -> None:
    told = report()
    named = replace(told, specimens=(section(status=Worded("received", "ontvangen")),))
    assert custody_digest(named) == custody_digest(told)
    moved = replace(told, specimens=(section(status=Worded("stored", "received")),))
    assert custody_digest(moved) != custody_digest(told)


def test_a_tube_that_bore_the_same_label_counts_and_a_report_without_one_keeps_its_digest() -> None:
    told = report()
    twice = replace(told, specimens=(section(same_label=("C4K7N2XF",)),))
    assert custody_digest(twice) != custody_digest(told)
    assert b"same_label" in canonical_data(twice) and b"same_label" not in canonical_data(told)


def test_minutes_to_the_medium_count_also_none_of_them_and_a_report_without_keeps_its_digest() -> None:
    told = report()
    digests = {custody_digest(told)}
    for minutes in (0, 9):
        said = replace(told, events=(replace(told.events[0], minutes_to_medium=minutes), *told.events[1:]))
        digests.add(custody_digest(said))
    assert len(digests) == 3
    assert b"minutes_to_medium" not in canonical_data(told)


def _other(name: str) -> object:
    first = event(1)
    return {
        "number": 2, "subject": "C4K7N2XF", "happened": moment(7), "recorded": moment(8),
        "who": Person("Mei Tan", Worded("nurse", "laboratory technician")), "entry_hash": "f" * 64,
        "performed_by": "Dr. Haak", "station": "Room 1", "moved_from": "x", "moved_to": "x",
        "temperature_tenths_c": 216, "note": Note("x"),
    }.get(name, Worded("other", getattr(getattr(first, name), "word", "x")))  # fmt: skip


@pytest.mark.parametrize("name", [each.name for each in fields(event(1)) if each.name != "struck"])
def test_one_changed_field_of_one_event_is_another_digest(name: str) -> None:
    told = report(3)
    changed = replace(told.events[0], **{name: _other(name)})
    assert custody_digest(replace(told, events=(changed, *told.events[1:]))) != custody_digest(told)


def test_one_changed_character_of_a_note_is_another_digest() -> None:
    one, other = (replace(report(), events=(event(1, note=Note(text)),)) for text in ("read", "reed"))
    assert custody_digest(one) != custody_digest(other)


def test_a_floating_point_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not part of custody data"):
        canonical_data(replace(report(), events=(event(1, temperature_tenths_c=21.5),)))
