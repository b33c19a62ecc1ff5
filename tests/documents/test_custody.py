"""The custody report on paper: read back page by page, as somebody with a heap of sheets would."""

import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from specimens.documents.canonical import custody_digest
from specimens.documents.custody import custody_pdf
from specimens.documents.fonts import SIZE
from specimens.documents.records import Note, Redaction, Scope, Signatures, Worded, plain
from tests.documents.custody_records import NORA, event, moment, report, section, signature, struck

#: What somebody may type into a reason, and what must never change the paper.
ATTACKS = {
    "markup": "<b>bold</b> <para>&amp; <img src='x'/> </para>",
    "formula": "=cmd|' /C calc'!A0",
    "control": "a\x00b\x07c\x1b[31md\x7f",
    "surrogate": "half a pair \ud800 here",
    "right_to_left": "\u202egnorw si siht\u202c",
    "long_word": "x" * 2000,
    "long_text": "because of the weather " * 90,
    "lines": "one\ntwo\r\nthree\rfour\u2028five",
    "scripts": "Łódź Ελλάδα Москва 試料 🧪 אבג",
    "format": "{page} {pages} %s %(name)s {0.__class__}",
    "postscript": "(unbalanced \\( ) endstream endobj",
    "empty_marks": "\u200b\ufeff\u00ad",
}


ROOT = Path(__file__).parents[2]


def pages_of(pdf: bytes) -> list[str]:
    """Return the text of each page."""
    with pypdfium2.PdfDocument(pdf) as document:
        texts = []
        for page in document:
            text = page.get_textpage()
            texts.append(text.get_text_bounded().replace("\r\n", "\n"))
            text.close()
            page.close()
        return texts


def _numbers(page: str) -> list[int]:
    """Return the numbers of the events that a page prints: each opens a line, before a date."""
    return [int(found) for found in re.findall(r"^(\d+)[ \n]22 Nov 2026", page, re.MULTILINE)]


def test_the_eight_sections_stand_in_their_order() -> None:
    text = "\n".join(pages_of(custody_pdf(report())))
    names = (
        "1 Report", "2 Scope", "3 Specimens", "4 Events", "5 Corrections", "6 Legend", "7 Integrity",
        "8 Signatures",
    )  # fmt: skip
    flat = re.sub(r" +", " ", text)
    places = [flat.index(name) for name in names]
    assert places == sorted(places)
    assert "was only shown" in flat


def test_every_page_says_which_it_is_of_how_many_and_bears_number_and_digest() -> None:
    told = report(300)
    pages = pages_of(custody_pdf(told))
    assert len(pages) > 20
    for number, page in enumerate(pages, start=1):
        assert f"page {number} of {len(pages)}" in page
        assert "Report K7N2 C4X3" in page
        assert f"Digest {custody_digest(told)[:16]} · uncontrolled when printed" in page
        assert "Ada Jansen, auditor" in page


def test_every_event_is_printed_once_and_shuffled_sheets_go_back_into_order() -> None:
    pages = pages_of(custody_pdf(report(300)))
    shuffled = random.Random(7).sample(pages, len(pages))
    order = [int(re.search(r"page (\d+) of", page)[1]) for page in shuffled]  # type: ignore[index]
    restored = [page for _, page in sorted(zip(order, shuffled, strict=True))]
    numbers = [number for page in restored for number in _numbers(page)]
    assert numbers == list(range(1, 301))


def test_the_heading_of_the_events_stands_on_each_of_their_pages() -> None:
    for page in pages_of(custody_pdf(report(300))):
        if _numbers(page):
            assert "Happened" in page and "From, to, condition, entry" in page


def test_a_row_never_splits() -> None:
    events = tuple(
        event(number, note=Note(f"begin{number} " + "word " * (number * 7 % 190) + f"end{number}"))
        for number in range(1, 80)
    )
    pages = pages_of(custody_pdf(replace(report(), events=events)))
    for number in range(1, 80):
        [on] = [page for page in pages if f"begin{number} " in page or f"begin{number}\n" in page]
        assert f"end{number}" in on
        assert number in _numbers(on)


def test_an_empty_report_still_prints() -> None:
    told = replace(
        report(), specimens=(), events=(), corrections=(), gaps=(), near_misses=(), open_matters=(),
        scope=Scope(filters=((Worded("visit", "visit"), plain("D2C9J5RV")),)),
    )  # fmt: skip
    text = "\n".join(pages_of(custody_pdf(told)))
    assert "it is empty" in text
    assert text.count("None.") == 8
    assert "8  Signatures" in text or "8 Signatures" in text


def test_a_broken_limit_is_said_in_words_and_what_is_not_reached_as_well() -> None:
    text = " ".join("\n".join(pages_of(custody_pdf(report()))).split())
    assert "LIMIT BROKEN: Clots 30 to 60 minutes, then is spun. It took 1 h 35 min: 35 min too long." in text
    assert "not yet" in text
    assert "+ 28 min" in text
    assert "limit 1 h" in text


