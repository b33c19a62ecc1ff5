"""Words of inventory checks and pick lists."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "inventory": N_("inventory check"),
    "check_open": N_("going on"),
    "check_closed": N_("finished"),
    "seen_here": N_("in its place"),
    "seen_other_well": N_("in another well"),
    "seen_misplaced": N_("does not belong in the box"),
    "not_seen": N_("missing"),
    "seen_elsewhere": N_("seen elsewhere"),
    "check_opened": N_("inventory check begun"),
    "tube_seen": N_("tube seen"),
    "tube_not_seen": N_("tube not seen"),
    "reader": N_("from a rack reader"),
}
