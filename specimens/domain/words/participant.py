"""Words about participants: their states, and the status of their visits."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    # states
    "registered": N_("registered"),
    "consented": N_("consented"),
    "screening": N_("screening"),
    "screen_failure": N_("screen failure"),
    "enrolled": N_("enrolled"),
    "treatment_stopped": N_("treatment stopped"),
    "early_termination": N_("early termination"),
    "lost_to_follow_up": N_("lost to follow-up"),
    "died": N_("died"),
    "completed": N_("completed"),
    "consent_withdrawn": N_("consent withdrawn"),
    # status of a visit
    "upcoming": N_("upcoming"),
    "in_window": N_("in window"),
    "due": N_("due"),
    "missed": N_("missed"),
    "done": N_("done"),
    "not_expected": N_("not expected"),
    "unplanned": N_("no date yet"),
}
