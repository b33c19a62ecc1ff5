"""Words on paper labels and sheets, in both languages: what a page says is translated elsewhere."""

from datetime import UTC, datetime

from specimens.documents.records import Moment
from specimens.documents.times import say_date, say_moment
from specimens.services.clock import offset_minutes

#: Command → (word, what it does), by language.
COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "IDENTITY": ("IDENTITY CHECKED", "Two identifiers were checked against the list: the tubes can be scanned."),
        "NOT_COLLECTED": ("NOT COLLECTED", "Then scan the label of the tube that was not taken, and choose a reason."),
        "UNDO": ("UNDO", "Takes back your own last act at this station, within 15 minutes. Scan the tube again."),
        "ACKNOWLEDGE": ("ACKNOWLEDGE", "You have read the STOP on the screen. The next scan counts again."),
        "FINISH": ("FINISH", "Ends this session. What is still outstanding can be taken up later."),
    },
    "nl": {
        "IDENTITY": ("IDENTITEIT OK", "Twee identificatiegegevens gecontroleerd: de buisjes mogen gescand worden."),
        "NOT_COLLECTED": ("NIET AFGENOMEN", "Scan daarna het etiket van het niet afgenomen buisje en kies een reden."),
        "UNDO": ("ONGEDAAN", "Neemt uw laatste handeling hier terug, binnen 15 minuten. Scan het buisje nogmaals."),
        "ACKNOWLEDGE": ("GELEZEN", "U hebt de STOP op het scherm gelezen. De volgende scan telt weer."),
        "FINISH": ("KLAAR", "Beëindigt deze sessie. Wat nog openstaat kan later worden opgepakt."),
    },
}  # fmt: skip

HAZARDS = {
    "en": {"flammable": "flammable", "toxic": "toxic", "corrosive": "corrosive", "cryogenic": "very cold"},
    "nl": {"flammable": "brandbaar", "toxic": "giftig", "corrosive": "bijtend", "cryogenic": "zeer koud"},
}
SIDES = {"en": {"left": "LEFT", "right": "RIGHT"}, "nl": {"left": "LINKS", "right": "RECHTS"}}

WORDS = {
    "en": {
        "printed": "Printed {when} by {who}", "expected": "Expected: {places}", "no_window": "no window",
        "fill_in": "{places}    L ☐  R ☐    {pieces} ____    {device} ________________",
        "device": "Device", "blood": "Planned: {ml} ml of blood.",
    },
    "nl": {
        "printed": "Afgedrukt {when} door {who}", "expected": "Verwacht: {places}", "no_window": "geen venster",
        "fill_in": "{places}    L ☐  R ☐    {pieces} ____    {device} ________________",
        "device": "Instrument", "blood": "Gepland: {ml} ml bloed.",
    },
}  # fmt: skip

#: What stands on a label of a pre-printed pool, to be filled in by hand.
POOL = {
    "en": {"participant": "participant", "collected": "Collected ___:___"},
    "nl": {"participant": "deelnemer", "collected": "Afgenomen ___:___"},
}


def language_of(language: str) -> str:
    """Return the language in which papers are printed: Dutch when that is asked for, else English."""
    return "nl" if language.split("-")[0].split("_")[0].lower() == "nl" else "en"


def _moment(milliseconds: int, zone: str) -> Moment:
    minutes = offset_minutes(milliseconds, zone)
    sign = "-" if minutes < 0 else "+"
    return Moment(milliseconds, zone, f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}")


def moment_said(milliseconds: int, zone: str, language: str) -> str:
    """Write an instant as local time of *zone*: `22 Nov 2026 14:03 CET`."""
    return say_moment(_moment(milliseconds, zone), language)


def day_said(milliseconds: int, zone: str, language: str) -> str:
    """Write the local date of an instant: `22 Nov 2026`."""
    return say_date(_moment(milliseconds, zone), language)


def printed_by(milliseconds: int, zone: str, who: str, language: str) -> str:
    """Write when and by whom something was printed."""
    return WORDS[language]["printed"].format(when=moment_said(milliseconds, zone, language), who=who)


def local_day_said(iso: str, language: str) -> str:
    """Write a local date that is stored in ISO form: `22 Nov 2026`."""
    midnight = datetime.fromisoformat(iso).replace(tzinfo=UTC)
    return day_said(int(midnight.timestamp()) * 1000, "UTC", language)
