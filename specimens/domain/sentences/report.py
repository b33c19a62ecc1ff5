"""Sentences about custody reports and the audit."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "report_about_nothing": N_(
        "A report cannot be about that. Scan a specimen, a visit, a transfer or a box, or type a participant's code."
    ),
    "report_needs_scope": N_("Scan or type what the report is about, or give a period."),
    "report_one_study": N_(
        "A report is about one study, and this is about none or several. Name a specimen, a visit or a participant."
    ),
    "period_backwards": N_("The period ends before it begins. Exchange the two dates."),
    "unknown_record": N_("There is no such record here for you. Check its kind and its identifier."),
    "report_gone": N_(
        "This report does not wait here any more. Make it again: it says the same over the same entries."
    ),
    "unknown_report": N_("There is no report with that number here for you. Check the number."),
}
