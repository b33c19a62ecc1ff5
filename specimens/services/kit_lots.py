"""The lots of the media and fixatives that tissue goes into: asked with the procedure, kept as one sealed text."""

from collections.abc import Mapping

from sqlalchemy import select

from specimens.domain.errors import BadInput
from specimens.domain.kit import Kit
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_plan import Container
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry, SealedText
from specimens.services.kit_view import specimens_of

LONGEST_LOT = 40
_NAME = "lots"
_READ_BACK, _OFFERED = 60, 3


def asked(protocol: Protocol, kit: Kit) -> tuple[Container, ...]:
    """Return the containers of a kit whose lot and expiry the protocol wants written down, in the order of the plan."""
    used = dict.fromkeys(each.container for each in specimens_of(kit.code))
    return tuple(each for each in map(protocol.container, used) if each.needs_lot)


def written(containers: tuple[Container, ...], lots: Mapping[str, str]) -> dict[str, str]:
    """Return the sealed text of the lots that were typed, a line for each container; nothing where none was.

    Raises:
        BadInput: `lot_<container>`, where it is longer than 40 characters or cannot be printed.
    """
    said = {each.code: " ".join(lots.get(each.code, "").split()) for each in containers}
    wrong = {
        f"lot_{code}": "lot_unusable"
        for code, lot in said.items()
        if len(lot) > LONGEST_LOT or not lot.isprintable()
    }
    if wrong:
        raise BadInput("form_incomplete", wrong)
    lines = [f"{_called(each)}: {said[each.code]}" for each in containers if said[each.code]]
    return {_NAME: "\n".join(lines)} if lines else {}


def lately(site: str, containers: tuple[Container, ...]) -> dict[str, list[str]]:
    """Return container → the lots that were written last at a site, newest first: offered, never filled in."""
    rows = db.session.execute(
        select(SealedText.text)
        .join(LedgerEntry, LedgerEntry.entry_id == SealedText.entry_id)
        .where(
            LedgerEntry.subject_kind == str(Kind.KIT),
            LedgerEntry.act == "procedure_recorded",
            LedgerEntry.site == site,
            SealedText.name == _NAME,
            SealedText.text.is_not(None),
        )
        .order_by(LedgerEntry.id.desc())
        .limit(_READ_BACK)
    ).scalars()
    lines = [line for text in rows for line in str(text).splitlines()]
    return {
        each.code: list(dict.fromkeys(line[len(said) :] for line in lines if line.startswith(said)))[
            :_OFFERED
        ]
        for each in containers
        if (said := f"{_called(each)}: ")
    }


def _called(container: Container) -> str:
    return container.medium.en if container.medium else container.text.en
