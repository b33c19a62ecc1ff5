"""A report whose bytes are written otherwise: base64 and hexadecimal have one spelling each, and another is found."""

import base64

from specimens.domain.terms import Kind
from specimens.services.record import writing
from specimens.services.report_scope import ReportScope
from tests.cast import Cast
from tests.history import History
from tests.services.test_report_offline import SQLITE, paper_of
from tests.services.test_report_offline import _written as written
from tests.services.test_report_offline import _wrong as wrong_in


def _spelled_otherwise(text: str) -> str:
    """Return base64 with other bits where, before its padding, they decide nothing: the same bytes, another text."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    other = body[:-1] + alphabet[alphabet.index(body[-1]) ^ 1] + text[len(body) :]
    assert other != text and base64.b64decode(other, validate=True) == base64.b64decode(text, validate=True)
    return other


@SQLITE
def test_the_same_bytes_in_another_spelling_are_found(cast: Cast, blood_received: History) -> None:
    with writing(cast.nora) as op:
        op.append(
            Kind.SPECIMEN, blood_received.tubes[0], "flagged", reason="other", sealed={"reason": "frost"}
        )
    paper = paper_of(cast.ada, ReportScope("specimen", blood_received.tubes[0]))
    said = paper.said()
    head, _, signature = said["checkpoint"].rstrip("\n").rpartition(" ")
    said["checkpoint"] = f"{head} {_spelled_otherwise(signature)}\n"
    assert wrong_in(written(said), paper.table)
    said = paper.said()
    entry = next(each for each in said["entries"] if each["proof"])
    entry["proof"][0] = _spelled_otherwise(entry["proof"][0])
    assert wrong_in(written(said), paper.table)
    said = paper.said()
    sealed = [each for entry in said["entries"] for each in entry["texts"].values() if isinstance(each, dict)]
    assert sealed
    sealed[0]["salt"] = sealed[0]["salt"].upper()
    assert wrong_in(written(said), paper.table)
