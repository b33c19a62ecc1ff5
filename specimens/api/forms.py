"""What comes in at the JSON doors, as strict records: an unknown field or another type is refused."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from specimens.domain.specimen import MOST_TO_MEDIUM

_YEARS = range(2000, 2100)


def _printable(said: str) -> str:
    if "\x00" in said:
        raise ValueError("holds a character that no text has")
    return said


def _this_century(said: datetime) -> datetime:
    if (
        said.year not in _YEARS or said.astimezone(UTC).year not in _YEARS
    ):  # the first keeps the second countable
        raise ValueError("is not in this century")
    return said


def _plain_schema(schema: dict[str, Any]) -> None:
    schema["pattern"] = "^[^\\x00]*$"


Raw = Annotated[str, Field(max_length=256, json_schema_extra=_plain_schema), AfterValidator(_printable)]
Text = Annotated[str, Field(max_length=1000, json_schema_extra=_plain_schema), AfterValidator(_printable)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Identifier = Annotated[str, Field(pattern=r"^[CDFHJKNPRTVX][0-9CDEFHJKNPRTVX]{7}$")]
Instant = Annotated[AwareDatetime, AfterValidator(_this_century)]


class Form(BaseModel):
    """A body: nothing is converted, nothing unknown is let through."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Collect(Form):
    """A tube was filled: its kit is open at the token's station, and identity is attested.

    `minutes_to_medium`: how long it took until the piece lay in the medium that the container holds, by default none.
    Without `happened_at` the piece was taken that much before the scan.
    """

    act: Literal["collect"]
    scan: Raw
    kit: Identifier
    happened_at: Instant | None = None
    container: Code | None = None
    reason: Code | None = None
    late_reason: Code | None = None
    minutes_to_medium: Annotated[int, Field(ge=0, le=MOST_TO_MEDIUM)] | None = None


class Pack(Form):
    """A tube goes on a transfer list that is being packed."""

    act: Literal["pack"]
    scan: Raw
    transfer: Identifier


class Release(Form):
    """A transfer list is handed over, by scanning the bag's identifier; *count* seals it first where it is open."""

    act: Literal["release"]
    scan: Raw
    count: Annotated[int, Field(ge=1, le=9999)]
    transport: Code
    temperature: Code
    seal: Annotated[Text, Field(max_length=64)] = ""


class Receive(Form):
    """A tube of a list whose receipt is open was scanned in."""

    act: Literal["receive"]
    scan: Raw
    transfer: Identifier
    outcome: Literal["accepted", "accepted_with_deviation", "quarantined", "rejected"] = "accepted"
    reason: Code | None = None
    note: Text = ""


class Store(Form):
    """A tube was put into a storage unit: into *well* of a box, by default the next free one."""

    act: Literal["store"]
    scan: Raw
    unit: Identifier
    well: Annotated[str, Field(pattern=r"^[A-Za-z][0-9]{1,2}$")] | None = None
    reason: Code | None = None
    note: Text = ""


class Scan(RootModel[Annotated[Collect | Pack | Release | Receive | Store, Field(discriminator="act")]]):
    """One scan, by the act that it is for."""

    model_config = ConfigDict(strict=True)


def milliseconds(moment: datetime | None) -> int | None:
    """Return an instant in milliseconds since 1970, UTC."""
    return None if moment is None else int(moment.timestamp() * 1000)
