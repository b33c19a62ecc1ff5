"""Sentences of collection: kits, tubes, undo, corrections. Cause, place, next act."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "unknown_kit": N_("There is no such kit for you. Check the label, or open the visit's page."),
    # the kit
    "station_needed": N_("Say first at which station you are. Scan the code on its wall."),
    "station_has_open_kit": N_(
        "Another kit was opened at this station a moment ago. Scan your kit again to go on with it."
    ),
    "kit_not_open": N_("This kit is not open at this station. Scan the kit, then IDENTITY."),
    "kit_open_elsewhere": N_(
        "Kit {kit} is open at {place} since {opened_at}, by {who}. Finish it there, or take it over here."
    ),
    "kit_of_another_visit": N_(
        "{code} is no kit of this visit. Put it back and check whose visit this is; then scan the right kit."
    ),
    "nothing_outstanding": N_(
        "Every tube of kit {kit} has its outcome already. Plan another attempt if more is taken."
    ),
    "kit_open_ok": N_("Kit {kit} is open here. Check two identifiers against the list, then scan IDENTITY."),
    "identity_ok": N_("Two identifiers are attested. Scan each tube as it is filled."),
    "identity_first": N_(
        "Not saved. Check two identifiers against the list and scan IDENTITY; then scan this tube."
    ),
    "identity_again": N_(
        "Not saved. {who} checked two identifiers at {attested_at}, before you came. Check them yourself, scan IDENTITY, then go on."
    ),
    "yield_first": N_("Not saved. Record the procedure and its yield first; then scan this tube."),
    "stop_held": N_(
        "STOP was not acknowledged. Scans refused since: {count}. Look at the tube, scan ACKNOWLEDGE, go on."
    ),
    "no_such_choice": N_(
        "There is no choice {number} on the page now. Look at the numbers, or scan the tube again."
    ),
    "command_elsewhere": N_("{command} does nothing here. Scan a tube of this kit."),
    # tubes
    "collected_ok": N_("{slot} collected."),
    "collected_check": N_("{slot} collected and saved. Look at this:"),
    "out_of_order": N_("{skipped} comes earlier in the order of draw and is still to be taken."),
    "medium_late": N_(
        "It lay in its medium {over} min later than the protocol allows. That stands wherever its times are shown."
    ),
    "flag_out_of_window": N_("It is outside the window of this visit; the tube is flagged."),
    "flag_not_baseline": N_("The first dose was given before; the tube is flagged as not baseline."),
    "flag_other_body_site": N_("It was taken from another place than expected; the tube is flagged."),
    "flag_other_container": N_("It is another container than planned; the tube is flagged."),
    "flag_expired_lot": N_("The lot of its container had expired; the tube is flagged."),
    "lot_needed": N_("Type the number of the lot as well."),
    "lot_unusable": N_("A lot number has at most 40 characters, letters and digits."),
    "lot_month": N_("Type the month and the year in which it expires, such as 03 2027."),
    "lot_twice": N_("Choose a lot or type another one, not both."),
    "lots_none": N_("Nothing was recorded: choose or type a lot first."),
    "no_medium": N_("Not saved yet: {code} goes into a container without a medium. Leave out the minutes."),
    "no_medium_here": N_("This container holds no medium: leave the minutes out."),
    "late_entry_reason": N_(
        "Not saved yet: that is more than {minutes} minutes ago. Why is it entered late? It is asked once per session."
    ),
    "other_container_reason": N_("Not saved yet: why is {code} another container than planned?"),
    "unknown_container": N_(
        "The protocol does not know that container. Choose one from the list and scan {code} again."
    ),
    "wrong_participant": N_(
        "{code} belongs to another participant. Put it aside; take a tube of participant {expected} from this kit."
    ),
    "wrong_visit": N_(
        "{code} was planned for another visit ({timepoint}). Put it aside; take a tube of this kit."
    ),
    "wrong_kit": N_("{code} belongs to another kit of this visit. Put it back; take a tube of this kit."),
    "label_retired": N_(
        "The label {code} does not count any more. Put the tube aside and print a new label."
    ),
    "label_not_printed": N_("No label of {code} was printed yet. Print it, then scan it back."),
    "label_live": N_("The label counts from now on."),
    "now_not_collected": N_("Scan the tube that was not collected. Scan NOT COLLECTED again to leave it."),
    "not_collected_reason": N_("Not saved yet: why was {code} not collected?"),
    "not_collected_ok": N_("{slot} is not collected."),
    "now_undo": N_("Scan the tube whose last act is taken back. Scan UNDO again to leave it."),
    "pending_dropped": N_("Nothing was changed. Scan the next tube."),
    "undo_reason": N_("Not taken back yet: why is “{act}” of {code} undone?"),
    "undone_ok": N_("“{act}” of {code} is taken back. The entry stays readable, struck through."),
    "nothing_to_undo": N_(
        "There is nothing of {code} that can be taken back. Correct it on its page instead."
    ),
    "not_your_act": N_(
        "The last act on {code} was done by {who}, or at another station. Only that person can take it back, there."
    ),
    "too_late_to_undo": N_(
        "More than {minutes} minutes have passed: {code} cannot be undone. Correct it on its page, with a reason."
    ),
    "not_the_last": N_("Something came after it on {code}. Correct it on its page, with a reason."),
    "last_collected": N_("collected, {happened_at}"),
    "last_not_collected": N_("not collected: {reason}"),
    "last_undone": N_("taken back: {reason}"),
    "last_refused": N_("refused, {recorded_at}"),
    "last_already": N_("nothing changed, {recorded_at}"),
    # the procedure
    "not_tissue": N_("This procedure takes no tissue: there is no yield to record. Scan the tubes."),
    "other_body_site": N_(
        "{body_site}, {side}, is not where the rules expect it. Choose why, or check the place; the tubes will be flagged."
    ),
    "pieces_unusable": N_("Type how many pieces were obtained, from 0 to 99."),
    "yield_below_taken": N_(
        "With {pieces} pieces a tube would be empty that was scanned already. Check the number, or undo that tube first."
    ),
    "place_fixed": N_(
        "Tubes were taken from the place that was recorded. Undo them first, or correct each tube on its page."
    ),
    # corrections
    "unknown_entry": N_(
        "That entry does not count any more, or never did. Open the list of corrections again."
    ),
    "not_correctable": N_("That is never corrected. Take it back with UNDO, or put it right by a later act."),
    "correction_impossible": N_(
        "With that value the history of {code_of} could not have happened: it would break at “{act}”. Check the value."
    ),
    "reassign_the_parent": N_(
        "{code} was made from another tube. Give that one to the right visit; {code} goes with it."
    ),
    "not_collected_yet": N_(
        "{code} was not collected. Only a tube that was taken can belong to another visit."
    ),
}
