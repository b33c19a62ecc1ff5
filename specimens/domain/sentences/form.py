"""Sentences about the fields of a form."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "form_incomplete": N_(
        "Something is missing or cannot be read. It is marked; put it right and send again."
    ),
    "field_needed": N_("This is needed. Fill it in."),
    "choose_one": N_("Choose one of what is offered."),
    "note_needed": N_("“Other” needs an explanation in words."),
    "number_unreadable": N_("That is not a number. Type digits, such as 12."),
    "number_needed": N_("A number is needed here."),
    "number_out_of_range": N_("That number is outside what is possible. Check it."),
    "answer_needed": N_("Choose yes or no."),
    "date_needed": N_("Type the date as day, month, year, such as 22 11 2026."),
    "date_unreadable": N_("There is no such date. Type day, month, year, such as 22 11 2026."),
    "clock_unreadable": N_("There is no such time. Type hour and minute, such as 14 03."),
    "time_needed": N_("Type date and time: day, month, year, hour, minute."),
    "time_repeats": N_(
        "{clock} came twice that night (daylight saving). Choose the earlier or the later one."
    ),
    "time_skipped": N_("{clock} did not exist that night (daylight saving). Check the time."),
    "text_too_long": N_("That is too long. Shorten it."),
    "text_control_characters": N_("That holds characters that cannot be printed. Type it again."),
    "text_birth_date": N_("That looks like a birth date. It must not stand here; leave it out."),
    "text_number": N_(
        "That looks like a hospital or telephone number. It must not stand here; leave it out."
    ),
    "key_reused": N_("This form was already used for something else. Open the page again."),
    "key_too_long": N_("The key of this request is too long ({longest} characters at most)."),
}
