"""Words of collection: what is asked on its pages."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "place": N_("place in the body"),
    "lot_expired": N_("the lot of its container had expired"),
    "IDENTITY": N_("IDENTITY"),
    "NOT_COLLECTED": N_("NOT COLLECTED"),
    "UNDO": N_("UNDO"),
    "ACKNOWLEDGE": N_("ACKNOWLEDGE"),
    "FINISH": N_("FINISH"),
}
