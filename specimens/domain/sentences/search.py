"""Sentences about finding: the field that takes any scan, the search, the export."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "command_identity": N_(
        "This is the code IDENTITY. Scan the kit first; then this code says that two identifiers were checked."
    ),
    "command_not_collected": N_(
        "This is the code NOT COLLECTED. On a kit's collection page, scan it before the tube that was not taken."
    ),
    "command_undo": N_(
        "This is the code UNDO. On a scanning page, scan it, then the tube, to take back your last act."
    ),
    "command_acknowledge": N_("This is the code ACKNOWLEDGE. It ends a STOP on a scanning page."),
    "command_finish": N_("This is the code FINISH. It ends a collection or a receipt on its own page."),
    "no_page_for": N_("That is a {kind}. Your role has no page for it."),
    "found_station": N_("This is a station. Work here, or scan a tube, a kit, a bag or a box."),
    "found_person": N_("{name}. Scan a tube, a kit, a bag or a box."),
    "search_unreadable": N_(
        "Part of the search cannot be read. It is marked; put it right and search again."
    ),
    "search_nothing_there": N_("Nothing has that identifier or name here. Check it."),
    "search_range": N_("The first day is after the last one. Swap them."),
}
