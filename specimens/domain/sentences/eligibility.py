"""Sentences about eligibility: answers that cannot be read, and why somebody cannot be confirmed or enrolled."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    # what was typed
    "unknown_and_answer": N_(
        "{criterion}: an answer and “not known yet” exclude each other. Clear one of them."
    ),
    "not_a_number": N_("{criterion}: that is not a number. Type digits, such as 12 or 12.5."),
    "not_whole": N_("{criterion}: that has to be a whole number."),
    "implausible": N_(
        "{criterion}: that is hardly possible; from {minimum} to {maximum} {unit} is. Check for a typing error."
    ),
    "yes_or_no": N_("{criterion}: choose yes, no or not known yet."),
    "no_such_option": N_("{criterion}: choose among what is offered."),
    "choose_or_none": N_("{criterion}: tick what applies, or “none of these”."),
    "none_and_option": N_(
        "{criterion}: “none of these” and an option exclude each other. Clear one of them."
    ),
    "date_or_never": N_(
        "{criterion}: type the date (the year at least), or tick “never” or “not known yet”."
    ),
    "never_and_date": N_("{criterion}: “never” and a date exclude each other. Clear one of them."),
    "month_missing": N_(
        "{criterion}: a day without its month says nothing. Type the month, or clear the day."
    ),
    "no_such_date": N_("{criterion}: there is no such date. Type day, month, year, such as 22 11 2026."),
    "in_the_future": N_("{criterion}: that date is still to come. Check it."),
    "half_life": N_("{criterion}: type the half-life in days, more than 0 and at most {maximum}."),
    # confirming and enrolling
    "not_eligible": N_(
        "Not eligible: {criteria} fails or is unknown. There are no waivers; complete the answers or record a screen failure."
    ),
    "not_confirmed": N_(
        "The investigator has not confirmed eligibility yet, or an answer changed since. Ask the investigator to confirm."
    ),
    "confirmed_before": N_("Eligibility is confirmed already. Nothing was changed."),
    "answers_changed": N_(
        "An answer changed while you were reading. Nothing was confirmed; look at the answers below again."
    ),
    "no_group": N_("No answer sets the group. Answer which treatment starts, then enrol."),
}
