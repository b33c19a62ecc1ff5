"""Where the pictures of a page stand: a line of visits, a bar of custody, a tree of lineage.

Only places are worked out here; `templates/pictures.html` draws them, and beside each picture the page says the same
in a table or a list. Places along a line are percentages of its length, so that texts keep their size on a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from specimens.domain.schedule import VisitStatus, local_date
from specimens.domain.terms import ENDED, Status
from specimens.services.schedule import ScheduledVisit
from specimens.services.specimen import Relative, SpecimenView
from specimens.services.timeline import Gap, Span

_EDGE = 4.0  # per cent left free at both ends of a line


# ------------------------------------------------------------------------------------------- the line of visits


@dataclass(frozen=True, slots=True)
class VisitMark:
    """A visit on the line: where it stands, and its window (None without one); in per cent."""

    line: ScheduledVisit
    at: float
    window_from: float | None
    window_wide: float


@dataclass(frozen=True, slots=True)
class VisitLine:
    """The line of visits: marks, the firsts of months, today and Day 0; in per cent. `today` None: far off the line."""

    marks: tuple[VisitMark, ...]
    months: tuple[tuple[float, date], ...]
    today: float | None
    zero: float | None

    @property
    def statuses(self) -> list[str]:
        """Return each status that is on the line, once, in the order of the line."""
        return list(dict.fromkeys(str(mark.line.planned.status) for mark in self.marks))


def visit_line(
    schedule: Sequence[ScheduledVisit], today: date, zero: date | None, zone: str
) -> VisitLine | None:
    """Return the line of a participant's visits; None as long as no visit has a date."""
    stands = [(line, _stands(line, zone)) for line in schedule]
    days = [day for line, day in stands if day]
    for line, _ in stands:
        days += [day for day in (line.planned.window.first_on, line.planned.window.last_on) if day]
    if not days:
        return None
    days += [zero] if zero else []
    first, last = min(days), max(days)
    near = timedelta(days=max(14, (last - first).days // 5))
    if first - near <= today <= last + near:
        first, last = min(first, today), max(last, today)
    whole = max(1, (last - first).days)

    def place(day: date) -> float:
        return round(_EDGE + (100 - 2 * _EDGE) * (day - first).days / whole, 2)

    marks = []
    for line, day in stands:
        dates = line.planned.window
        if day is None:
            continue
        since = place(dates.first_on) if dates.first_on else None
        wide = place(dates.last_on) - since if dates.last_on and since is not None else 0.0
        marks.append(VisitMark(line, place(day), since, round(max(wide, 0.8), 2)))
    months = tuple((place(day), day) for day in _firsts(first, last))
    shown = place(today) if first <= today <= last else None
    return VisitLine(tuple(marks), months, shown, place(zero) if zero else None)


def _stands(line: ScheduledVisit, zone: str) -> date | None:
    """Return the day on which a visit is drawn: that of its opening once it is done, else the planned one."""
    dates, visit = line.planned.window, line.visit
    opened = local_date(visit.opened_at, zone) if visit and visit.opened_at is not None else None
    if opened and (line.planned.status == VisitStatus.DONE or dates.first_on is None):
        return opened
    if dates.target_on or dates.first_on is None or dates.last_on is None:
        return dates.target_on
    return dates.first_on + (dates.last_on - dates.first_on) / 2


def _firsts(first: date, last: date) -> list[date]:
    """Return firsts of months on a line, at most eight of them."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next(each for each in (1, 2, 3, 6, 12, 24, 60) if months <= 8 * each or each == 60)
    found = []
    for number in range(1, months + 1):
        year, month = divmod(first.month - 1 + number, 12)
        if month % min(step, 12) == 0 and (step <= 12 or (first.year + year) % (step // 12) == 0):
            found.append(date(first.year + year, month + 1, 1))
    return found


# ------------------------------------------------------------------------------------------- the bar of custody

#: A specimen that lies still takes a fixed part of the bar, however long it lay: the bar shows how it travelled.
RESTS = frozenset({Status.STORED, Status.SHIPPED, Status.MISSING})
_REST, _LEAST, _MOST = 14.0, 5.0, 16


@dataclass(frozen=True, slots=True)
class Held:
    """A part of the bar of custody: who had it, from when to when (ms, UTC), where it stands (per cent).

    `number` is how the list beside the bar calls it; `statuses` are those that it went through; `torn`: it lay still,
    and its length says nothing; `ended`: nobody has it any more.
    """

    number: int
    span: Span
    statuses: tuple[str, ...]
    until: int
    at: float
    wide: float
    torn: bool
    ended: bool

    @property
    def gap(self) -> Gap | None:
        """Return the gap that this part is: a stretch without an entry that was too long."""
        return self.span.gap


@dataclass(frozen=True, slots=True)
class CustodyBar:
    """The parts of the bar, oldest first, and how many older ones are left out."""

    parts: tuple[Held, ...]
    left_out: int


def custody_bar(spans: Sequence[Span]) -> CustodyBar | None:
    """Return the bar of who had a specimen when; None when nobody ever had it."""
    joined: list[list[Span]] = []
    for span in spans:
        if span.until == span.since and not span.last:
            continue  # two entries of one moment: the later one says who had it
        before = joined[-1][-1] if joined else None
        if before and not before.gap and not span.gap and _alike(before, span):
            joined[-1].append(span)
        else:
            joined.append([span])
    if not joined:
        return None
    shown = joined[-_MOST:]
    wide = _lengths([(each[-1].until - each[0].since, each[0].status in RESTS) for each in shown])
    parts, at = [], 0.0
    for number, (each, part) in enumerate(zip(shown, wide, strict=True), start=1):
        first = each[0]
        statuses = tuple(dict.fromkeys(span.status for span in each))
        torn, ended = first.status in RESTS, first.status in ENDED
        parts.append(Held(number, first, statuses, each[-1].until, round(at, 2), round(part, 2), torn, ended))
        at += part
    return CustodyBar(tuple(parts), len(joined) - len(shown))


def _alike(one: Span, other: Span) -> bool:
    """Say whether two stretches are one part of the bar."""
    moves = {(span.custodian, span.status in RESTS, span.status in ENDED) for span in (one, other)}
    return len(moves) == 1


def _lengths(lasted: Sequence[tuple[int, bool]]) -> list[float]:
    """Return how long each part is drawn, in per cent: by its time, but none too short for its number."""
    moving = sum(time for time, rests in lasted if not rests)
    fixed = sum(_REST if rests else 0 for _, rests in lasted)
    if not moving:
        return [100 / len(lasted)] * len(lasted)
    drawn = [_REST if rests else max(_LEAST, (100 - fixed) * time / moving) for time, rests in lasted]
    over = sum(drawn) - 100
    give = sum(each - _LEAST for each in drawn)
    return [each - over * (each - _LEAST) / give if give else each for each in drawn]


# ------------------------------------------------------------------------------------------- the tree of lineage

NODE_WIDE, NODE_HIGH, _APART, _ROW = 216, 46, 44, 58
MOST_KIN = 12  # so many of one generation are drawn; the list has all


@dataclass(frozen=True, slots=True)
class Kin:
    """A specimen in the tree: itself (`me`), or a relative; `generation` counts from it, parents are negative."""

    relative: Relative
    generation: int
    x: int
    y: int
    me: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree of lineage, left to right: nodes, lines between them (x, y, x, y), its size, how many are left out."""

    nodes: tuple[Kin, ...]
    lines: tuple[tuple[int, int, int, int], ...]
    wide: int
    high: int
    left_out: int


def lineage_tree(view: SpecimenView) -> Tree | None:
    """Return the tree of a specimen's family; None for one that has none.

    Each relative is drawn once, also one that was made from several.
    """
    if not view.parents and not view.children:
        return None
    me = Relative(view.specimen.code, view.specimen, 0, ())
    layers: dict[int, dict[str, Relative]] = {0: {me.code: me}}
    links: list[tuple[str, str]] = []
    left = _gather(view.parents, me.code, -1, layers, links) + _gather(
        view.children, me.code, 1, layers, links
    )
    rows = max(len(layer) for layer in layers.values())
    first = min(layers)
    nodes: dict[str, Kin] = {}
    for generation, layer in sorted(layers.items()):
        top = (rows - len(layer)) * _ROW // 2
        for number, relative in enumerate(layer.values()):
            x, y = (generation - first) * (NODE_WIDE + _APART) + 2, top + number * _ROW + 2
            nodes[relative.code] = Kin(relative, generation, x, y, generation == 0)
    lines = tuple(_line(nodes[above], nodes[below]) for above, below in links)
    wide = len(layers) * (NODE_WIDE + _APART) - _APART + 4
    return Tree(tuple(nodes.values()), lines, wide, rows * _ROW - (_ROW - NODE_HIGH) + 4, left)


def _gather(
    relatives: Sequence[Relative],
    of: str,
    generation: int,
    layers: dict[int, dict[str, Relative]],
    links: list[tuple[str, str]],
) -> int:
    """Put relatives into their generations and the lines between them; return how many found no room."""
    left = 0
    step = 1 if generation > 0 else -1
    for each in relatives:
        layer = layers.setdefault(generation, {})
        if each.code not in layer and len(layer) >= MOST_KIN:
            left += 1 + _all(each)
            continue
        new = each.code not in layer
        layer[each.code] = each
        links.append((of, each.code) if step > 0 else (each.code, of))
        if new:
            left += _gather(each.below, each.code, generation + step, layers, links)
    return left


def _all(relative: Relative) -> int:
    return sum(1 + _all(each) for each in relative.below)


def _line(above: Kin, below: Kin) -> tuple[int, int, int, int]:
    return above.x + NODE_WIDE, above.y + NODE_HIGH // 2, below.x, below.y + NODE_HIGH // 2
