"""Sentences about transfers and receipt: cause, place, next act."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    # packing and releasing
    "packed": N_("On the list. Put it into the bag and scan the next one."),
    "unpacked": N_("Off the list. Take it out of the bag."),
    "consignee_needed": N_("Choose the person or the place that gets the tubes."),
    "list_not_packing": N_("This list is {state}: nothing can be packed or taken out. Open the bag first."),
    "list_not_sealed": N_("This list is {state}. Count the tubes and seal the bag before it is released."),
    "list_empty": N_("There is no tube on this list. Scan at least one."),
    "count_differs": N_(
        "Counted: {counted}. Scanned: {scanned}. Count again; scan what is missing, or take out what"
        " is too many."
    ),
    "count_needed": N_("Count the tubes in the bag and type the number."),
    "transport_needed": N_("Choose how the tubes travel."),
    "temperature_needed": N_("Choose the temperature at which the tubes travel."),
    "seal_unusable": N_("A seal number has at most 64 characters. Read it again from the seal."),
    "seal_needed": N_("A bag for the courier has a seal. Type its number."),
    "not_in_your_hands": N_(
        "{code} is not in the hands of your site, so you cannot pass it on. Ask who has it."
    ),
    "no_site": N_("Choose your station first: the list has to say where it starts."),
    "command_not_here": N_("The command {word} does nothing on this page. Scan a tube."),
    # taking back, carrying
    "list_not_waiting": N_(
        "This list is {state}: that cannot be done with it now. Open its page to see why."
    ),
    "receipt_begun": N_("{by} has already begun to receive this list. Carry on together, or ask {by}."),
    "not_the_consignee": N_("This list is addressed to {to}. Only that person receives or declines it."),
    "place_needed": N_("Choose the place where you leave the tubes."),
    "temperature_implausible": N_("No thermometer here shows that temperature. Read it again."),
    "carried": N_("{code} is now at {place}."),
    "carried_too_far": N_("That is another site: carrying tubes there is a transfer. Pack them on a list."),
    "bag_picked_up": N_("You have bag {code} now. Tubes in it: {count}."),
    "bag_delivered": N_("Bag {code} is delivered: {place}."),
    "place_for_bag": N_("{code} goes to a person, not to a place. Open its page and say where you leave it."),
    # handing over to somebody without an account
    "code_shown": N_(
        "This form made a code already, and it is shown only once. Make another if you need one."
    ),
    "handover_unknown": N_(
        "That code opens nothing. Compare the list and the code with what you were given, and type them again."
    ),
    "handover_over": N_(
        "This code is closed, or its time is over. Ask whoever hands the bag over for another."
    ),
    "handover_used": N_("This bag was signed for already. Nothing was changed."),
    "handover_list_changed": N_(
        "The list has changed since this code was made. Nothing was signed; ask whoever hands the bag over for another"
        " code."
    ),
    "identifier_mistyped": N_("A letter or digit is wrong there. It has eight; read it again."),
    "name_needed": N_("Type your name."),
    "organisation_needed": N_("Type the organisation or department that you work for."),
    "own_handover": N_("That is the name of whoever hands the bag over. The other party signs here."),
    "decision_on_list_needed": N_("Choose whether you take all tubes, some, or none."),
    "tick_what_you_take": N_(
        "Tick the tubes that you take, and leave at least one; else choose all or none."
    ),
    # receipt
    "condition_needed": N_("Say in what condition the list arrived."),
    "temperature_or_not": N_("Type the temperature, or say that it was not measured."),
    "finding_needed": N_("Choose what receipt found for this tube."),
    "reason_first": N_("Not saved: choose the reason first, then scan {code} again."),
    "mode_set": N_("The next tube will be: {outcome}. Choose or scan the reason."),
    "reason_set": N_("The next tube will be: {outcome}. Scan it now."),
    "mode_cleared": N_("The next tube will be accepted."),
    "receipt_not_opened": N_("Say first in what condition the list arrived; then scan its tubes."),
    "received_accepted": N_("Accepted."),
    "received_accepted_with_deviation": N_("Taken in with a deviation."),
    "received_quarantined": N_("In quarantine. Put it into the quarantine rack; the investigator decides."),
    "received_rejected": N_("Rejected. Put it aside; the clinic is told to draw again."),
    "received_missing": N_("Reported missing."),
    "received_extra": N_("On no line of this list. It is taken in; set it aside until it is linked."),
    "received_uncollected": N_(
        "Received, and the clinic has not logged it yet. Go on with it; the clinic enters the rest."
    ),
    "received_without_release": N_("Received without release. Processing can start."),
    "receive_on_its_list": N_("{code} was released on list {transfer}. Receive it there."),
    "already_received": N_("Already here: {outcome}. Nothing was changed."),
    "biopsy_never_rejected": N_(
        "A biopsy cannot be taken again. Put {code} into quarantine; the investigator decides."
    ),
    "given_up_as_lost": N_(
        "{code} was given up as lost. Open the differences of this list and choose “found”."
    ),
    "receipt_lines_open": N_(
        "Tubes of this list without an outcome: {count}, {code} among them. Scan them, or report them missing."
    ),
    "finish_came_early": N_("FINISH was scanned while tubes had no outcome."),
    "receipt_is_closed": N_("This receipt is closed. Receive {code} on the page for tubes without release."),
    "receipt_closed": N_("Every tube has an outcome. The receipt is closed."),
    "not_on_this_list": N_("{code} is not on this list. Check the bag."),
    "choose_missing": N_("Choose the tubes that are missing."),
    # differences and decisions
    "resolution_needed": N_("Choose how the difference is resolved."),
    "nothing_to_resolve": N_("There is nothing to resolve about {code} any more. Somebody else was first."),
    "decisions_differ": N_(
        "Some are in quarantine, others were too warm or too cold: they are signed for with other meanings. Decide about the one kind first."
    ),
    "decision_needed": N_("Choose what is to happen with it."),
    "nothing_to_decide": N_("There is nothing to decide about {code} any more. Somebody else was first."),
}