def test_what_was_corrected_or_redacted_says_by_whom() -> None:
    gone = Note(redaction=Redaction(NORA, moment(9), Worded("name", "a name was written")))
    told = report(events=2)
    told = replace(told, events=(*told.events, struck(50, 51), event(52, note=gone)))
    text = " ".join("\n".join(pages_of(custody_pdf(told))).split())
    assert "corrected by entry 51" in text
    assert "[redacted by Nora de Wit, research nurse, 22 Nov 2026 13:12 CET (UTC+01:00): a name was" in text
    assert "13:05" in text and "13:03" in text


def test_a_time_that_a_person_typed_is_marked_and_stands_beside_when_it_was_recorded() -> None:
    typed = event(3, happened_by=Worded("person", "time typed by a person"), recorded=moment(90))
    text = " ".join("\n".join(pages_of(custody_pdf(replace(report(), events=(typed,))))).split())
    assert "time typed by a person" in text
    assert "recorded 22 Nov 2026 14:33 CET" in text


@pytest.mark.parametrize("name", ATTACKS)
def test_what_somebody_typed_never_breaks_the_paper(name: str) -> None:
    typed = ATTACKS[name]
    told = replace(
        report(),
        events=(
            event(1, note=Note(typed), performed_by=typed, station=typed, moved_to=typed),
            event(2, who=replace(NORA, name=typed), reason=Worded("other", typed)),
        ),
        specimens=(section(place=typed, custodian=typed),),
        header=replace(report().header, title=typed),
    )
    pages = pages_of(custody_pdf(told))
    numbers = sorted(number for page in pages for number in _numbers(page))
    assert numbers[:1] == [1] and 2 in numbers
    assert all(f"page {number} of {len(pages)}" in page for number, page in enumerate(pages, start=1))


def test_markup_is_printed_as_it_was_typed_and_an_invisible_mark_shows() -> None:
    told = replace(
        report(), events=(event(1, note=Note(ATTACKS["markup"])), event(2, note=Note("\u202eabc")))
    )
    text = "\n".join(pages_of(custody_pdf(told)))
    assert "<b>bold</b>" in text
    assert "U+202Eabc" in text


def test_both_languages_say_the_same_events_under_the_same_digest() -> None:
    english, dutch = report(20), report(20, language="nl")
    assert custody_digest(english) == custody_digest(dutch)
    text = "\n".join(pages_of(custody_pdf(dutch)))
    assert "Handtekeningen" in text and "pagina 1 van" in text and "22 nov 2026" in text
    assert "Signatures" not in text


def test_the_same_report_gives_the_same_bytes() -> None:
    assert custody_pdf(report(50)) == custody_pdf(report(50))


def test_nothing_on_paper_is_smaller_than_nine_points_or_coloured() -> None:
    with pypdfium2.PdfDocument(custody_pdf(report(10))) as document:
        for page in document:
            text = page.get_textpage()
            for index in range(0, text.count_chars(), 7):
                if text.get_text_range(index, 1).strip():
                    size = pypdfium2.raw.FPDFText_GetFontSize(text.raw, index)
                    assert size >= SIZE - 0.01
            picture = page.render(scale=0.5).to_pil().convert("RGB")
            assert all(red == green == blue for _, (red, green, blue) in picture.getcolors(1 << 24))
            text.close()
            page.close()


def test_the_person_who_waits_is_told_how_far_it_is() -> None:
    seen: list[tuple[int, int]] = []
    custody_pdf(report(60), progress=lambda done, of: seen.append((done, of)))
    assert seen == [(number, len(seen)) for number in range(1, len(seen) + 1)]


def test_a_signature_is_printed_with_name_role_moment_zone_and_meaning() -> None:
    told = replace(report(), signatures=Signatures(given=(signature(), signature(8, changed_by=9))))
    text = " ".join("\n".join(pages_of(custody_pdf(told))).split())
    for said in (
        "Ivo Smit",
        "investigator",
        "ivo",
        "22 Nov 2026",
        "UTC+01:00",
        "I have judged this deviation.",
    ):
        assert said in text, said
    assert text.count("CHANGED SINCE IT WAS SIGNED, by entry 9 of this record") == 1
    assert "not enabled in this version. Sign" not in text
    dutch = replace(told, header=replace(told.header, language="nl"))
    assert "GEWIJZIGD NA ONDERTEKENING" in " ".join("\n".join(pages_of(custody_pdf(dutch))).split())


def test_signatures_on_the_report_itself_leave_its_digest_alone_and_those_in_it_do_not() -> None:
    told = report()
    on_it = replace(told, signatures=Signatures(of_report=(signature(),)))
    within = replace(told, signatures=Signatures(given=(signature(),)))
    assert custody_digest(on_it) == custody_digest(told) != custody_digest(within)


def test_the_widths_of_a_face_are_right_although_labels_were_drawn_first() -> None:
    """The library shares one face between fonts of one file; the first that is registered lends it."""
    program = (
        "from labels import faces; faces.FILES and faces._widths(faces.MONO); "
        "from specimens.documents import fonts; fonts.widths(fonts.MONO); "
        "from reportlab.pdfbase import pdfmetrics; "
        "print(len({width for width, _ in pdfmetrics.getFont(fonts.MONO).face.hmetrics[3:]}))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert told.stdout.strip() == "1"
