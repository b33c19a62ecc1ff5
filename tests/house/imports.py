"""Who may import whom, as data, and the reader of imports that checks it."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STANDARD = frozenset(sys.stdlib_module_names)

#: Room → what it may import beside the standard library and itself. `docs/house.md` gives the reasons.
TABLE: dict[str, frozenset[str]] = {
    "specimens.domain": frozenset({"pydantic"}),
    "specimens.protocols": frozenset(),  # studies as data
    "specimens.ledger": frozenset({"cryptography", "msgspec"}),
    "labels": frozenset({"barcode", "zxingcpp", "reportlab", "PIL", "pikepdf"}),
    "specimens.models": frozenset({"specimens.domain", "sqlalchemy", "flask_sqlalchemy"}),
    "specimens.migrations": frozenset({"alembic", "sqlalchemy"}),
    "specimens.services": frozenset(
        {
            "specimens.domain", "specimens.ledger", "specimens.models", "labels", "specimens.documents",
            "specimens.exchange", "sqlalchemy", "argon2", "cryptography", "pyotp",
        }
    ),
    "specimens.documents": frozenset({"specimens.domain", "labels", "barcode", "reportlab", "pikepdf", "PIL"}),
    "specimens.exchange": frozenset({"specimens.domain", "pydantic"}),
    "specimens.web": frozenset(
        {
            "specimens.domain", "specimens.services", "specimens.documents", "specimens.exchange", "labels", "flask",
            "flask_babel", "flask_bootstrap", "flask_wtf", "werkzeug", "authlib", "joserfc", "requests",
            "markupsafe", "specimens.__version__",
        }
    ),
    "specimens.api": frozenset(
        {
            "specimens.domain", "specimens.services", "specimens.documents", "specimens.exchange", "labels", "flask",
            "werkzeug", "pydantic", "specimens.__version__",
        }
    ),
    # The terminal sets up and starts what the other doors find running: settings, schema, application, server.
    "specimens.cli": frozenset(
        {
            "specimens.domain", "specimens.services", "specimens.documents", "specimens.exchange", "labels", "flask",
            "click", "granian", "config", "specimens.app", "specimens.migrations", "specimens.ledger",
            "specimens.__version__",
        }
    ),
    # Where things are wired together, and nowhere else.
    "specimens.app": frozenset(
        {"flask", "config", "specimens.models", "specimens.services", "specimens.web", "specimens.api"}
    ),
    "specimens.__main__": frozenset({"specimens.cli"}),
    "specimens.__init__": frozenset(),
    "config": frozenset(),
}  # fmt: skip

#: Rooms that stand alone: importing them must load neither Flask nor SQLAlchemy.
ISLANDS = ("labels", "specimens.domain", "specimens.ledger", "specimens.documents", "specimens.exchange")


@dataclass(frozen=True, slots=True)
class Import:
    """One import: where it stands and the dotted name that it reaches for."""

    path: str
    line: int
    target: str


def imports_of(source: str, path: str) -> Iterator[Import]:
    """Yield every import of a module, also those inside functions; a relative one begins with a dot.

    `importlib.import_module` with a literal name counts, otherwise it would be a way round the table.
    """
    for node in ast.walk(ast.parse(source, path)):
        match node:
            case ast.Import(names=names):
                yield from (Import(path, node.lineno, each.name) for each in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = "." * level + (module or "")
                yield from (Import(path, node.lineno, f"{base}.{each.name}".lstrip()) for each in names)
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
                yield Import(path, node.lineno, name)


def room_of(path: str) -> str:
    """Return the room of a file, such as `specimens.domain` for `specimens/domain/custody.py`."""
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[:2] if parts[0] == "specimens" else parts[:1])


def _within(target: str, allowed: str) -> bool:
    return target == allowed or target.startswith(f"{allowed}.")


def violations(source: str, path: str) -> list[str]:
    """Return what a file imports and may not, each as `file:line: sentence`."""
    room = room_of(path)
    if room not in TABLE:
        return [f"{path}:1: {room} is not in the table of imports; say there what it may import"]
    found = []
    for each in imports_of(source, path):
        if each.target.startswith("."):
            found.append(f"{path}:{each.line}: relative import {each.target}; write the full name")
        elif each.target.split(".")[0] not in STANDARD and not any(
            _within(each.target, allowed) for allowed in (room, *TABLE[room])
        ):
            found.append(f"{path}:{each.line}: {room} may not import {each.target}")
    return found
