"""What stands on the label of a storage unit and of a transport bag."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from labels.content import four_four


@dataclass(frozen=True, slots=True)
class BoxLabel:
    """A storage unit; `rows` × `columns` and `fill` (`row` or `column`) for one that has wells.

    `place` names what it stands in, outermost first. Printed for the lid and the front.
    """

    identifier: str
    name: str
    place: str = ""
    rows: int = 0
    columns: int = 0
    fill: str = "row"
    study: str = ""
    kind: str = ""
    temperature: str = ""
    role: ClassVar[str] = "box"

    def codes(self) -> tuple[str, ...]:
        """Return the unit's identifier."""
        return (self.identifier,)

    def texts(self) -> Mapping[str, str]:
        """Return its fields."""
        arrow = "↓" if self.fill == "column" else "→"
        return {
            "identifier": four_four(self.identifier),
            "name": self.name,
            "place": self.place,
            "geometry": f"{self.rows} × {self.columns} {arrow}" if self.rows else "",
            "corner": "A1" if self.rows else "",
            "contents": " · ".join(filter(None, (self.study, self.kind, self.temperature))),
        }


@dataclass(frozen=True, slots=True)
class BagLabel:
    """A transport bag. Whatever is empty prints a line to be filled in by hand where one belongs."""

    identifier: str
    study: str
    sender: str
    sender_telephone: str
    consignee: str
    consignee_telephone: str
    count: int
    temperature: str = ""
    deadline: str = ""
    released: str = ""
    language: str = "en"
    role: ClassVar[str] = "bag"

    def codes(self) -> tuple[str, ...]:
        """Return the bag's identifier."""
        return (self.identifier,)

    def texts(self) -> Mapping[str, str]:
        """Return its fields."""
        words = _BAG[self.language]
        line = "_" * 22
        return {
            "identifier": four_four(self.identifier),
            "study": self.study,
            "sender": f"{words['from']} {self.sender}",
            "sender_telephone": self.sender_telephone,
            "consignee": f"{words['to']} {self.consignee}",
            "consignee_telephone": self.consignee_telephone,
            "count": f"{self.count}",
            "count_word": words["one" if self.count == 1 else "many"],
            "temperature": self.temperature,
            "deadline": f"{words['before']} {self.deadline or '____________'}",
            "released": f"{words['released']} {self.released or line}",
            "received": f"{words['received']} {line}",
        }


_BAG = {
    "en": {
        "from": "From", "to": "To", "one": "specimen", "many": "specimens", "before": "Needed before",
        "released": "Released", "received": "Received",
    },
    "nl": {
        "from": "Van", "to": "Naar", "one": "specimen", "many": "specimens", "before": "Nodig vóór",
        "released": "Vrijgegeven", "received": "Ontvangen",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HazardLabel:
    """A transport mark beside the bag's label: `un3373` (category B) or `un1845` (dry ice)."""

    identifier: str
    number: str

    @property
    def role(self) -> str:
        """A mark has a layout of its own."""
        return self.number

    def codes(self) -> tuple[str, ...]:
        """Return the bag's identifier: the mark says to which bag it belongs."""
        return (self.identifier,)

    def texts(self) -> Mapping[str, str]:
        """Return its fields."""
        lines = _HAZARDS[self.number]
        return {
            "identifier": four_four(self.identifier),
            "number": self.number.upper(),
            "line_1": lines[0],
            "line_2": lines[1],
            "line_3": lines[2],
        }


_HAZARDS = {
    "un3373": ("BIOLOGICAL", "SUBSTANCE,", "CATEGORY B"),
    "un1845": ("DRY ICE", "CARBON DIOXIDE, SOLID", "________ kg"),
}
