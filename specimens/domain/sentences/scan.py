"""Sentences about scanning and custody: cause, place, next act."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "scan_empty": N_("Nothing was scanned. Scan a label, or type its eight characters."),
    "scan_too_long": N_(
        "That is longer than any label ({length} characters). Scan the small square code on the tube."
    ),
    "scan_control_characters": N_(
        "The scanner sent characters that no label has. Scan again; if it stays so, reset the scanner."
    ),
    "scan_unreadable": N_(
        "That is not one of our identifiers, or one character is wrong. Scan again, or type the eight characters."
    ),
    "scan_ambiguous": N_(
        "The keyboard layout garbled the scan and two readings fit. Type the eight characters instead."
    ),
    "unknown_specimen": N_(
        "No tube with that identifier is known here. Check the label; set the tube aside."
    ),
    "unknown_code": N_("That identifier is not known here. Check the label; set it aside and ask."),
    "already": N_("Already done for {code}. Nothing was changed."),
    "wrong_state": N_("{code} is {status}: this cannot be done now. Open its page to see where it is."),
    "on_hold": N_("{code} is on hold ({hold}). Put it back and ask the investigator."),
    "on_another_list": N_("{code} is on transfer {transfer}. Take it off that list first."),
    "not_on_a_list": N_("{code} is on no transfer list. Receive it as “without release”."),
    "volume_too_small": N_("There is not that much left in {code}. Check the volume."),
    "volume_negative": N_("A volume cannot be negative. Check the number."),
    "time_in_future": N_("That time is still to come. Check the date and the clock."),
    "time_too_old": N_("That is more than 400 days ago. Check the year."),
    "waited_too_long": N_(
        "This scan waited on its device for more than seven days. Enter it as a time that you type, with a reason."
    ),
    "waited_before_opening": N_(
        "{code} was scanned on a device before its kit was opened. Check the device's clock, and scan the tube again."
    ),
    "waited_unreadable": N_("What the device says about this scan cannot be read. Scan the tube again."),
    "before_collection": N_("That is before {code} was collected. Check the time."),
    "reason_needed": N_("This needs a reason. Choose one."),
    "witness_needed": N_("This needs a second person, not you. Let a colleague confirm."),
    "own_release": N_("You released this yourself. Somebody else has to receive it."),
    "position_needed": N_("Scan the box first, then the tube; or choose the well."),
    "well_taken": N_("Somebody else just filled that well. Scan the tube again for the next one."),
}
