"""`/openapi.json`: what the JSON doors take and answer, as OpenAPI 3.1, made from the records themselves."""

from functools import cache
from typing import Any

from flask import Response, json
from pydantic.json_schema import models_json_schema

from specimens import __version__
from specimens.api.door import PROBLEM, bp, public
from specimens.api.forms import Scan
from specimens.api.records import (
    Custody,
    ParticipantPage,
    Problem,
    Record,
    ReportAnswer,
    ScanAnswer,
    SpecimenPage,
    VisitPage,
)

_IDENTIFIER = {"type": "string", "pattern": "^[CDFHJKNPRTVX][0-9CDEFHJKNPRTVX]{7}$", "example": "C4K7N2XD"}

#: Address → (name of the operation, what it does, what it answers).
_READS: dict[str, tuple[str, str, type[Record]]] = {
    "/participants/{code}": (
        "readParticipant",
        "A participant; blinded roles do not get the group.",
        ParticipantPage,
    ),
    "/visits/{code}": ("readVisit", "A visit with its kits and specimens.", VisitPage),
    "/specimens/{code}": ("readSpecimen", "A specimen with its family, clocks and SPREC code.", SpecimenPage),
    "/specimens/{code}/custody": ("readCustody", "The custody of a specimen, entry by entry.", Custody),
}
_PROBLEMS = {
    "401": "No valid token.",
    "403": "The token's role may not do this.",
    "404": "There is no such thing for this person.",
    "409": "A rule says no, somebody was first, or the key was used for something else.",
    "415": "The body is of another type.",
    "422": "Something in the request cannot be understood; `fields` says what.",
    "503": "The store cannot write just now; nothing was saved.",
}


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    """Describe the JSON doors."""
    return Response(_text(), mimetype="application/json")


@cache
def _text() -> str:
    return json.dumps(document(), sort_keys=False)


def document() -> dict[str, Any]:
    """Return the description of the JSON doors (OpenAPI 3.1)."""
    answers = [ScanAnswer, ReportAnswer, Problem, *(each[2] for each in _READS.values())]
    _, schemas = models_json_schema(
        [(Scan, "validation"), *((each, "serialization") for each in answers)],
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, Any] = {"/scans": {"post": _scan()}}
    for address, (name, what, record) in _READS.items():
        code = {"name": "code", "in": "path", "required": True, "schema": _IDENTIFIER}
        paths[address] = {"get": _read(name, what, record, code)}
    about = {"name": "specimen", "in": "query", "required": True, "schema": _IDENTIFIER}
    paths["/reports/custody"] = {
        "get": _read(
            "readCustodyReport", "The custody report of a specimen, with its digest.", ReportAnswer, about
        )
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Specimens",
            "version": __version__,
            "description": "Custody of biospecimens, over the same services and the same permissions as the pages.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A personal token, made under “me”.",
                }
            },
            "schemas": schemas["$defs"],
        },
    }


def _ref(record: type[Any]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{record.__name__}"}


def _responses(record: type[Record], *problems: str) -> dict[str, Any]:
    told = {"content": {PROBLEM: {"schema": _ref(Problem)}}}
    return {
        "200": {"description": "Done.", "content": {"application/json": {"schema": _ref(record)}}},
        **{status: {"description": _PROBLEMS[status], **told} for status in problems},
    }


def _read(name: str, what: str, record: type[Record], parameter: dict[str, Any]) -> dict[str, Any]:
    problems = ["401", "403", "404"] + (["409", "422"] if parameter["in"] == "query" else [])
    return {
        "operationId": name,
        "summary": what,
        "parameters": [parameter],
        "responses": _responses(record, *problems),
    }


def _scan() -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "The same key again gives the same answer and makes no second event.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
    }
    return {
        "operationId": "scan",
        "summary": "One scan. A refusal is an answer too: verdict `stop`, kept as a near miss.",
        "parameters": [key],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(Scan)}}},
        "responses": _responses(ScanAnswer, "401", "403", "404", "409", "422", "503"),
    }
