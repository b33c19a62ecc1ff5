"""Words about printing: kinds of printers, what they understand, how something in the queue stands."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "printer_network": N_("on the network"),
    "printer_command": N_("a command of this machine"),
    "printer_folder": N_("a watched folder"),
    "printer_browser": N_("through the browser"),
    "print_pdf": N_("PDF"),
    "print_zpl": N_("ZPL (label printers)"),
    "job_waiting": N_("waiting"),
    "job_sending": N_("being sent"),
    "job_sent": N_("sent"),
    "job_failed": N_("failed"),
    "job_unknown": N_("look at the printer"),
    "job_cancelled": N_("cancelled"),
    "role_blood_tube": N_("blood tube"),
    "role_biopsy_container": N_("biopsy container"),
    "role_small": N_("mould, cassette or small tube"),
    "role_cryovial": N_("cryovial"),
    "test_page": N_("test print"),
    "cap": N_("dots for the caps"),
}
