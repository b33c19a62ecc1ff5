"""Signing on a page: the fields that a signature takes, and a wrong password told beside its field.

errors = signing.signed(form, lambda: eligibility.confirm(actor(), code, pen=signing.pen(form), key=form.key))
"""

from collections.abc import Callable
from typing import Any

from specimens.domain.errors import BadInput, Refused
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_signature import Meaning
from specimens.domain.signature import Occasion
from specimens.services import signature
from specimens.services.signature import Pen
from specimens.web.access import address
from specimens.web.form import Form
from specimens.web.guard import actor


def pen(form: Form, password: str = "password", meaning: str = "meaning", code: str = "code") -> Pen:  # noqa: S107 - fields
    """Read what somebody signs with. The password is taken as it was typed: spaces belong to it."""
    typed = form.sent.get(password, "")
    if not typed:
        form.wrong[password] = "field_needed"
    return Pen(typed, form.sent.get(meaning, "").strip()[:64], address(), form.sent.get(code, "")[:64])


def signed(form: Form, work: Callable[[], Any]) -> dict[str, str]:
    """Do *work* as `Form.saved` does; a password that is wrong is told at its field, and all that was typed stays."""

    def at_its_field() -> Any:
        try:
            return work()
        except Refused as refused:
            if refused.code in ("password_wrong", "password_of_another"):
                raise BadInput("form_incomplete", {"password": refused.code}) from refused
            if refused.code in ("code_needed", "code_wrong"):
                raise BadInput("form_incomplete", {"code": refused.code}) from refused
            raise

    return form.saved(at_its_field)


def meanings(rules: Protocol, occasion: Occasion) -> tuple[Meaning, ...]:
    """Return what this person can state on an occasion."""
    return signature.meanings(rules, occasion, actor().role)
