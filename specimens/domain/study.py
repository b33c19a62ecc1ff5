"""A study as it runs here: which version of its protocol is in force and which sites are open."""

from dataclasses import dataclass, replace

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Study:
    """A study; its subject in the ledger is of kind `protocol`. `digest` is the SHA-256 of the published text."""

    code: str
    title: str
    version: str
    digest: str
    sites: tuple[str, ...] = ()
    published_at: int | None = None


def after(state: Study, entry: Entry) -> Study:
    """Publishing keeps when the version came into force; opening a site adds it."""
    if entry.act == "protocol_published":
        return replace(state, published_at=entry.happened_at)
    if entry.act == "study_opened_at_site":
        return replace(state, sites=tuple(sorted({*state.sites, entry.facts["opened"]})))
    return state
