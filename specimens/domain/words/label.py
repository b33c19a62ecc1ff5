"""Words about labels: how a label stands."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "label_unreadable": N_("label unreadable"),
    "duplicate_label": N_("two tubes bear this label"),
    "label_missing": N_("not printed"),
    "label_waiting": N_("printed, not scanned back"),
    "label_live": N_("scanned back"),
}
