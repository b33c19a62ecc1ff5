"""Where every kind of page is: who looks at which addresses, and which doors lead to no page."""

from flask import Flask

#: What `tests.house.test_matrix.world` makes, in its order.
NAMES = (
    "participant", "tube", "held", "visit", "kit", "batch", "packing", "transfer", "rack", "box", "tissue", "clinic",
    "person", "grant", "site", "printer", "job", "pool", "report", "draw", "finding", "seat", "check", "pick",
)  # fmt: skip

#: Who → what they look at; a name in braces is a code of `NAMES`, or of what the test does besides.
PAGES = {
    "nora": """/ /today /badge /me /me/pin /password /me/second-factor /help /help/collect /station /grant
        /participants /participants/new /participants/{participant} /participants/{participant}/consent/new
        /participants/{participant}/consent/withdraw /participants/{participant}/eligibility
        /participants/{participant}/dose /participants/{participant}/day0
        /participants/{participant}/course/lost_to_follow_up /participants/{participant}/visits/new?timepoint=W12
        /visits/{visit} /visits/{visit}/check /visits/{visit}/collect /visits/{visit}/paper /visits/{visit}/paper/check
        /kits/{kit}/collect /kits/{tissue}/collect /kits/{tissue}/procedure /kits/{tissue}/stop /kits/{kit}/print
        /kits/{tissue}/lots
        /kits/{kit}/labels /labels/kit/{kit}/caps /specimens/{tube} /specimens/{tube}/correct /specimens/{tube}/reassign
        /specimens/{tube}/quarantine /specimens/{tube}/duplicate /specimens/{tube}/label /specimens/{tube}/labels
        /specimens/{tube}/undo /search /transfers /transfers/closed /transfers/new?kit={kit} /transfers/{packing}
        /transfers/{packing}/seal /transfers/{transfer} /transfers/{transfer}/recall /transfers/{transfer}/handover
        /carry /carry/here /reports /reports/custody /reports/custody?code={tube} /verify /printing /printing/{job}
        /printing/{job}/again /pools /pools/{pool} /pools/kits/{kit}/attempt /pools/kits/{kit}/tube""",
    "mei": """/bench /bench/unstored /batches /batches/{batch} /batches/{batch}/steps/spun
        /batches/{batch}/derive/serum
        /batches/{batch}/print /batches/{batch}/labels /receive /transfers/codes
        /transfers/{transfer}/receipt /transfers/{transfer}/decline /transfers/{transfer}/photo
        /transfers/{transfer}/differences /differences /storage /storage/{rack} /storage/{rack}/excursion
        /storage/retrieve /boxes/{box} /boxes/{box}/photo /boxes/{box}/check /boxes/{box}/check/photo
        /boxes/{box}/checks /picks /picks/new?specimen={tube} /picks/{pick} /specimens/{tube}/use /specimens/{tube}/ship
        /specimens/{held}/retrieve /specimens/{tube}/destroy /specimens/{tube}/never-made
        /specimens/{tube}/evaluate /specimens/{tube}/children/print /specimens/{tube}/children/labels
        /specimens/{held}/unreadable""",
    "luis": "/transfers/{transfer}/carry",
    "ivo": """/decisions /decisions/{held} /decisions/together?kind=quarantine
        /participants/{participant}/consent/2/check
        /participants/{participant}/consent/free /participants/{participant}/eligibility/confirm
        /participants/{participant}/enrol /audit/seats/new /audit/near-miss/{miss}/redact/1/raw""",
    "ada": """/audit /audit/specimen/{tube} /audit/changes /audit/late /audit/open /audit/near-misses
        /audit/near-misses/register /audit/seats /audit/draws /audit/draws/new /audit/draws/{draw} /audit/findings
        /audit/findings/{finding} /audit/findings/new /audit/trace/{tube} /audit/entries/{entry} /audit/alarms/{alarm}
        /reports/{report}""",
    "adam": """/admin/people /admin/people/new /admin/people/{person} /admin/people/{person}/grants/new
        /admin/people/{person}/password /admin/people/{person}/grants/{grant}/revoke /admin/printers
        /admin/printers/new/{site} /admin/printers/{printer} /admin/sites /admin/sites/new /admin/sites/{site}
        /admin/stations/{clinic} /admin/storage /admin/storage/new /admin/storage/{box} /admin/studies
        /admin/studies/publish /admin/studies/belimumab_sle /audit/seats/{seat}/close""",
    "": "/login /handover /handover/{transfer}/{secret}",
}

#: Doors that are asked for and are no page of their own → why.
NO_PAGE = {
    "access.code": "it asks for the code after the password; tests/web/test_second_factor.py",
    "admin_study.text": "a file",
    "audit_bench.population": "a text",
    "batch.pool": "the tubes have to be spun first; `python -m tests.browser.axe` judges it",
    "genuine.consistency": "a text",
    "genuine.program": "a file",
    "health.show": "JSON",
    "label.station": "a PDF",
    "label.storage": "a PDF",
    "label.transfer": "a PDF",
    "near_miss.export": "a file",
    "pick.sheet": "a PDF",
    "presence.show": "it is there where the station is locked; tests/browser/test_presence.py judges it",
    "queue.ask": "JSON",
    "queue.worker": "a script",
    "report.manifest": "a PDF",
    "report.worksheet": "a PDF",
    "report_long.show": "a PDF, or how far it is",
    "sign_on.back": "it leads on",
    "sign_on.go": "it leads on",
    "sign_on.link": "it leads on",
    "sign_on.show": "it is there where a provider is set; tests/web/test_sign_on.py",
}


def kind(app: Flask, address: str) -> str:
    """Return the door of an address."""
    return str(app.url_map.bind("").match(address.partition("?")[0], method="GET")[0])


def doors(app: Flask) -> set[str]:
    """Return every door that is asked for by an address, but for those of programs and of files."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.endpoint.startswith("api.")
        and not rule.endpoint.endswith("static")
    }
