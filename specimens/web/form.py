"""Reading a form: every field is read, everything that is wrong is told at once, nothing is lost.

form = Form()
signed_at = form.date_time("signed_at", needed=True)
version = form.one_of("version", versions)
if errors := form.saved(lambda: consent.record(actor(), code, version=version, signed_at=signed_at, key=form.key)):
    return render_template("consent/new.html", errors=errors), 422
return redirect(url_for("participant.show", code=code), 303)
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from flask import request

from specimens.domain.errors import BadInput, Conflict, NotFound, Refused
from specimens.domain.moments import instant_of, read_clock, read_day
from specimens.web import say

LONGEST_TEXT = 4000


class Form:
    """The form of this request. A field that cannot be read goes into `wrong` (field → code of its sentence)."""

    def __init__(self) -> None:
        self.sent = request.form
        self.wrong: dict[str, str] = {}
        self.about: dict[str, Mapping[str, Any]] = {}  # field → the facts that its sentence names
        self.result: Any = None

    @property
    def key(self) -> str | None:
        """The nonce of this form: the same form sent twice is one act."""
        return self.sent.get("nonce") or None

    @property
    def scan_key(self) -> str | None:
        """The key of a scan: after Back the same form may carry another tube, and that is another act."""
        read = sha256(self.sent.get("scan", "").encode("utf-8", "replace")).hexdigest()[:16]
        return f"{self.key[:64]}:{read}" if self.key else None

    def text(self, name: str, *, needed: bool = False) -> str:
        """Return a text without the spaces around it."""
        said = self.sent.get(name, "").strip()
        if len(said) > LONGEST_TEXT:
            self.wrong[name] = "text_too_long"
            return ""
        if needed and not said:
            self.wrong[name] = "field_needed"
        return said

    def one_of(self, name: str, offered: Collection[str], *, needed: bool = True) -> str | None:
        """Return a choice that was offered, or None."""
        said = self.sent.get(name, "").strip()
        if said in offered:
            return said
        if said or needed:
            self.wrong[name] = "choose_one"
        return None

    def several(self, name: str, offered: Collection[str]) -> tuple[str, ...]:
        """Return the choices that were ticked."""
        said = tuple(dict.fromkeys(self.sent.getlist(name)))
        if not set(said) <= set(offered):
            self.wrong[name] = "choose_one"
        return tuple(each for each in said if each in offered)

    def whole(
        self, name: str, *, least: int = 0, most: int = 1_000_000_000, needed: bool = False
    ) -> int | None:
        """Return a whole number between *least* and *most*."""
        said = self.sent.get(name, "").strip()
        if not said:
            if needed:
                self.wrong[name] = "field_needed"
            return None
        digits = said[1:] if said[0] in "-−" else said
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 12):
            self.wrong[name] = "number_unreadable"
            return None
        number = -int(digits) if said[0] in "-−" else int(digits)
        if not least <= number <= most:
            self.wrong[name] = "number_out_of_range"
            return None
        return number

    def tenths(self, name: str, *, needed: bool = False) -> int | None:
        """Return a number with at most one decimal, such as `-79,5`, in tenths."""
        said = self.sent.get(name, "").strip().replace(",", ".").replace("−", "-")
        if not said:
            if needed:
                self.wrong[name] = "field_needed"
            return None
        whole, _, tenth = said.removeprefix("-").partition(".")
        digits = whole + tenth
        if not (whole and len(whole) < 5 and len(tenth) < 2 and digits.isascii() and digits.isdecimal()):
            self.wrong[name] = "number_unreadable"
            return None
        number = int(whole) * 10 + int(tenth or 0)
        return -number if said.startswith("-") else number

    def date(self, name: str, *, needed: bool = False) -> date | None:
        """Return a date that was typed as day, month, year."""
        parts = [self.sent.get(f"{name}_{part}", "").strip() for part in ("day", "month", "year")]
        if not any(parts):
            if needed:
                self.wrong[name] = "date_needed"
            return None
        try:
            return read_day(*parts)
        except BadInput as error:
            self.wrong[name] = error.code
            return None

    def date_time(self, name: str, *, zone: str | None = None, needed: bool = False) -> int | None:
        """Return a typed local time as an instant (ms, UTC); None where nothing was typed.

        `<name>_which` (`earlier`, `later`) decides in the hour that daylight saving repeats.
        """
        clock = [self.sent.get(f"{name}_{part}", "").strip() for part in ("hour", "minute")]
        on = self.date(name)
        if name in self.wrong:
            return None
        if on is None or not all(clock):
            if on is not None or any(clock) or needed:
                self.wrong[name] = "time_needed"
            return None
        try:
            which = self.sent.get(f"{name}_which") or None
            return instant_of(
                on, read_clock(f"{clock[0]}:{clock[1].zfill(2)}"), zone or say.zone(), which=which
            )
        except BadInput as error:
            self.wrong[name] = error.code
            self.about[name] = error.facts
            return None

    def repeats(self, name: str) -> bool:
        """Say whether a time lies in the hour that is there twice, and nobody said which one: then ask."""
        return self.wrong.get(name) == "time_repeats" or bool(self.sent.get(f"{name}_which"))

    def saved(self, work: Callable[[], Any]) -> dict[str, str]:
        """Do *work* unless a field is wrong; return what is wrong (field → sentence), empty when it is saved.

        What *work* returned is in `result`. A refusal that belongs to no field stands under the empty name.
        """
        if not self.wrong:
            try:
                self.result = work()
                return {}
            except BadInput as error:
                if not error.fields:
                    return {"": say.told(error)}
                about = error.facts.get("about", {})
                return {
                    name: say.sentence(code, about.get(name, error.facts))
                    for name, code in error.fields.items()
                }
            except (Refused, Conflict) as error:
                return {"": say.told(error)}
            except NotFound as error:
                if error.code == "unknown_code":  # what was typed into a field, not the page's own address
                    return {"": say.told(error)}
                raise
        return {name: say.sentence(code, self.about.get(name)) for name, code in self.wrong.items()}
