"""What a protocol's tables must be to one another: every name exists, windows and ranges are in order.

The shape of each table (keys, types, limits) is the records' own affair; these rules look across tables.
"""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from specimens.domain import protocol_rules_plan
from specimens.domain.protocol_base import Source
from specimens.domain.protocol_criteria import ChoicesCriterion, NumberCriterion
from specimens.domain.protocol_lines import Path
from specimens.domain.protocol_rules_plan import Fault, one_of, unique
from specimens.domain.protocol_study import Protocol
from specimens.domain.signature import TWO_PEOPLE, Occasion


def faults(protocol: Protocol) -> Iterator[Fault]:
    """Yield every broken rule of a protocol whose tables are well formed."""
    yield from _sources(protocol)
    yield from _codes(protocol)
    yield from _names(protocol)
    yield from _subject_number(protocol)
    yield from _zones(protocol)
    yield from _criteria(protocol)
    yield from _consent(protocol)
    yield from _signatures(protocol)
    yield from protocol_rules_plan.faults(protocol)


def _sources(protocol: Protocol) -> Iterator[Fault]:
    for path, record in protocol.tables():
        keys = set(type(record).model_fields) - {"source", "assumed", "note", "code"}
        for index, name in enumerate(record.assumed):
            if name not in keys:
                yield Fault((*path, "assumed", index), "unknown_key", name, one_of(keys))
        if record.assumed and record.source is Source.ASSUMED:
            yield Fault(
                (*path, "assumed"),
                "redundant",
                record.assumed,
                'nothing: source = "ASSUMED" covers the table',
            )


def _codes(protocol: Protocol) -> Iterator[Fault]:
    for name in type(protocol).model_fields:
        held = getattr(protocol, name)
        if isinstance(held, tuple):
            yield from unique((name,), [record.code for record in held], "code")
    for index, criterion in enumerate(protocol.criteria):
        options = getattr(criterion, "options", ())
        yield from unique(("criteria", index, "options"), [option.code for option in options], "code")


def _names(protocol: Protocol) -> Iterator[Fault]:
    """Every code that a table names must be the code of an entry elsewhere."""
    known = {
        name: {record.code for record in getattr(protocol, name)}
        for name in type(protocol).model_fields
        if isinstance(getattr(protocol, name), tuple)
    }
    for table, key, target in _REFERENCES:
        for index, record in enumerate(getattr(protocol, table)):
            named = getattr(record, key)
            if isinstance(named, tuple):
                for place, code in enumerate(named):
                    if code not in known[target]:
                        yield Fault((table, index, key, place), "unknown_name", code, one_of(known[target]))
            elif named is not None and named not in known[target]:
                yield Fault((table, index, key), "unknown_name", named, one_of(known[target]))


#: Table, its key, and the table whose codes that key names.
_REFERENCES = (
    ("consent_versions", "scopes", "consent_scopes"),
    ("timepoints", "procedures", "procedures"),
    ("timepoints", "optional_procedures", "procedures"),
    ("procedures", "body_sites", "body_sites"),
    ("containers", "substitutes", "containers"),
    ("clocks", "deviation", "deviations"),
    ("slots", "procedure", "procedures"),
    ("slots", "container", "containers"),
    ("slots", "specimen_type", "specimen_types"),
    ("slots", "timepoints", "timepoints"),
    ("slots", "scope", "consent_scopes"),
    ("slots", "clocks", "clocks"),
    ("slots", "storage", "storage_temperatures"),
    ("slots", "storage_alternatives", "storage_temperatures"),
    ("slots", "transport", "storage_temperatures"),
    ("derivatives", "slot", "slots"),
    ("derivatives", "container", "containers"),
    ("derivatives", "specimen_type", "specimen_types"),
    ("derivatives", "timepoints", "timepoints"),
    ("derivatives", "scope", "consent_scopes"),
    ("derivatives", "clocks", "clocks"),
    ("derivatives", "storage", "storage_temperatures"),
    ("derivatives", "storage_alternatives", "storage_temperatures"),
    ("not_collected_reasons", "procedures", "procedures"),
)


def _subject_number(protocol: Protocol) -> Iterator[Fault]:
    number = protocol.subject_number
    try:
        pattern = re.compile(number.pattern)
    except re.error as error:
        yield Fault(
            ("subject_number", "pattern"), "not_a_pattern", number.pattern, f"a regular expression ({error})"
        )
        return
    if not pattern.fullmatch(number.example):
        yield Fault(
            ("subject_number", "example"), "does_not_fit", number.example, f"a number like {number.pattern}"
        )


