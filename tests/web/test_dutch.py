"""Who chooses Dutch reads Dutch: pages, words of codes, refusals, months."""

from tests.web.conftest import Web


def test_a_nurse_who_chose_dutch_reads_dutch(web: Web) -> None:
    nora = web.client("nora")
    nora.post("/preferences", data={"language": "nl"})
    page = nora.get("/today").text
    assert '<html lang="nl"' in page
    assert "Vandaag" in page and "researchverpleegkundige" in page.lower()
    refused = nora.get("/participants/C4K7N2XD")
    assert refused.status_code == 404 and "deelnemer" in refused.text


def test_the_page_before_the_log_in_is_dutch_where_the_browser_asks_for_it(web: Web) -> None:
    page = web.app.test_client().get("/login", headers={"Accept-Language": "nl-NL,nl;q=0.9"}).text
    assert "Inloggen" in page and "Wachtwoord" in page
