"""What the gallery of pictures shows, in this order."""

from dataclasses import dataclass


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


GALLERY: tuple[Shot, ...] = (
    Shot(
        "first-steps", "nora", "/today", "The first steps of a role, until they are ended.", introduction=True
    ),
    Shot(
        "participant",
        "nora",
        "/participants/{late}",
        "A participant: the visits in their windows, today and Day 0.",
    ),
    Shot("visit", "nora", "/visits/{visit}", "A visit with its kits."),
    Shot(
        "specimen",
        "nora",
        "/specimens/{tube}",
        "What was made from a tube, and who had it when.",
        to="#family",
    ),
    Shot("find", "nora", "/search", "Every specimen by what is known of it; the counts are links."),
    Shot("help", "nora", "/help/collect", "Help: what to do, and what to do when something goes wrong."),
    Shot("scan", "nora", "/", "Scan anything.", "tablet"),
    Shot(
        "participant-dark",
        "nora",
        "/participants/{participant}",
        "The same in Dutch, in the dark.",
        "desktop-dark",
    ),
    Shot("today-phone", "nora", "/today", "Today on a telephone, in Dutch.", "phone"),
    Shot(
        "participant-phone",
        "nora",
        "/participants/{late}",
        "The line on a telephone.",
        "phone",
        "#schedule",
    ),
    Shot("participant-paper", "nora", "/participants/{participant}", "On paper.", "print"),
    Shot("bench", "mei", "/bench", "The bench: what comes in, and what runs out of time."),
    Shot("box", "mei", "/boxes/{box}", "A box: the next well is lit."),
    Shot("receipt", "mei", "/transfers/{bag}/receipt", "Receipt of a bag.", "tablet"),
    Shot("processing", "mei", "/batches", "Processing."),
    Shot("pool", "mei", "/specimens/{pool}", "A pool has several parents.", "desktop-dark", "#family"),
    Shot("gap", "mei", "/specimens/{waiting}", "A gap in the custody, hatched and named.", to="#custody"),
    Shot("carry", "luis", "/carry", "Bags to be carried.", "tablet"),
    Shot("decisions", "ivo", "/decisions", "What waits for the investigator."),
    Shot("audit", "ada", "/audit", "Where an audit begins: each number leads to its list."),
    Shot("trail", "ada", "/audit/specimen/{vial}", "Every entry, field by field."),
    Shot("report", "ada", "/reports/custody?code={vial}", "The custody report."),
    Shot("stations", "adam", "/admin/sites", "Sites and their stations."),
)


def told(folder: str, people: dict[str, str]) -> str:
    """Return the page of the gallery."""
    lines = [
        "# Pictures",
        "",
        "The pages with the data of the demonstration, made by `make pictures`.",
    ]
    for login, heading in people.items():
        shots = [shot for shot in GALLERY if shot.login == login]
        if shots:
            lines += ["", f"## {heading}"]
        for shot in shots:
            lines += ["", f"{shot.text}", "", f"![{shot.text}]({folder}/{shot.name}.png)"]
    return "\n".join(lines) + "\n"