def _zones(protocol: Protocol) -> Iterator[Fault]:
    for index, site in enumerate(protocol.sites):
        try:
            ZoneInfo(site.zone)
        except (KeyError, OSError, ValueError):  # unknown, a folder, not a name at all
            yield Fault(
                ("sites", index, "zone"), "unknown_zone", site.zone, "an IANA zone such as Europe/Amsterdam"
            )


def _criteria(protocol: Protocol) -> Iterator[Fault]:
    groups = {group.code for group in protocol.groups}
    body_sites = {site.code for site in protocol.body_sites}
    setting = []
    for index, criterion in enumerate(protocol.criteria):
        path: Path = ("criteria", index)
        options = getattr(criterion, "options", ())
        for place, option in enumerate(options):
            here = (*path, "options", place)
            if option.group is not None and option.group not in groups:
                yield Fault((*here, "group"), "unknown_name", option.group, one_of(groups))
            if option.body_site is not None and option.body_site not in body_sites:
                yield Fault((*here, "body_site"), "unknown_name", option.body_site, one_of(body_sites))
            if option.no_metastasis_for is not None and not _one_unit(option.no_metastasis_for):
                yield Fault((*here, "no_metastasis_for"), "not_a_period", None, "one of days, months, years")
        if any(option.group for option in options):
            setting.append(index)
        if isinstance(criterion, ChoicesCriterion) and criterion.minimum > len(options):
            yield Fault(
                (*path, "minimum"), "too_high", criterion.minimum, f"at most {len(options)}, the options"
            )
        if isinstance(criterion, NumberCriterion):
            lowest, highest = criterion.plausible_minimum, criterion.plausible_maximum
            minimum = lowest if criterion.minimum is None else criterion.minimum
            maximum = highest if criterion.maximum is None else criterion.maximum
            if criterion.minimum is None and criterion.maximum is None:
                yield Fault(path, "no_limit", None, "minimum, maximum or both")
            elif not lowest <= minimum <= maximum <= highest:
                key = "minimum" if criterion.minimum is not None else "maximum"
                allowed = "plausible_minimum ≤ minimum ≤ maximum ≤ plausible_maximum"
                yield Fault((*path, key), "out_of_order", str(getattr(criterion, key)), allowed)
        period = getattr(criterion, "more_than", None)
        if period is not None and not _one_unit(period):
            yield Fault((*path, "more_than"), "not_a_period", None, "exactly one of days, months, years")
    if len(setting) > 1:
        yield Fault(("criteria", setting[1], "options"), "second_group", None, "groups in one criterion only")


def _one_unit(period: object) -> bool:
    return sum(getattr(period, unit) is not None for unit in ("days", "months", "years")) == 1


def _consent(protocol: Protocol) -> Iterator[Fault]:
    if not any(scope.required for scope in protocol.consent_scopes):
        yield Fault(("consent_scopes", 0, "required"), "none_required", False, "true for at least one scope")
    required = {scope.code for scope in protocol.consent_scopes if scope.required}
    dates = [version.required_from for version in protocol.consent_versions]
    for index, version in enumerate(protocol.consent_versions):
        here: Path = ("consent_versions", index)
        if missing := required - set(version.scopes):
            yield Fault((*here, "scopes"), "scope_left_out", version.scopes, f"with {one_of(missing)}")
        if index and dates[index] <= dates[index - 1]:
            allowed = f"a date after {dates[index - 1]}, that of the version before it"
            yield Fault((*here, "required_from"), "out_of_order", dates[index], allowed)


def _signatures(protocol: Protocol) -> Iterator[Fault]:
    """A meaning belongs to an occasion on which something is signed here; some occasions need two people."""
    occasions = {str(each) for each in Occasion}
    for index, meaning in enumerate(protocol.signatures):
        if meaning.occasion not in occasions:
            allowed = f"one of {one_of(occasions)}; for a code of your own, say with “signs” which of these it signs"
            yield Fault(("signatures", index, "code"), "unknown_name", meaning.code, allowed)
        elif meaning.occasion in TWO_PEOPLE and meaning.people != 2:
            yield Fault(("signatures", index, "people"), "too_few_people", meaning.people, "2")
