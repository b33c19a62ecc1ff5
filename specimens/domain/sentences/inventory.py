"""Sentences of an inventory check, of a pick list, and of a file that a rack reader wrote."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "check_begun": N_("The check of {unit} begins: {count} tubes should be in it. Scan every tube that is in the box."),
    "check_goes_on": N_("The check of {unit} goes on: {count} tubes are outstanding. Scan the next tube."),
    "check_scan_box": N_("No check of {unit} is open. Scan the code of the box first: that begins it."),
    "check_is_closed": N_("This check of {unit} was finished. Scan the code of the box to begin another one."),
    "check_closed_ok": N_("{unit} agrees with the map: {seen} tubes seen, none missing, none misplaced. The check is closed."),
    "check_closed_differs": N_(
        "The check of {unit} is closed. Seen: {seen}; misplaced: {misplaced}; missing: {missing}; seen elsewhere: "
        "{elsewhere}. Put the misplaced tubes where they belong, by scanning them in there."
    ),
    "check_lines_open": N_(
        "Not finished: {count} tubes of {unit} were not seen, {code} among them. Scan them, or say what became of each."
    ),
    "not_a_box": N_("{unit} has no wells, so there is no map to compare it with. Check its boxes."),
    "not_this_box": N_("That is another storage unit. The check of {unit} goes on: scan its tubes, or FINISH."),
    "seen_in_place": N_("{code} belongs here: {unit}, well {well}. {count} of {total} are done."),
    "seen_in_other_well": N_("{code} stands in {seen_well}, and the map has it in {well} of {unit}. Put it back there, or scan it into {seen_well} on the page of the box."),
    "seen_belongs_elsewhere": N_("{code} does not belong here: the map has it in {unit}, well {well}. Put it aside, look there first, then put it back."),
    "seen_not_stored": N_("{code} is in no box by the map ({status}). Put it aside; when it is to stay, scan it in on the page of the box."),
    "seen_was_missing": N_("{code} was reported missing, and here it is. Put it aside and resolve it under Differences as found."),
    "no_business_here": N_("{code} has no business in {unit}: its state is “{status}”. Put it aside and open its page."),
    "already_seen": N_("{code} was seen in this check before. Scan the next tube."),
    "choose_not_seen": N_("Tick at least one tube that is not in the box."),
    "say_where_seen": N_("Say in words where it was seen. Its place on the map does not change by that."),
    "not_outstanding": N_("{code} is not outstanding any more: somebody scanned it, or moved it. Look at the list again."),
    "seen_short": N_("{code} in its place, {well}."),
    "seen_other_well_short": N_("{code} in another well than {well}."),
    "seen_misplaced_short": N_("{code} does not belong here."),
    "not_seen_short": N_("{code} reported missing."),
    "seen_elsewhere_short": N_("{code} seen elsewhere."),
    "reader_empty": N_("The file is empty. Read the rack again and take the new file."),
    "reader_too_large": N_("The file is larger than any rack ({most_kilobytes} kB or {most_lines} lines at most). Take the file of one rack."),
    "reader_unreadable": N_("That is no text file. Let the rack reader write CSV, or save the table as CSV, and take that."),
    "reader_no_wells": N_("No line of the file names a well such as A1 and what stands in it. Take the reader's list of wells and codes."),
    "rack_would_move": N_("{code} lies in {unit}, {well} by the map; it would be moved"),
    "rack_well_taken": N_("{well} is taken by {other} by the map"),
    "pick_nothing": N_("No specimen is named. Scan or type at least one identifier."),
    "pick_too_long": N_("That is more than {most} tubes for one list. Make several."),
    "pick_unreadable": N_("This is no identifier: {codes}. Correct it or take it out; the others stay."),
    "pick_unknown": N_("Not known here: {codes}. Take them out; the others stay."),
    "pick_not_stored": N_("Not in storage here: {codes}. Take them out; the others stay."),
    "pick_scan_tubes": N_("That is this list itself. Scan a tube as you take it out."),
    "pick_is_closed": N_("This list was finished. Make a new one for what is still to be fetched."),
    "not_on_this_pick": N_("{code} is not on this list. Put it back where it was, and look at the well once more."),
    "already_picked": N_("{code} has its outcome already: {outcome}. Go on with the next tube."),
    "picked_ok": N_("{code} taken out of {unit}, {well}. {count} of {total} are done. It is in your hands now."),
    "picked_on_hold": N_("{code} taken out of {unit}, {well}; but it is on hold ({hold}). Do not use it. {count} of {total} are done."),
    "pick_lines_open": N_("Not finished: {count} tubes have no outcome, {code} among them. Scan them, or say why they are not taken."),
    "pick_closed": N_("The list is finished: {count} of {total} tubes were taken out."),
    "choose_not_taken": N_("Tick at least one tube that was not taken."),
    "left_short": N_("{code} left where it is."),
}  # fmt: skip
