"""Help about each page, and the first steps of each role: there without a script, and never in the way of a scan."""

import re

from specimens.domain.terms import Role
from specimens.web.help_texts import OF, TOPICS
from specimens.web.tour_texts import HOMES, TOURS
from tests.house.tree import text
from tests.web.conftest import Web

LOGINS = {
    "nora": "/today",
    "ivo": "/today",
    "mei": "/bench",
    "luis": "/transfers",
    "mona": "/participants",
    "ada": "/audit",
    "adam": "/admin/people",
}


def test_every_topic_is_told_in_both_languages(web: Web) -> None:
    nora = web.client("nora")
    for language in ("en", "nl"):
        nora.post("/preferences", data={"language": language, "next": "/help"})
        assert nora.get("/help").text.count('href="/help/') >= len(TOPICS)
        for topic in TOPICS:
            page = nora.get(f"/help/{topic}")
            assert page.status_code == 200
            assert ("verdict" in page.text) or not TOPICS[topic].scans
    assert set(OF.values()) <= set(TOPICS)
    assert nora.get("/help/nothing").status_code == 404


def test_a_page_leads_to_its_help_and_help_leads_back(web: Web) -> None:
    for login, home in LOGINS.items():
        browser = web.client(login)
        found = re.search(r'class="ask-help" href="([^"]+)"', browser.get(f"{home}?x=1").text)
        assert found
        back = browser.get(found[1].replace("&amp;", "&")).text
        assert f'href="{home}?x=1"' in back


def test_help_leads_back_to_nowhere_else(web: Web) -> None:
    page = web.client("nora").get("/help/today?from=//elsewhere.example/today").text
    assert 'href="//elsewhere' not in page
    assert "Back to the page" not in page


def test_whoever_is_new_is_shown_the_first_steps_until_they_end_them(web: Web) -> None:
    for ended, (login, home) in enumerate(LOGINS.items(), start=1):
        browser = web.client(login)
        steps = TOURS[web.cast.actors[login].role]
        for number in range(1, len(steps) + 1):
            page = browser.get(home, query_string={"step": number} if number > 1 else {}).text
            assert f"step {number} of {len(steps)}" in page
        assert f"step {len(steps)} of" in browser.get(home).text  # left and come back: the same step
        assert browser.post("/me/introduction").location == home
        assert browser.post("/me/introduction").status_code == 303
        assert web.acts("user").count("introduction_ended") == ended
        assert 'class="tour"' not in browser.get(home).text
        assert browser.post("/me/introduction", data={"again": "1"}).location == home
        assert "step 1 of" in browser.get(home).text


def test_the_first_steps_that_were_ended_show_at_no_other_browser(web: Web) -> None:
    web.client("nora").post("/me/introduction")
    assert 'class="tour"' not in web.by_form("nora").get("/today").text


def test_the_first_steps_stand_on_no_other_page(web: Web) -> None:
    nora = web.client("nora")
    for page in ("/", "/carry", "/participants", "/transfers", "/me"):
        assert 'class="tour"' not in nora.get(page).text


def test_every_role_has_at_most_five_steps_and_a_home() -> None:
    assert set(TOURS) == set(HOMES) == set(Role) - {Role.SYSTEM, Role.OUTSIDE}
    assert all(1 <= len(steps) <= 5 for steps in TOURS.values())


def test_the_frame_names_nothing_that_a_page_calls_something_else() -> None:
    """What the frame sets at its top hides what a door hands to the template under the same name."""
    assert re.findall(r"{% set (\w+)", text("templates/base.html")) == ["page"]
