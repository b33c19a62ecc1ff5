"""Sentences about visits, what is added to them, and paper sheets."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "unknown_visit": N_("There is no such visit for you. Look at the participant's page."),
    "visit_open": N_("This visit is open already ({visit}). Go on there."),
    "visit_state": N_(
        "The participant is “{state}”: no visit of this kind takes place. Look at the participant's page for what does."
    ),
    "out_of_window_reason": N_("Today is outside the window of this visit. Say why it is held now."),
    "blood_over_visit": N_(
        "This draw is more blood than one visit may take. Ask the investigator before you draw."
    ),
    "blood_over_period": N_(
        "With earlier draws this is more blood than the period may take. Ask the investigator before you draw."
    ),
    "already_confirmed": N_("This visit was confirmed already: {happened_at}. Nothing was changed."),
    "attempt_running": N_(
        "Kit {kit} of this procedure still has tubes to be taken. Finish it or stop it first, then plan another attempt."
    ),
    "attempt_exists": N_(
        "Somebody else planned another attempt a moment ago. Look at the visit before you plan one more."
    ),
    "procedure_planned": N_("This procedure is planned at the visit already. Plan another attempt instead."),
    "check_page_scan": N_(
        "Nothing was confirmed. Scan ACKNOWLEDGE to confirm the visit, or a kit to go on collecting."
    ),
    # paper
    "kit_is_open": N_(
        "Kit {kit} is open at a station. Finish that session first; then enter what the paper sheet says."
    ),
    "identity_on_sheet": N_(
        "The sheet has to say that two identifiers were checked. If it does not, ask the person who collected."
    ),
    "line_needs_outcome": N_("Type the time that the sheet says, or choose why it was not collected."),
    "one_outcome": N_("Either a time or a reason: this tube cannot be both collected and not collected."),
    "beyond_the_yield": N_("The yield does not reach this tube. Leave its line empty, or check the pieces."),
    "after_receipt": N_("That is after the laboratory received this tube. Check the time on the sheet."),
    "sheet_of_another_kit": N_(
        "The tubes of this kit have changed since the page was opened. Open the page again and type the sheet once more."
    ),
    "nothing_from_paper": N_("Nothing of this visit was entered from paper, so there is nothing to check."),
    "own_paper": N_("You entered this sheet yourself. A colleague has to hold it beside the original."),
    "already_checked": N_("{who} checked this already: {checked_at}. Nothing was changed."),
}
