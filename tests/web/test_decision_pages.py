"""Decisions of the investigator on a page: many tubes of a withdrawal with one reason and one signature."""

import re

from time_machine import Traveller

from specimens.models.base import db
from specimens.services import consent
from specimens.services.scan import specimen_now
from tests.cast import PASSWORD
from tests.forms import form_at, send
from tests.history import received
from tests.web.conftest import Web

PAGE = "/decisions/together?kind=withdrawal"


def test_what_is_left_after_a_withdrawal_is_decided_at_once(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        made = received(web.cast, clock)
        consent.withdraw(web.cast.nora, made.participant, choice="destroy")
        db.session.remove()
    ivo = web.client("ivo")
    assert PAGE in ivo.get("/decisions").text
    shown = ivo.get(PAGE)
    assert " checked" not in shown.text  # nothing is ticked before somebody ticks it
    form = form_at(shown, PAGE)
    assert sorted(form.fields["specimens"].offered) == sorted(made.tubes)
    reason = form.fields["why"].offered[0]
    nothing = send(ivo, form, why=reason, password=PASSWORD)
    assert nothing.status_code == 422 and "Choose at least one tube." in nothing.text
    wrong = send(ivo, form, specimens=list(made.tubes[:6]), why=reason, password="not mine")
    assert (
        wrong.status_code == 422 and len(re.findall(r'name="specimens" value="\w+" checked', wrong.text)) == 6
    )
    written = web.acts("specimen").count("destruction_ordered")
    for _twice in range(2):
        done = send(ivo, form, specimens=list(made.tubes[:6]), why=reason, password=PASSWORD)
        assert done.status_code == 303
    assert web.acts("specimen").count("destruction_ordered") == written + 6
    assert "Destruction of 6 tubes ordered" in ivo.get("/decisions").text
    all_ticked = ivo.get(f"{PAGE}&all=1").text
    assert re.findall(r'name="specimens" value="(\w+)" checked', all_ticked) == [made.tubes[6]]
    with web.app.app_context():
        assert "destruction_ordered" in specimen_now(made.tubes[0]).moments
        db.session.remove()
    assert ivo.get("/decisions/together?kind=ordered").status_code == 404
    assert web.client("mei").get(PAGE).status_code == 403
