"""What stands on a label. There is no field for a name, a birth date or a hospital number: none can get in.

`codes()` are the identifiers that have to pass the check before anything is drawn, `texts()` what each field of a
layout shows, by its name; `role` says which layout of a stock it takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from labels.faces import NBSP

LONGEST_TEXT = 120

_PARTICIPANT = {"en": "participant", "nl": "deelnemer"}
_COLLECTED = {"en": "Collected", "nl": "Afgenomen"}
_SIDE = f"L{NBSP}☐ R{NBSP}☐"


def four_four(code: str) -> str:
    """Return an identifier as print shows it."""
    return f"{code[:4]} {code[4:]}"


class Label(Protocol):
    """What every label has: its identifier, the layout it asks for, and the texts of that layout's fields."""

    @property
    def identifier(self) -> str:
        """The payload of the code, and the text beside it."""
        ...

    @property
    def role(self) -> str:
        """Which kind of layout it takes: a stock says which layout that is."""
        ...

    def codes(self) -> tuple[str, ...]:
        """Return every identifier on it."""
        ...

    def texts(self) -> Mapping[str, str]:
        """Return field → text, in the layout's names."""
        ...


@dataclass(frozen=True, slots=True)
class TubeLabel:
    """A blood tube: `kind` such as `K2EDTA`, `number` such as `1/4` (or nothing)."""

    identifier: str
    participant: str
    study: str
    visit: str
    kind: str
    number: str = ""
    language: str = "en"
    role: ClassVar[str] = "blood_tube"

    def codes(self) -> tuple[str, ...]:
        """Return the tube's identifier and the participant's code."""
        return self.identifier, self.participant

    def texts(self) -> Mapping[str, str]:
        """Return its fields."""
        return {
            "identifier": four_four(self.identifier),
            "participant": four_four(self.participant),
            "participant_word": _PARTICIPANT[self.language],
            "study_visit": f"{self.study} · {self.visit}",
            "kind": f"{self.kind} {self.number}".strip(),
            "collected": f"{_COLLECTED[self.language]} ___:___",
        }


@dataclass(frozen=True, slots=True)
class BiopsyLabel:
    """A container with tissue: `body_site` such as `LN INGUINAL`, `kind` such as `RPMI, core 1-3`.

    `side` is empty where it is not known yet: two boxes are then printed to be ticked by hand.
    """

    identifier: str
    participant: str
    study: str
    visit: str
    body_site: str
    kind: str
    side: str = ""
    medium: str = ""
    hazard: str = ""
    language: str = "en"
    role: ClassVar[str] = "biopsy_container"

    def codes(self) -> tuple[str, ...]:
        """Return the container's identifier and the participant's code."""
        return self.identifier, self.participant

    def texts(self) -> Mapping[str, str]:
        """Return its fields."""
        return {
            "identifier": four_four(self.identifier),
            "participant": four_four(self.participant),
            "participant_word": _PARTICIPANT[self.language],
            "study_visit": f"{self.study} · {self.visit}",
            "what": f"{self.body_site} {self.side or _SIDE}, {self.kind}",
            "medium": self.medium,
            "hazard": self.hazard,
            "collected": f"{_COLLECTED[self.language]} ___:___",
        }


@dataclass(frozen=True, slots=True)
class SmallLabel:
    """A mould, a cassette or a PAXgene tube."""

    identifier: str
    participant: str
    study: str
    visit: str
    kind: str
    number: str = ""
    body_site: str = ""
    side: str = ""
    language: str = "en"
    role: ClassVar[str] = "small"

    def codes(self) -> tuple[str, ...]:
        """Return its identifier and the participant's code."""
        return self.identifier, self.participant

    def texts(self) -> Mapping[str, str]:
        """Return its fields."""
        kind = f"{self.kind} {self.number}".strip()
        return {
            "identifier": four_four(self.identifier),
            "participant": four_four(self.participant),
            "participant_word": _PARTICIPANT[self.language],
            "participant_visit": f"{four_four(self.participant)} {self.visit}",
            "study_visit": f"{self.study} · {self.visit}",
            "kind": kind,
            "body_site": f"{self.body_site} {self.side or _SIDE}" if self.body_site else "",
            "collected": f"{_COLLECTED[self.language]} ___:___",
        }


@dataclass(frozen=True, slots=True)
class CryovialLabel:
    """A cryovial: `kind` such as `PLASMA`, `number` such as `2/4`, `temperature` such as `-80`, `date` in words."""

    identifier: str
    participant: str
    visit: str
    kind: str
    number: str = ""
    temperature: str = ""
    date: str = ""
    role: ClassVar[str] = "cryovial"

    def codes(self) -> tuple[str, ...]:
        """Return the vial's identifier and the participant's code."""
        return self.identifier, self.participant

    def texts(self) -> Mapping[str, str]:
        """Return its fields."""
        return {
            "identifier": four_four(self.identifier),
            "participant_visit": f"{four_four(self.participant)} {self.visit}",
            "kind": " ".join(filter(None, (self.kind, self.number, self.temperature))),
            "date": self.date,
        }


@dataclass(frozen=True, slots=True)
class CapLabel:
    """The dot on a cap: the code alone, the same identifier as on the tube."""

    identifier: str
    role: ClassVar[str] = "cap"

    def codes(self) -> tuple[str, ...]:
        """Return the tube's identifier."""
        return (self.identifier,)

    def texts(self) -> Mapping[str, str]:
        """Return nothing: there is no room for a word."""
        return {}
