"""A rack reader's file does what the photo of a rack does: at a box, at receipt, at a check; shown first, then done."""

import re
from io import BytesIO

import pytest
from sqlalchemy import select
from time_machine import Traveller

from labels import rack_file
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import inventory_view, receipt, storage
from specimens.services.row import state_now
from tests.services.bags import released
from tests.services.chain import Chain, frozen_vials, unit
from tests.web.conftest import Web
from tests.web.scanning import doing


@pytest.fixture
def box(web: Web, clock: Traveller) -> tuple[str, list[str]]:
    """An empty box and five vials of serum at the bench."""
    with web.app.app_context():
        vials = [each.code for each in frozen_vials(Chain(web.cast, clock), 5)]
        return unit(name="B07"), vials


def _shown(web: Web, address: str, written: str | bytes, status: int = 200, **more: str) -> str:
    data = written if isinstance(written, bytes) else written.encode()
    answer = web.client("mei").post(address, data={"file": (BytesIO(data), "rack.csv"), **more})
    assert answer.status_code == status, answer.text
    return str(answer.text)


def _confirmed(web: Web, address: str, page: str, nonce: str) -> str:
    """Send the page of answers as it stands: every tube that is ticked, where it was read."""
    ticked = re.findall(r'name="tube" value="(\w+)" checked', page)
    wells = dict(re.findall(r'name="(at_\w+)"\s+value="(\w+)"', page))
    how = re.search(r'name="how" value="(\w+)"', page)
    assert how
    sent = {"tube": ticked, "nonce": nonce, "how": how[1], **wells}
    answer = web.client("mei").post(address, data=sent)
    assert answer.status_code == 200
    return str(answer.text)


def test_a_box_is_filled_from_a_readers_file_and_no_bad_tube_keeps_another_back(
    web: Web, box: tuple[str, list[str]]
) -> None:
    unit_code, vials = box
    address = f"/boxes/{unit_code}/photo"
    written = (
        f"\ufeffWell;Code\r\nA01;{vials[0]}\r\nA02;NO TUBE\r\nA03;NO READ\r\nB1;{vials[1]}\r\nB2;0123456789\r\n"
        f"C1;{vials[2]}\r\nC2;{vials[2]}\r\nD1;C4K7N2XD\r\nZ9;{vials[3]}\r\n"
    )
    web.client("mei")
    before = web.entries()
    page = _shown(web, address, written)
    assert web.entries() == before
    assert "Seen and not read: A3" in page and "stands on more than one tube" in page
    assert "left alone: B2 0123456789" in page and "wells that are not there" in page
    assert "not known here" in page
    done = _confirmed(web, f"{address}/put", page, "n1")
    assert "2 of 2 are done" in done
    with web.app.app_context():
        places = [
            (state_now(Kind.SPECIMEN, each).place, state_now(Kind.SPECIMEN, each).position) for each in vials
        ]
        modes = set(db.session.execute(select(LedgerEntry.mode).where(LedgerEntry.act == "stored")).scalars())
        db.session.remove()
    assert places == [(unit_code, "A1"), (unit_code, "B1"), (None, None), (None, None), (None, None)]
    assert modes == {"reader"}
    again = _shown(web, address, f"A1,{vials[3]}\nB5,{vials[0]}\n")
    assert f"A1 is taken by {vials[0][:4]} {vials[0][4:]}" in again and "it would be moved" in again


def test_a_list_is_received_from_a_readers_file(web: Web) -> None:
    with web.app.app_context():
        made, tubes = released(web.cast, 5)
        receipt.open_receipt(web.cast.mei, made.code, condition="intact", temperature_tenths_c=210)
        db.session.remove()
    address = f"/transfers/{made.code}/photo"
    written = "".join(f"A{number}\t{tube}\n" for number, tube in enumerate(tubes[:4], start=1))
    page = _shown(web, address, written + "A5\tNO READ\n")
    assert page.count(" checked") == 4 and "Seen and not read: A5" in page
    assert "4 of 4 are done" in _confirmed(web, f"{address}/take", page, "n")


def test_a_box_is_checked_with_a_readers_file_each_tube_where_it_was_read(
    web: Web, box: tuple[str, list[str]]
) -> None:
    unit_code, vials = box
    do = doing(web)
    for vial in vials[:3]:
        assert do(storage.put, web.cast.mei, unit_code, vial).saved
    address = f"/boxes/{unit_code}/check/photo"
    assert address in web.client("mei").get(f"/boxes/{unit_code}/check").text
    page = _shown(web, address, f"A1,{vials[0]}\nA2,{vials[2]}\nA4,{vials[3]}\nA5,C4K7N2XD\n")
    assert page.count(" checked") == 4
    told = _confirmed(web, f"{address}/see", page, "n")
    assert "the map has it in A3" in told and "is in no box by the map" in told and "not known" in told
    going = do(inventory_view.going_on, web.cast.mei, unit_code)
    assert (going.done, going.total, [each.code for each in going.left]) == (2, 3, [vials[1]])
    assert sorted(each.finding for each in going.differs) == ["seen_misplaced", "seen_other_well"]
    assert _confirmed(web, f"{address}/see", page, "n").count("mini-ok") == told.count("mini-ok")


def test_a_file_that_no_reader_wrote_is_refused_in_words(web: Web, box: tuple[str, list[str]]) -> None:
    for written, said in (
        (b"", "The file is empty"),
        (b"PK\x03\x04\x00", "no text file"),
        (b"hello", "names a well"),
        (b"A1,x\n" * (rack_file.MOST_LINES + 1), "larger than any rack"),
    ):
        for address in (f"/boxes/{box[0]}/photo", f"/boxes/{box[0]}/check/photo"):
            assert said in _shown(web, address, written, 422)


def test_what_a_file_says_is_shown_as_text_and_never_as_a_page(web: Web, box: tuple[str, list[str]]) -> None:
    page = _shown(web, f"/boxes/{box[0]}/photo", f"A1,<script>alert(1)</script>\nA2,{box[1][0]}\n")
    assert "<script>ALERT" not in page.upper() and "&LT;SCRIPT&GT;" in page.upper()
