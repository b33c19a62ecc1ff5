"""Sentences of the auditor's bench: seats, draws, findings."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "no_such_person": N_(
        "Nobody with an account has that log-in name. Ask the administrator to make the account first."
    ),
    "seat_too_long": N_(
        "A seat is open for at most 92 days. Choose an earlier last day; a later seat can follow."
    ),
    "not_a_seat": N_("That grant is no seat: it has no end. The administrator revokes it under People."),
    "draw_count_needed": N_("Say how many specimens are drawn, from 1 to 200."),
    "seed_unusable": N_(
        "A seed has at most 64 letters and digits, spaces, points and hyphens. Type another."
    ),
    "finding_about_needed": N_(
        "Scan or type the identifier of the record that it is about; you have to see that record."
    ),
    "finding_moved_on": N_(
        "This finding is {state} by now: somebody was first. Read what was said, then go on."
    ),
    "unknown_clock_alarm": N_("There is no such alarm. Look at the list on the audit's first page."),
    "alarm_is_closed": N_("Somebody closed this alarm before you. Read why."),
    "unknown_draw": N_("There is no such draw where you work. Look at the list of draws."),
    "unknown_finding": N_("There is no such finding where you work. Look at the list of findings."),
    "unknown_ledger_entry": N_(
        "No entry of the ledger that you may see has that number. Read it again from the paper."
    ),
}
