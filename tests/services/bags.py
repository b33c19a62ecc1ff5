"""What the tests of transfers share: a released list, ready for the laboratory."""

from specimens.domain.access import Actor
from specimens.domain.transfer import Transfer
from specimens.services import transfer
from specimens.services.scan import ScanOutcome
from tests.cast import Cast
from tests.tubes import kit_of

LABORATORY = "AMS laboratory"


def said(outcome: ScanOutcome) -> tuple[str, str]:
    """Return verdict and code of an outcome."""
    return outcome.verdict, outcome.code


def packed(cast: Cast, tubes: list[str], nurse: Actor | None = None, to: str = LABORATORY) -> Transfer:
    """Pack tubes on a new list by scanning them."""
    nurse = nurse or cast.nora
    made = transfer.open_transfer(nurse, "station", cast.stations[to])
    for tube in tubes:
        assert said(transfer.pack(nurse, made.code, tube)) == ("ok", "packed")
    return transfer.transfer_now(made.code)


def released(
    cast: Cast,
    count: int = 3,
    *,
    to: tuple[str, str] | None = None,
    procedure: str = "blood",
    temperature: str = "room",
    transport: str = "by_hand",
) -> tuple[Transfer, list[str]]:
    """Release a kit's tubes by Nora; return the list and the tubes. *to*: kind and code, by default the laboratory."""
    kit, tubes = kit_of(cast, cast.nora, count, procedure=procedure)
    kind, code = to or ("station", cast.stations[LABORATORY])
    made = transfer.release_kit(
        cast.nora, kit, kind, code, count=count, transport=transport, temperature=temperature,
        seal="" if transport == "by_hand" else "S-100",
    )  # fmt: skip
    return made, tubes
