"""A pre-printed pool: identifiers that were issued and printed before anybody knows which tube they will be on."""

from dataclasses import dataclass, replace

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Pool:
    """Identifiers for one study at one site, in the order in which they are printed; `role`: the kind of label.

    `printed` counts how often the sheet was printed. Which of them are taken is no fact of the pool: a specimen that
    bears one of its identifiers says so.
    """

    code: str
    study: str
    site: str
    role: str
    codes: tuple[str, ...]
    printed: int = 0


def after(state: Pool, entry: Entry) -> Pool:
    """Printing counts."""
    return replace(state, printed=state.printed + 1) if entry.act == "label_printed" else state
