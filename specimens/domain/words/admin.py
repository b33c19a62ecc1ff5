"""Words about how a grant stands."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "not_begun": N_("not begun"),
    "over": N_("over"),
}
