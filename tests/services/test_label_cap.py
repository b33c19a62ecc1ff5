"""Dots for caps: the same identifier, an entry of its own, and no generation."""

import pytest
from time_machine import Traveller

from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.models.base import db
from specimens.services import label, label_cap, verify
from specimens.services.entries import entries_of
from specimens.services.label_set import LabelSet
from specimens.services.label_stock import Choice
from tests.cast import Cast
from tests.labels.rendering import pages, scanned
from tests.tubes import kit_of

DOTS = Choice("roll_dot_11", 203)


def test_each_tube_of_a_kit_gets_a_dot_with_its_own_code(cast: Cast, clock: Traveller) -> None:
    kit, tubes = kit_of(cast, cast.nora, 3, collected=False)
    found = label.label_set(cast.nora, "kit", kit)
    label.print_set(cast.nora, found, Choice("a4_21", 300))
    label.confirm(cast.nora, "kit", kit, tubes[0], None)
    made = label_cap.print_caps(cast.nora, label.label_set(cast.nora, "kit", kit), DOTS, key="d")
    assert [scanned(page) for page in pages(made.pdf, 203)] == [[code] for code in tubes]
    assert label_cap.print_caps(cast.nora, found, DOTS, key="d") == made
    last = entries_of(db.session, "specimen", tubes[0])[-1]
    assert (last.act, last.facts) == ("cap_printed", {"stock": "roll_dot_11", "dpi": 203})
    row = label.label_set(cast.nora, "kit", kit).rows[0].specimen
    assert (row.label_generation, row.label_live) == (1, True)
    assert verify.verify().sound


def test_dots_go_on_their_own_stock_and_on_caps_alone(cast: Cast, clock: Traveller) -> None:
    kit, _ = kit_of(cast, cast.nora, 1, collected=False)
    found = label.label_set(cast.nora, "kit", kit)
    with pytest.raises(BadInput) as refused:
        label_cap.print_caps(cast.nora, found, Choice("roll_50", 203))
    assert refused.value.fields == {"stock": "label_not_on_stock"}
    with pytest.raises(Refused, match="label_nothing_to_print"):
        label_cap.print_caps(cast.nora, LabelSet("kit", kit, ()), DOTS)
    for stranger in (cast.ola, cast.luis):
        with pytest.raises((NotFound, NotPermitted, Refused)):
            label_cap.print_caps(stranger, found, DOTS)
