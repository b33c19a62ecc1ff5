"""A label that says nothing of any specimen yet: of a pre-printed pool, or to see how a printer prints."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labels.content import four_four
from labels.stock import Stock


@dataclass(frozen=True, slots=True)
class BlankLabel:
    """A label of some role with its identifier; what is not in `said` (field of the layout → text) stays empty."""

    identifier: str
    role: str
    said: Mapping[str, str] = field(default_factory=dict)

    def codes(self) -> tuple[str, ...]:
        """Return its identifier."""
        return (self.identifier,)

    def texts(self) -> Mapping[str, str]:
        """Return every field of its layout."""
        return {**self.said, "identifier": four_four(self.identifier)}


def blank(identifier: str, stock: Stock, role: str, **said: str) -> BlankLabel:
    """Return a blank label of *role* as *stock* takes it; raises LabelError `label_not_on_stock`."""
    layout = stock.layout_for(role)
    marked = [mark.field for mark in layout.marks if mark.field]
    names = [*(text.field for text in layout.texts), *marked]
    return BlankLabel(identifier, role, {name: said.get(name, "") for name in names})
