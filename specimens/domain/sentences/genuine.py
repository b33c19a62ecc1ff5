"""Sentences of the page that verifies a report. The codes of what is wrong are those of the offline verifier."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "genuine_file": N_(
        "Genuine and unchanged. This file is, byte for byte, one that was made here as report {report}."
    ),
    "genuine_data": N_(
        "Genuine and unchanged. These are the custody data of report {report}, word for word."
    ),
    "genuine_saved_again": N_(
        "The custody data inside are genuine and unchanged, but this file is not the one that was made here: another"
        " program saved it, or somebody changed its pages. Compare them with report {report}, made again."
    ),
    "genuine_out_of_sight": N_(
        "The custody data inside are genuine and unchanged. Whether the file itself is the one that was made cannot be"
        " told: report {report} is not yours to see."
    ),
    "genuine_false": N_(
        "Not genuine: what is inside does not agree with what the ledger signed. Keep the file."
    ),
    "genuine_rewritten": N_(
        "The history was rewritten. It had {then} entries when this was signed; the {now} of today do not begin with"
        " them. Keep the paper, and tell the study's monitor and the owner of the system."
    ),
    "genuine_unsigned": N_(
        "This checkpoint was not signed by the key of this ledger ({why}). Check what was typed; it must be the same"
        " character by character."
    ),
    "genuine_other_ledger": N_("This checkpoint is of another ledger, {origin}, and cannot be checked here."),
    "genuine_prefix": N_(
        "The history has not been rewritten: the {now} entries of today begin with the {then} that were signed."
    ),
    "genuine_same": N_("The history is the one that was signed: {now} entries, and none since."),
    "genuine_time_back": N_("{where} was recorded before the one that stands in front of it in the ledger."),
    "genuine_clock_behind": N_(
        "Written while the server's clock was behind the ledger, by up to {most_s} s: {count}. Each says so, and its time"
        " is the newest that the ledger had."
    ),
    "genuine_report": N_("Report {report}, made {made_at} by {by}."),
    "genuine_digest": N_("Its digest is {digest}."),
    "genuine_unchanged": N_(
        "Genuine and unchanged: report {report} was made here on {made_at} by {by}, and the same entries still give the"
        " same digest."
    ),
    "genuine_differs": N_(
        "Report {report} was made here on {made_at} by {by}, but its entries no longer give that digest. A text was"
        " redacted, a name or a place was changed, or the history was rewritten. The checkpoint decides: give it here."
    ),
    "genuine_unknown": N_(
        "No report that you may see has this number or digest. Check what was typed. If it is right, the report was not"
        " made here, or its record is gone: give the checkpoint of its last pages."
    ),
    "genuine_since": N_("Events recorded since then on what it is about: {count}."),
    "genuine_none_since": N_("Nothing more has been recorded since on what it is about."),
    "genuine_no_qr": N_(
        "No QR code could be read in this photo. Take it from straight above with the whole code in view, or type the"
        " checkpoint."
    ),
    "genuine_unreadable": N_(
        "That is no digest, no number of a report and no checkpoint. A digest has 64 digits (16 at the foot of a page)."
    ),
    "genuine_not_pdf": N_("This is no PDF and no custody.json. Give the report as it was made."),
    "genuine_encrypted": N_("This PDF is encrypted. Give the report as it was made, without a password."),
    "genuine_no_data": N_(
        "This PDF holds no custody.json: it was printed, scanned or saved by a program that loses it, or was made"
        " elsewhere. Give the file as it was made, or type what its last pages say."
    ),
    "genuine_several_data": N_(
        "This PDF holds another file than custody.json and its CSV: somebody put it in. Do not rely on it."
    ),
    "genuine_added_to": N_(
        "Something was added to this PDF since it was made, and viewers show it. Give the file as it was made."
    ),
    "genuine_cut_off": N_("The file ends in the middle of an attachment. Give the whole file."),
    "genuine_damaged": N_("An attachment of this PDF is damaged ({why}). Give the file as it was made."),
    "genuine_too_large": N_("An attachment unpacks to more than {most} bytes: that is no custody report."),
    "genuine_unknown_packing": N_(
        "An attachment is packed in an unknown way. Save it with a viewer, and give that."
    ),
    "genuine_not_custody": N_("custody.json cannot be read: {why}. Give the file as it was made."),
    "genuine_not_as_format": N_("custody.json is not as the format says: {why}."),
    "genuine_checkpoint": N_("The checkpoint does not hold: {why}."),
    "genuine_twice": N_("{where} stands twice."),
    "genuine_not_included": N_("{where} is not in the history that the checkpoint signs."),
    "genuine_other_texts": N_("{where}: the texts are not those that it sealed."),
    "genuine_text": N_("{where}: the text of {name} is not the one that was sealed."),
    "genuine_chain": N_("{where} does not follow the one before it."),
    "genuine_other_entry_ledger": N_("{where} is of another ledger, {found}."),
    "genuine_other_report": N_("The entry that keeps report {report} on record is of something else."),
    "genuine_record": N_("{name}: the ledger has {expected}, this report has {found}."),
    "genuine_other_csv": N_("The CSV is not the one of this report: its SHA-256 is another."),
    "genuine_other_events": N_("The events of the report are not the entries that it proves."),
    "genuine_event": N_("Event {number}, {name}: the entry has {expected}, the report has {found}."),
    "genuine_other_rows": N_("The rows of the CSV are not the events of the report."),
    "genuine_row": N_("The CSV says something else of event {number}."),
}
