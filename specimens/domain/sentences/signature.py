"""Sentences about signing."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "password_of_another": N_(
        "Somebody else set your password, so somebody else could sign with it. Change it under your own name first, then sign."
    ),
    "witness_password_of_another": N_(
        "Somebody else set the witness's password. The witness logs in and changes it first, then signs."
    ),
    "witness_may_not": N_(
        "This person's role may not be the witness in this study. Ask a colleague whose role may."
    ),
    "signed_before": N_("You have signed this already, with this meaning. Nothing was changed."),
    "own_consent_entry": N_(
        "You entered this consent yourself. A colleague has to hold it beside the paper and sign."
    ),
    "nothing_to_check": N_(
        "There is no such consent to check any more. Look at the participant's page again."
    ),
}
