"""Sentences about participants, consent, Day 0, and what a protocol does not know."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "unknown_participant": N_(
        "There is no such participant for you. Check the code, or look in the list of participants."
    ),
    "subject_number_unusable": N_(
        "That is not a subject number of this study. Type it as on the case report form; the example shows how."
    ),
    "subject_number_taken": N_(
        "That subject number is registered already. Look for it in the list of participants, or check the number."
    ),
    "site_needed": N_(
        "You do not work at one site just now. Choose a station first, then register the participant."
    ),
    "study_not_open_here": N_(
        "The study is not open at site {site}. Ask the administrator to open it there."
    ),
    "participant_state": N_(
        "The participant is “{state}”, so this cannot be done: {act}. Look at the participant's page for what can."
    ),
    "reason_in_words": N_("Say why in a few words; no names and no numbers of persons."),
    "nothing_changed": N_("It is so already. Nothing was changed."),
    # consent
    "consent_missing": N_(
        "No consent is recorded. Record the signed consent first; nothing is asked or taken before it."
    ),
    "consent_outdated": N_(
        "A newer consent form is required by now. Collection is held until the participant has signed it: record the re-consent."
    ),
    "consent_withdrawn_stop": N_(
        "This participant has withdrawn consent. Collect nothing more; what is left follows the choice on the participant's page."
    ),
    "before_consent": N_(
        "That is before the participant consented. Check the time; nothing may be taken before consent."
    ),
    "before_consent_given": N_("That is before the participant consented. Check date and time."),
    "before_earlier_consent": N_(
        "That is before the consent that is recorded already. Check the date and time of signing."
    ),
    "scope_required": N_(
        "Without the part that is marked as needed there is no participation. Tick what was agreed to on paper; it must include that part."
    ),
    "original_needed": N_("Say where the signed paper lies, such as: investigator site file, binder 3."),
    "withdrawn_to_destroy": N_(
        "The participant chose that what is left is destroyed. It stays on hold and on the list for destruction."
    ),
    # Day 0 and the first dose
    "day0_needed": N_("Type the planned Day 0: day, month, year."),
    "day0_before_consent": N_("Day 0 cannot lie before the consent. Check the date."),
    "day0_far": N_("That is more than 400 days from today. Check the year."),
    "day0_unknown": N_(
        "Day 0 has no date yet, so this visit has no window. Plan Day 0 on the participant's page first."
    ),
    "already_dosed": N_(
        "The first dose is recorded already: {happened_at}. If that is wrong, correct it, with a reason."
    ),
    "not_dosed": N_("No first dose is recorded yet. Record it first."),
    # protocol
    "protocol_invalid": N_(
        "The protocol {file} cannot be used. Run “specimens protocol check” on it: it names each line and what is allowed."
    ),
    "not_in_protocol": N_(
        "“{wanted}” is not in the protocol of this study. Go back to the page and choose what it offers."
    ),
}
