"""Words of signatures: on which occasion somebody signs, and the fields of a signature."""

from specimens.domain.sentences.marker import N_

WORDS: dict[str, str] = {
    "signature": N_("signature"),
    "signed": N_("signed"),
    "consent_checked": N_("consent compared with the paper"),
    "report_reviewed": N_("custody report signed"),
    "report_received": N_("custody report received"),
    "quarantine_decided": N_("quarantine decided"),
    "deviation_decided": N_("deviation decided"),
    "destruction": N_("destruction"),
    "identity_by_position": N_("identity by position"),
    "field_checked_seq": N_("entry compared"),
    "field_of_kind": N_("kind of record signed"),
    "field_of_code": N_("record signed"),
    "field_of_seq": N_("entry signed"),
    "field_of_hash": N_("hash of the entry signed"),
    "field_occasion": N_("what was signed"),
    "field_signed_at": N_("signed"),
    "field_offset": N_("offset from UTC"),
}
