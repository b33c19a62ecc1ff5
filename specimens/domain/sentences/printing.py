"""Sentences about printers and the queue: what a printer said, what is known of a print, and what to do next."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    # setting a printer up
    "unknown_printer": N_("No such printer is known here. Look at the list of printers."),
    "printer_address_unreadable": N_(
        "That is no address of a printer. Type host and port, such as 10.20.0.15:9100."
    ),
    "printer_address_unknown": N_("The name {host} leads nowhere from here. Check it, or type the number."),
    "printer_address_outside": N_(
        "Nothing is sent to {address} from here. Whoever installs this program allows networks and ports of printers."
    ),
    "printer_dpi": N_("That stock is not printed with so many dots per inch. Choose another resolution."),
    "printer_zpl_is_for_rolls": N_("A sheet is printed as PDF. Choose a roll, or PDF."),
    "printer_offset": N_("A print is moved by 10 mm at most. Check the stock first."),
    "station_has_printer": N_(
        "{printer} prints that stock at {name} already. A station has one printer for each stock; untick one of them."
    ),
    "printer_busy": N_("The printer is taking something else at this moment. It goes on by itself."),
    # the queue
    "unknown_print_job": N_("Nothing like that is in the queue. Look at the list of what is printed."),
    "print_job_moved": N_("It stands otherwise by now. Look at it again, then decide."),
    "printer_refused": N_(
        "The printer refused the connection; nothing was printed. See that it is on; it is tried again."
    ),
    "printer_not_reached": N_(
        "The printer cannot be reached; nothing was printed. Check its power and its cable; it is tried again."
    ),
    "printer_not_allowed": N_(
        "Nothing may be sent there any more; nothing was printed. Tell the administrator, or print from the browser."
    ),
    "printer_silent": N_(
        "The printer does not answer; nothing was printed. Switch it off and on; it is tried again."
    ),
    "printer_nonsense": N_(
        "What answers there is no label printer; nothing was printed. Tell the administrator: the address may be wrong."
    ),
    "printer_paper_out": N_("The printer has no labels left. Put in a roll."),
    "printer_ribbon_out": N_("The printer has no ribbon left. Put in a new one."),
    "printer_head_open": N_("The printer is open. Close its lid."),
    "printer_paused": N_("The printer is paused. Press its button."),
    "printer_full": N_("The printer is still busy with earlier labels. It is tried again."),
    "printer_hung_up_first": N_(
        "The printer hung up before it took anything; nothing was printed. It is tried again."
    ),
    "printer_hung_up": N_(
        "The printer hung up half-way: some labels may have come out. Look at the printer, then say what you see."
    ),
    "printer_stalled": N_(
        "The printer stopped taking the labels half-way: some may have come out. Look at the printer, then say what you see."
    ),
    "printer_no_end": N_(
        "The printer took everything and did not say that it is done. Look at the printer, then say what you see."
    ),
    "printer_interrupted": N_(
        "This program stopped while it was sending: the labels may have come out. Look at the printer, then say what you see."
    ),
    "printer_command_missing": N_(
        "The command for this printer could not be started; nothing was printed. Tell whoever installed this program."
    ),
    "printer_command_failed": N_(
        "The command for this printer refused; as a rule nothing was printed. Look at the printer before you send it again."
    ),
    "printer_command_stalled": N_(
        "The command for this printer did not end: the labels may have come out. Look at the printer, then say what you see."
    ),
    "printer_command_ended": N_(
        "The command for this printer broke off: the labels may have come out. Look at the printer, then say what you see."
    ),
    "printer_folder": N_(
        "The folder of this printer cannot be written; nothing was printed. It is tried again; tell whoever installed this program."
    ),
    "label_not_scanned_back": N_(
        "A newer label of {code} was printed and not scanned back. If this is the old one, take it off and destroy it; scan the new one back, then go on."
    ),
    "label_never_scanned_back": N_(
        "The label of {code} was never scanned back, so it does not count yet. Scan it back on the page of its batch or of the specimen, then scan it here again."
    ),
    "label_never_printed": N_(
        "No label was printed for {code}. Print it on the page of its batch or of the specimen, put it on, scan it back; then scan it here again."
    ),
    # pools
    "unknown_pool": N_("No such pool is known here. Look at the list of pre-printed pools."),
    "pool_count": N_("A pool has 1 to {most} labels. Type another number."),
    "pool_labels_missing": N_("{left} of {of} tubes have a label of the pool. Scan the next, or open the visit."),
    "pool_label_needed": N_("This tube has no label yet. Of a kit every tube takes one of the pool, or none does."),
    "not_a_pool_label": N_(
        "{code} is no label of a pre-printed pool of this study and site. Put it aside; take one of the pool."
    ),
    "pool_label_taken": N_(
        "{code} is the label of another tube already. Take it away from this participant's tubes; take another of the pool."
    ),
    "pool_label_twice": N_("{code} was scanned for two tubes. Scan each label once."),
    "label_of_a_pool": N_(
        "{code} is a free label of pool {pool}. It belongs to no tube yet: scan it when the visit is opened, or from the page of the kit's labels for an extra tube or another attempt."
    ),
}  # fmt: skip
