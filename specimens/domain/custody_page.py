"""Prints `docs/custody.md` from the table of custody acts (`python -m specimens.domain.custody_page`)."""

from collections.abc import Iterable

from specimens.domain.custody import ENDS, RULES
from specimens.domain.terms import Status

_ORDER: dict[str, int] = {str(status): number for number, status in enumerate(Status)}


def _states(states: Iterable[Status]) -> str:
    given = frozenset(states)
    if not given:
        return "– (new)"
    if given == frozenset(Status) - ENDS:
        return "any that has not ended"
    return ", ".join(sorted(given, key=_ORDER.__getitem__))


def table() -> str:
    """Return the acts as a Markdown table, in the order of a specimen's life."""
    lines = [
        "| act | from | to | who | needs | forbidden on hold | meaning |",
        "|---|---|---|---|---|---|---|",
    ]
    for act, rule in RULES.items():
        cells = (
            f"`{act}`",
            _states(rule.before),
            rule.after or "unchanged",
            ", ".join(sorted(rule.roles)),
            ", ".join(sorted(rule.needs)) or "–",
            ", ".join(sorted(rule.held)) or "–",
            rule.text,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def diagram() -> str:
    """Return the main transitions as a Mermaid state diagram: acts that change the state, one arrow per pair."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for act, rule in RULES.items():
        if rule.after is None:
            continue
        for before in sorted(map(str, rule.before), key=_ORDER.__getitem__) or ["[*]"]:
            if before != rule.after:
                arrows.setdefault((str(before), str(rule.after)), []).append(act)
    lines = ["stateDiagram-v2"]
    lines += [f"    {before} --> {after}: {', '.join(acts)}" for (before, after), acts in arrows.items()]
    lines += [f"    {status} --> [*]" for status in Status if status in ENDS]
    return "\n".join(lines)


def page() -> str:
    """Return the whole page."""
    return (
        "# The table of custody acts\n\n"
        "Made from `specimens/domain/custody.py` by `python -m specimens.domain.custody_page`; a test compares the\n"
        "two. Every act of the table is an entry in the ledger. `undone` takes an operation back while it is still\n"
        "the last on every subject that it touched; `corrected` replaces facts with a reason, and is refused where\n"
        f"the history would become impossible.\n\n{table()}\n\n```mermaid\n{diagram()}\n```\n"
    )


if __name__ == "__main__":
    print(page(), end="")
