"""A rack read from a photo: shown first, then done tube by tube; one bad tube keeps no other back."""

import re
from io import BytesIO

import pytest
from PIL import Image
from time_machine import Traveller

from labels import read
from specimens.domain.access import system_actor
from specimens.domain.terms import Kind, StorageKind
from specimens.models.base import db
from specimens.services import disposal, receipt, site, storage_map, tenancy
from specimens.services.row import state_now
from tests.labels.racks import CAP, cap, middle_of, photographed
from tests.services.bags import released
from tests.services.chain import Chain
from tests.web.conftest import Web

PITCH = 109


@pytest.fixture
def box(web: Web, clock: Traveller) -> tuple[str, list[str]]:
    """A box for room temperature and blood that was received in the laboratory."""
    with web.app.app_context():
        tubes = [each.code for slot in Chain(web.cast, clock).received("blood").values() for each in slot]
        made = site.add_storage(
            system_actor(), "AMS", StorageKind.BOX, "B1", "minus80", rows=3, columns=4
        ).code
        db.session.remove()
    return made, tubes


def _picture(codes: dict[str, str], rows: int = 3, columns: int = 4) -> Image.Image:
    picture = Image.new("L", (columns * PITCH + 160, rows * PITCH + 160), 120)
    for row in range(rows):
        for column in range(columns):
            at = f"{chr(ord('A') + row)}{column + 1}"
            cap(picture, codes.get(at), *middle_of(at), 4)
    return picture


def _sent(picture: bytes, **more: str) -> dict[str, object]:
    return {"photo": (BytesIO(picture), "rack.jpg"), **more}


def _post(web: Web, address: str, picture: bytes, **more: str) -> str:
    answer = web.client("mei").post(address, data=_sent(picture, **more))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_data(as_text=True))


def test_a_box_is_filled_from_a_photo_each_tube_into_its_well(web: Web, box: tuple[str, list[str]]) -> None:
    unit, tubes = box
    codes = {"A1": tubes[0], "A4": tubes[1], "B2": tubes[2], "C1": "C4K7N2XD", "C4": tubes[3]}
    mei = web.client("mei")
    before = web.entries()
    shown = _post(web, f"/boxes/{unit}/photo", photographed(_picture(codes)))
    assert web.entries() == before
    for at, code in codes.items():
        assert re.search(rf'name="at_{code}" value="{at}"', shown)
    assert f'value="{tubes[0]}" checked' in shown
    assert 'value="C4K7N2XD" checked' not in shown
    assert "not known here" in shown
    with web.app.app_context():
        disposal.quarantine(web.cast.mei, tubes[1], reason="identity_doubtful")
        db.session.remove()
    sent = {
        "tube": [*tubes[:4], "C4K7N2XD"], "nonce": "n1", **{f"at_{code}": at for at, code in codes.items()},
        f"at_{tubes[3]}": "Z9",
    }  # fmt: skip
    done = mei.post(f"/boxes/{unit}/photo/put", data=sent).get_data(as_text=True)
    assert "What became of each tube" in done
    with web.app.app_context():
        kept = {
            code: (state.place, state.position)
            for code in tubes[:4]
            if (state := state_now(Kind.SPECIMEN, code)) and state.place
        }
        db.session.remove()
    # Other temperatures than planned ask for a reason, a well that is not there is refused: each for itself.
    assert (unit, "Z9") not in kept.values()
    assert all(place == unit for place, _ in kept.values())
    saved = len(kept)
    assert f"{saved} of 5 are done" in done
    again = mei.post(f"/boxes/{unit}/photo/put", data=sent).get_data(as_text=True)
    assert f"{saved} of 5 are done" in again


