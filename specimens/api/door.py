"""What every JSON door has in common: who asks, what they may, and how it is told that something is wrong."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, g, json, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NoSuchAddress
from werkzeug.routing import RequestRedirect

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import (
    BadInput,
    Conflict,
    NotFound,
    NotPermitted,
    Refused,
    SpecimensError,
    Unavailable,
)
from specimens.domain.sentences import SENTENCES
from specimens.services import token
from specimens.services.entries import seal_texts

bp = Blueprint("api", __name__, url_prefix="/api/v1")

Door = TypeVar("Door", bound=Callable[..., Any])
Asked = TypeVar("Asked", bound=BaseModel)

PUBLIC = "public"
PROBLEM = "application/problem+json"
LONGEST_BODY = 64 * 1024

#: Kind of error → status, as for the pages.
STATUS: dict[type[SpecimensError], int] = {
    BadInput: 422,
    NotPermitted: 403,
    NotFound: 404,
    Refused: 409,
    Conflict: 409,
    Unavailable: 503,
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Unknown(SpecimensError):
    """Nobody is known by this token: missing, mistyped, ended or revoked."""


def needs(permission: Permission) -> Callable[[Door], Door]:
    """Mark a door with the permission that it asks for; asked before the door opens."""

    def mark(door: Door) -> Door:
        door.needs = permission  # type: ignore[attr-defined]
        return door

    return mark


def public(door: Door) -> Door:
    """Mark a door that needs no token."""
    door.needs = PUBLIC  # type: ignore[attr-defined]
    return door


def actor() -> Actor:
    """Return the person whom this request's token stands for."""
    return g.actor  # type: ignore[no-any-return]


@bp.before_request
def _known() -> None:
    if "\x00" in request.path or any("\x00" in said for said in request.args.values()):
        raise NotFound("not_found")  # no text of ours holds it, and PostgreSQL could not even look for it
    asked = getattr(current_app.view_functions[str(request.endpoint)], "needs", None)
    if asked == PUBLIC:
        return
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    found = token.actor_of(said.strip()) if scheme.lower() == "bearer" and said.strip() else None
    if found is None:
        raise Unknown("token_unknown")
    g.actor = found
    seal_texts("sealed" if found.seat else None)
    if asked is None or not found.may(asked):
        raise NotPermitted("not_permitted")


def answer(said: BaseModel, status: int = 200) -> Response:
    """Return a record as JSON."""
    return Response(said.model_dump_json(), status, mimetype="application/json")


def read(form: type[Asked]) -> Asked:
    """Read the body as a record; unknown fields and wrong types are refused, all at once.

    Raises:
        BadInput: `body_not_json`, `body_too_long`, `form_incomplete` with a code per field.
    """
    if request.mimetype != "application/json":
        raise BadInput("body_not_json")
    if (request.content_length or 0) > LONGEST_BODY:
        raise BadInput("body_too_long", longest=LONGEST_BODY)
    try:
        return form.model_validate_json(request.get_data())
    except ValidationError as error:
        if any(each["type"] == "json_invalid" for each in error.errors()):
            raise BadInput("body_not_json") from error
        raise BadInput("form_incomplete", dict(map(_wrong, error.errors()))) from error


def _wrong(each: Mapping[str, Any]) -> tuple[str, str]:
    """Return the field that is wrong, and how; of a body that does not say what it is about, the field that would."""
    if each["type"] == "union_tag_not_found":
        return str(each["ctx"]["discriminator"]).strip("'"), "Field required"
    if each["type"] == "union_tag_invalid":
        return str(each["ctx"]["discriminator"]).strip(
            "'"
        ), f"Input should be one of {each['ctx']['expected_tags']}"
    return ".".join(str(part) for part in each["loc"]) or "body", each["msg"]


class _Kept(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "–"


def sentence(code: str, facts: Any = None) -> str:
    """Return the English sentence of a code, with its facts filled in; a code without one stands for itself."""
    return SENTENCES.get(code, code.replace("_", " ")).format_map(_Kept(facts or {}))


def problem(status: int, code: str, detail: str, fields: dict[str, str] | None = None) -> Response:
    """Return a problem (RFC 9457): `code` is stable, `detail` is for people."""
    said: dict[str, Any] = {
        "type": f"urn:specimens:problem:{code}", "title": code.replace("_", " "), "status": status,
        "detail": detail, "code": code,
    }  # fmt: skip
    if fields:
        said["fields"] = fields
    response = Response(json.dumps(said), status, mimetype=PROBLEM)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="specimens"'
    if status == 503:
        response.headers["Retry-After"] = "2"
    return response


@bp.errorhandler(SpecimensError)
def _told(error: SpecimensError) -> Response:
    if isinstance(error, Unknown):
        return problem(401, error.code, sentence(error.code))
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    if status == 500:
        current_app.logger.error("the API stopped at %s", error.code)
    fields = {name: SENTENCES.get(said, said) for name, said in getattr(error, "fields", {}).items()}
    return problem(status, error.code, sentence(error.code, error.facts), fields)


@bp.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code = {404: "not_found", 405: "method_not_allowed", 413: "body_too_long"}.get(status, f"status_{status}")
    response = problem(status, code, sentence(code, {"longest": LONGEST_BODY}))
    if isinstance(getattr(error, "valid_methods", None), list):
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


@bp.errorhandler(Exception)
def _fault(error: Exception) -> Response:
    current_app.logger.exception("the API failed", exc_info=error)
    return problem(500, "fault", sentence("fault"))


@bp.route("/", defaults={"rest": ""}, methods=list(_METHODS))
@bp.route("/<path:rest>", methods=list(_METHODS))
@public
def nowhere(rest: str) -> Response:
    """Answer for addresses that are none, and for methods that an address does not have, as problems."""
    adapter = current_app.url_map.bind_to_environ(request.environ)
    allowed = []
    for method in _METHODS:
        try:
            endpoint, _ = adapter.match(method=method)
        except (HTTPException, RequestRedirect):
            continue
        if endpoint != "api.nowhere":
            allowed.append(method)
    if not allowed:
        return _http(NoSuchAddress())
    response = problem(405, "method_not_allowed", sentence("method_not_allowed"))
    response.headers["Allow"] = ", ".join(allowed)
    return response
