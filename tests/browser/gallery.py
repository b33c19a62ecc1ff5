"""What the gallery of pictures shows, in this order."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: who looks at which address in which way; what is pressed first, and what is brought into sight."""

    name: str
    login: str
    address: str
    text: str
    way: str = "desktop"
    press: tuple[str, ...] = ()
    to: str | None = None


GALLERY: tuple[Shot, ...] = (Shot("today", "nora", "/today", "Today: what is due, in window, late."),)


def told(folder: str, people: dict[str, str]) -> str:
    """Return the page of the gallery."""
    lines = [
        "# Pictures",
        "",
        "The pages with the data of the demonstration, made by `make pictures`. Nobody drew on them.",
    ]
    for login, heading in people.items():
        shots = [shot for shot in GALLERY if shot.login == login]
        if shots:
            lines += ["", f"## {heading}"]
        for shot in shots:
            lines += ["", f"![{shot.text}]({folder}/{shot.name}.png)", "", shot.text]
    return "\n".join(lines) + "\n"
