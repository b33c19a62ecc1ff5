"""Words of near misses: what a refused scan is counted as."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "miss_wrong_participant": N_("tube or kit of another participant or visit"),
    "miss_retired": N_("label or badge that no longer counts"),
    "miss_duplicate": N_("scanned before"),
    "miss_unknown": N_("unknown identifier"),
    "miss_unreadable": N_("could not be read"),
    "miss_elsewhere": N_("belongs in another place or list"),
    "miss_too_early": N_("scanned before its step"),
    "miss_person": N_("not this person"),
    "miss_other": N_("refused by another rule"),
}