def test_a_list_is_received_from_a_photo_of_its_rack(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        made, tubes = released(web.cast, 5)
        receipt.open_receipt(web.cast.mei, made.code, condition="intact", temperature_tenths_c=210)
        db.session.remove()
    codes = dict(zip(("A1", "A2", "B3", "C4"), tubes, strict=False)) | {"B1": "C4K7N2XD"}
    address = f"/transfers/{made.code}/photo"
    shown = _post(web, address, photographed(_picture(codes)), rows="3", columns="4")
    assert shown.count(" checked") == 4
    done = web.client("mei").post(
        f"{address}/take",
        data={
            "tube": [*tubes[:4], "C4K7N2XD"],
            "nonce": "n",
            **{f"at_{code}": at for at, code in codes.items()},
        },
    )
    said = done.get_data(as_text=True)
    assert "4 of 5 are done" in said
    assert said.index("C4K7 N2XD") < said.index(f"{tubes[0][:4]} {tubes[0][4:]}")
    with web.app.app_context():
        states = [tenancy.load(Kind.SPECIMEN, each, web.cast.mei).status for each in tubes]
        db.session.remove()
    assert states == ["received"] * 4 + ["released"]
    loose = _post(web, address, photographed(_picture({"A2": tubes[4], "C1": tubes[0]})))
    assert f'name="at_{tubes[4]}" value="1"' in loose


def test_what_is_seen_and_not_read_is_named_and_one_identifier_on_two_tubes_is_left_alone(
    web: Web, box: tuple[str, list[str]]
) -> None:
    unit, tubes = box
    codes = {"A1": tubes[0], "A4": tubes[1], "B2": tubes[2], "C1": tubes[2], "C4": tubes[3]}
    picture = _picture(codes)
    x, y = middle_of("A4")
    picture.paste(Image.new("L", (30, 30), CAP), (x - 13, y - 17))
    shown = _post(web, f"/boxes/{unit}/photo", photographed(picture))
    assert "Seen and not read: A4" in shown
    assert "stands on more than one tube" in shown
    assert f'name="tube" value="{tubes[2]}"' not in shown
    assert f'name="tube" value="{tubes[0]}"' in shown


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (b"", "There was no picture"),
        (b"GIF89a" + b"\0" * 50, "not a picture that can be read here"),
        (b"x" * 2000, "too large"),
    ],
)
def test_what_is_no_picture_is_told(
    web: Web, box: tuple[str, list[str]], picture: bytes, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "MOST_BYTES", 1000)
    answer = web.client("mei").post(f"/boxes/{box[0]}/photo", data=_sent(picture))
    assert answer.status_code == 422
    assert told in answer.get_data(as_text=True)


def test_a_rack_that_does_not_fit_the_box_is_told_and_half_a_size_is_asked_for(
    web: Web, box: tuple[str, list[str]], clock: Traveller
) -> None:
    unit, tubes = box
    wide = _picture({"A1": tubes[0], "A2": tubes[1], "A6": tubes[2], "B1": tubes[3]}, 3, 6)
    answer = web.client("mei").post(f"/boxes/{unit}/photo", data=_sent(photographed(wide)))
    assert answer.status_code == 422
    assert "6 columns, more than the 3 × 4" in answer.get_data(as_text=True)
    with web.app.app_context():
        made, _tubes = released(web.cast, 1)
        db.session.remove()
    answer = web.client("mei").post(
        f"/transfers/{made.code}/photo", data=_sent(photographed(wide), rows="3", columns="")
    )
    assert answer.status_code == 422
    assert "both rows and columns" in answer.get_data(as_text=True)


def test_nothing_ticked_is_nothing_done(web: Web, box: tuple[str, list[str]]) -> None:
    mei = web.client("mei")
    before = web.entries()
    done = mei.post(f"/boxes/{box[0]}/photo/put", data={"nonce": "n", "tube": "nonsense"})
    assert "No tube was ticked" in done.get_data(as_text=True)
    assert web.entries() == before
    with web.app.app_context():
        assert storage_map.view(web.cast.mei, box[0]).kept == 0
        db.session.remove()


def test_a_photo_of_one_label_beside_one_that_cannot_be_read_is_asked_for_again(
    web: Web, box: tuple[str, list[str]]
) -> None:
    picture = _picture({"A1": box[1][0], "A4": box[1][1]}, 1, 4)
    x, y = middle_of("A4")
    picture.paste(Image.new("L", (30, 30), CAP), (x - 13, y - 17))
    mei = web.client("mei")
    answer = mei.post("/photo", data=_sent(photographed(picture), next="/"))
    assert answer.location == "/"
    assert "was read; another code (right)" in mei.get("/").get_data(as_text=True)
