"""The reasons for a judgement, in words, in English and Dutch."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from specimens.domain.eligibility_answers import PartialDate
from specimens.domain.protocol_base import Period, Text

if TYPE_CHECKING:
    from specimens.domain.eligibility import Judgement

_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "nl": ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"),
}
_ANCHORS = {
    "day0": {"en": "Day 0", "nl": "dag 0"},
    "baseline": {"en": "baseline", "nl": "baseline"},
    "consent": {"en": "consent", "nl": "toestemming"},
}
_UNITS = {
    "days": {"en": ("day", "days"), "nl": ("dag", "dagen")},
    "months": {"en": ("month", "months"), "nl": ("maand", "maanden")},
    "years": {"en": ("year", "years"), "nl": ("jaar", "jaar")},
}
#: Units of numbers that are words; the others (ml/min/1.73 m²) read the same in both languages.
_MEASURES = {"years": "jaar", "points": "punten", "days": "dagen"}

_SENTENCES = {
    "not_answered": {"en": "{subject}: not answered yet.", "nl": "{subject}: nog niet beantwoord."},
    "answer_unknown": {"en": "{subject}: not known yet.", "nl": "{subject}: nog niet bekend."},
    "yes": {"en": "{subject}: yes.", "nl": "{subject}: ja."},
    "no": {"en": "{subject}: no.", "nl": "{subject}: nee."},
    "never": {"en": "{subject}: never.", "nl": "{subject}: nooit."},
    "chosen": {"en": "{subject}: {chosen}.", "nl": "{subject}: {chosen}."},
    "too_few": {
        "en": "{subject}: {chosen}; at least {minimum} required.",
        "nl": "{subject}: {chosen}; ten minste {minimum} vereist.",
    },
    "number": {
        "en": "{subject} is {value} {unit}; {range} required.",
        "nl": "{subject} is {value} {unit}; {range} vereist.",
    },
    "no_anchor": {
        "en": "{subject} {on}: cannot be judged before {anchor} has a date.",
        "nl": "{subject} {on}: te beoordelen zodra {anchor} een datum heeft.",
    },
    "long_ago": {
        "en": "{subject} {on} is {ago} before {anchor}; more than {required} required.",
        "nl": "{subject} {on} is {ago} vóór {anchor}; meer dan {required} vereist.",
    },
    "too_recent": {
        "en": "{subject} {on} is {ago} before {anchor}; more than {required} required.",
        "nl": "{subject} {on} is {ago} vóór {anchor}; meer dan {required} vereist.",
    },
    "after_anchor": {
        "en": "{subject} {on} is after {anchor}; more than {required} before it required.",
        "nl": "{subject} {on} is na {anchor}; meer dan {required} ervoor vereist.",
    },
    "date_imprecise": {
        "en": "{subject} {on}: the exact date decides; more than {required} before {anchor} required.",
        "nl": "{subject} {on}: de precieze datum beslist; meer dan {required} vóór {anchor} vereist.",
    },
    "excepted": {
        "en": "{subject} {on}: {kind}, an exception.",
        "nl": "{subject} {on}: {kind}, een uitzondering.",
    },
    "clear_of_metastasis": {
        "en": "{subject} {on}: {kind}; without metastasis since {since}, {required} required.",
        "nl": "{subject} {on}: {kind}; zonder metastasen sinds {since}, {required} vereist.",
    },
    "not_clear_of_metastasis": {
        "en": "{subject} {on}: {kind}; without metastasis only since {since}, {required} required.",
        "nl": "{subject} {on}: {kind}; pas sinds {since} zonder metastasen, {required} vereist.",
    },
    "clear_imprecise": {
        "en": "{subject} {on}: {kind}; the exact date decides, {required} without metastasis required.",
        "nl": "{subject} {on}: {kind}; de precieze datum beslist, {required} zonder metastasen vereist.",
    },
}


def sentence(judgement: "Judgement", language: str) -> str:
    """Say in *language* (`nl`; anything else is English) why a criterion is met, not met or unknown."""
    tongue = "nl" if language.lower().startswith("nl") else "en"
    facts = dict(judgement.facts)
    said = {name: _said(value, tongue) for name, value in facts.items()}
    said["anchor"] = _ANCHORS[facts["anchor"]][tongue] if "anchor" in facts else ""
    if "days" in facts:
        said["ago"] = _count(facts["days"], "days", tongue)
    if isinstance(facts.get("required"), Decimal):
        said["required"] = _count(facts["required"], "days", tongue)
    if "value" in facts:
        said["unit"] = _MEASURES.get(facts["unit"], facts["unit"]) if tongue == "nl" else facts["unit"]
        said["range"] = _range(facts["minimum"], facts["maximum"], tongue)
    return _SENTENCES[judgement.code][tongue].format(**said)


def _said(value: Any, tongue: str) -> str:
    match value:
        case Text():
            return value.said(tongue)
        case list():
            return ", ".join(text.said(tongue) for text in value) or {"en": "none", "nl": "geen"}[tongue]
        case PartialDate(year, month, day):
            name = [] if month is None else [_MONTHS[tongue][month - 1]]
            return " ".join([str(part) for part in (day,) if part is not None] + name + [str(year)])
        case date():
            return f"{value.day} {_MONTHS[tongue][value.month - 1]} {value.year}"
        case Period():
            unit = next(unit for unit in _UNITS if getattr(value, unit) is not None)
            return _count(getattr(value, unit), unit, tongue)
        case Decimal():
            return _plain(value, tongue)
    return str(value)


def _plain(number: Decimal | int, tongue: str) -> str:
    text = f"{Decimal(number):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",") if tongue == "nl" else text


def _count(number: Decimal | int, unit: str, tongue: str) -> str:
    one, many = _UNITS[unit][tongue]
    return f"{_plain(number, tongue)} {one if number == 1 else many}"


def _range(minimum: Decimal | None, maximum: Decimal | None, tongue: str) -> str:
    words = {
        "en": ("at least {0}", "at most {1}", "{0} to {1}"),
        "nl": ("ten minste {0}", "hoogstens {1}", "{0} tot en met {1}"),
    }[tongue]
    which = 0 if maximum is None else 1 if minimum is None else 2
    return words[which].format(*("" if each is None else _plain(each, tongue) for each in (minimum, maximum)))
