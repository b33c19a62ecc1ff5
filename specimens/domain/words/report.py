"""Words of the custody report and of the audit: what a report is about, gaps, open matters, fields of records."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "period": N_("period"),
    "processed": N_("processed"),
    "texts": N_("Free text"),
    "left_out": N_("left out for this role"),
    "yes": N_("yes"),
    "no": N_("no"),
    "pdf": N_("PDF"),
    "csv": N_("CSV"),
    "html": N_("page"),
    "late_entry": N_("recorded long after it happened"),
    "gap_collected": N_("collected, and nothing more recorded"),
    "gap_released": N_("released, and nobody had accepted it"),
    "gap_in_transit": N_("in transit without an entry"),
    "gap_delivered": N_("delivered, and nobody had accepted it"),
    "gap_received": N_("received, and nothing more recorded"),
    "gap_retrieved": N_("out of storage without an entry"),
    "open_quarantine": N_("in quarantine; the investigator decides"),
    "open_excursion": N_("on hold after a temperature excursion; the investigator decides"),
    "open_consent": N_("on hold for consent"),
    "open_missing": N_("missing"),
    "open_not_accepted": N_("released, and nobody has accepted it yet"),
    "open_not_logged": N_("received without release; the collection is not recorded yet"),
    "open_paper": N_("entered from paper; a second person has not checked it yet"),
}
