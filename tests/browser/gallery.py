"""What the gallery of pictures shows besides each kind of page once, and how its page is laid out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: who looks at which address in which way, what it shows, and what is brought into sight.

    `introduction`: with the first steps of the role above the page.
    """

    name: str
    login: str
    address: str
    text: str
    way: str = "desktop"
    to: str | None = None
    introduction: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of page: its door, who was shown it, the rule of its addresses, and the title that it has."""

    door: str
    login: str
    rule: str
    title: str


GALLERY: tuple[Shot, ...] = (
    Shot("first-steps", "nora", "/today", "The first steps of a role", introduction=True),
    Shot("late", "nora", "/participants/{late}", "A visit that was missed"),
    Shot("family", "nora", "/specimens/{most}", "What was made from a tube", to="#family"),
    Shot("scan-tablet", "nora", "/", "Scan anything, on a tablet in the dark", "tablet"),
    Shot("participant-dark", "nora", "/participants/{participant}", "In Dutch, in the dark", "desktop-dark"),
    Shot("today-phone", "nora", "/today", "On a telephone, in Dutch", "phone"),
    Shot(
        "participant-phone", "nora", "/participants/{late}", "The line on a telephone", "phone", "#schedule"
    ),
    Shot("participant-paper", "nora", "/participants/{participant}", "On paper", "print"),
    Shot("receipt-tablet", "mei", "/transfers/{bag}/receipt", "Receipt, on a tablet in the dark", "tablet"),
    Shot("pool-dark", "mei", "/specimens/{blend}", "A pool has several parents", "desktop-dark", "#family"),
    Shot("gap", "mei", "/specimens/{waiting}", "A gap in the custody, hatched and named", to="#custody"),
    Shot(
        "check-phone", "mei", "/boxes/{check}/check", "The check of a box on a telephone, in Dutch", "phone"
    ),
    Shot("carry-tablet", "luis", "/carry", "Bags to be carried, on a tablet in the dark", "tablet"),
)


def told(folder: str, people: dict[str, str], kinds: list[Kind]) -> str:
    """Return the page of the gallery: by role, two pictures in a row, each over its title and its address."""
    lines = [
        "# Pictures",
        "",
        "Each kind of page once, with the data of the demonstration, made by `make pictures`: under the first role",
        "that sees it, at a desk, in English, in the light; then some in Dutch, in the dark, on a tablet, on a",
        "telephone and on paper.",
    ]
    for login, heading in people.items():
        shown = [(each.door, each.title, f"`{each.rule}`") for each in kinds if each.login == login]
        shown += [(each.name, each.text, f"`{each.address}`") for each in GALLERY if each.login == login]
        lines += ["", f"## {heading}"] if shown else []
        for left, right in zip_longest(shown[::2], shown[1::2]):
            pair = [each for each in (left, right) if each]
            lines += ["", _row(f"![{title}]({folder}/{name}.png)" for name, title, _ in pair)]
            lines += [_row("---" for _ in pair), _row(f"{title} {rule}" for _, title, rule in pair)]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def pictured(page: str) -> set[str]:
    """Return the names of the pictures that the page of the gallery shows; a kind of page has the name of its door."""
    return set(re.findall(r"!\[[^]]*\]\([\w-]+/([\w.-]+)\.png\)", page))
