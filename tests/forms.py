"""The forms of a page as a browser without a script sees them: where they go, and what they would send.

for form in forms_of(answer.text, "/kits/C4K7N2XD/collect"):
    client.post(form.action, data={**form.filled, "scan": code})
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

#: Kinds of input into which people type.
TYPED = frozenset({"text", "search", "password", "email", "tel", "url", "number", "textarea"})


def without_tokens(page: str) -> str:
    """Return a page without what is random in its forms, in which any few letters may stand by chance."""
    return re.sub(r'(name="(?:csrf_token|nonce)") value="[^"]*"', r"\1", page)


@dataclass(slots=True)
class Field:
    """One field: what kind it is, what it holds, and what is offered where there is a choice."""

    name: str
    kind: str
    value: str = ""
    numeric: bool = False
    offered: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PageForm:
    """A form of a page."""

    action: str
    method: str
    files: bool = False
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def filled(self) -> dict[str, str]:
        """What is sent when nobody touches anything: hidden fields, and what stands in the others."""
        return {each.name: each.value for each in self.fields.values() if each.value and each.kind != "file"}

    @property
    def typed(self) -> list[str]:
        """The names of the fields into which somebody types."""
        return [each.name for each in self.fields.values() if each.kind in TYPED]

    def first_choices(self) -> dict[str, str]:
        """The first of what is offered, wherever there is a choice."""
        return {each.name: each.offered[0] for each in self.fields.values() if each.offered}


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[PageForm] = []
        self._open: PageForm | None = None
        self._field: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urlsplit(urljoin(self.address, said.get("action") or self.address))
            where = action.path + (f"?{action.query}" if action.query else "")
            self._open = PageForm(where, said.get("method", "get").lower(), "enctype" in said)
            self.forms.append(self._open)
        elif self._open is not None and said.get("name") and "disabled" not in said:
            self._take(tag, said)
        elif tag == "option" and self._field is not None and said.get("value"):
            self._field.offered.append(said["value"])
            if "selected" in said:
                self._field.value = said["value"]

    def _take(self, tag: str, said: Mapping[str, str]) -> None:
        assert self._open is not None
        kind = {"textarea": "textarea", "select": "select", "button": "button"}.get(
            tag, said.get("type", "text")
        )
        held = self._open.fields.setdefault(said["name"], Field(said["name"], kind))
        if kind in ("radio", "checkbox", "button"):
            held.offered.append(said.get("value", "on"))
            if "checked" in said:
                held.value = said.get("value", "on")
        elif tag == "input":
            held.value, held.numeric = said.get("value", ""), "numeric" in said.get("inputmode", "")
        self._field = held if tag in ("select", "textarea") else None

    def handle_data(self, data: str) -> None:
        if self._field is not None and self._field.kind == "textarea":
            self._field.value += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag in ("select", "textarea"):
            self._field = None


def forms_of(page: str, address: str) -> list[PageForm]:
    """Return the forms of the page at an address, in order."""
    reader = _Reader(address)
    reader.feed(page)
    return reader.forms


def form_at(answer: TestResponse, action: str) -> PageForm:
    """Return the form of a page that posts to an address."""
    here = answer.request.full_path.rstrip("?")
    found = [each for each in forms_of(answer.text, here) if each.action == action]
    assert found, f"{answer.request.path} has no form for {action}"
    return found[0]


def send(client: FlaskClient, form: PageForm, **said: str | list[str]) -> TestResponse:
    """Fill some fields of a form in and send it, with everything that stands in it already."""
    unknown = set(said) - set(form.fields)
    assert not unknown, f"{form.action} has no field {sorted(unknown)}"
    return client.post(form.action, data={**form.filled, **said})
