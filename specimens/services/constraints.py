"""Named constraint → what a person is told when the database refuses a row."""

import re

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from specimens.domain.errors import Conflict, SpecimensError, Unavailable

#: Name of a constraint → code of the sentence. What is not named here is told as `conflict`, with the name.
SENTENCES: dict[str, str] = {
    "uq_specimen_one_per_well": "well_taken",
    "uq_ledger_entry_subject_seq": "somebody_was_first",
    "uq_participant_study_subject_number": "subject_number_taken",
    "uq_user_account_login": "login_taken",
    "uq_kit_visit_procedure_attempt": "attempt_exists",
    "uq_kit_one_open_per_station": "station_has_open_kit",
    "uq_answered_request_actor_user_key": "somebody_was_first",
    "uq_handover_one_open_per_transfer": "somebody_was_first",
    "uq_protocol_version_study_version": "version_exists",
    "uq_sign_on_identity_account": "sign_on_taken",
    "uq_sign_on_identity_user": "sign_on_taken",
    "ck_specimen_volume_not_negative": "volume_too_small",
    "ck_transfer_receiver_is_not_releaser": "own_release",
    "ck_visit_second_person": "own_paper",
    "uq_signature_once": "signed_before",
    "uq_specimen_code": "somebody_was_first",
    "uq_print_job_one_sending_per_printer": "printer_busy",
    "uq_badge_one_live": "badge_is_live",
    "uq_inventory_one_open": "somebody_was_first",
}

#: SQLite names the columns of a violated unique constraint, not the constraint.
_COLUMNS: dict[str, str] = {
    "specimen.place, specimen.position": "uq_specimen_one_per_well",
    "ledger_entry.subject_kind, ledger_entry.subject_code, ledger_entry.seq": "uq_ledger_entry_subject_seq",
    "participant.study, participant.subject_number": "uq_participant_study_subject_number",
    "user_account.login": "uq_user_account_login",
    "kit.visit, kit.procedure, kit.attempt": "uq_kit_visit_procedure_attempt",
    "kit.opened_at_station": "uq_kit_one_open_per_station",
    "answered_request.actor_user, answered_request.key": "uq_answered_request_actor_user_key",
    "handover.transfer": "uq_handover_one_open_per_transfer",
    "protocol_version.study, protocol_version.version": "uq_protocol_version_study_version",
    "sign_on_identity.issuer, sign_on_identity.subject": "uq_sign_on_identity_account",
    "sign_on_identity.issuer, sign_on_identity.user": "uq_sign_on_identity_user",
    "identifier.code": "uq_identifier_code",
    "signature.of_kind, signature.of_code, signature.of_seq, signature.user": "uq_signature_once",
    "specimen.code": "uq_specimen_code",
    "print_job.printer": "uq_print_job_one_sending_per_printer",
    "badge.user": "uq_badge_one_live",
    "inventory.box, inventory.study": "uq_inventory_one_open",
}


#: The triggers of SQLite name the table whose rows may not be replaced, not the constraint.
_APPEND_ONLY: dict[str, str] = {
    "uq_ledger_entry": "uq_ledger_entry_subject_seq",
    "uq_identifier": "uq_identifier_code",
    "uq_protocol_version": "uq_protocol_version_study_version",
    "uq_answered_request": "uq_answered_request_actor_user_key",
    "uq_signature": "uq_signature_once",
}


def violated(error: IntegrityError) -> str | None:
    """Return the name of the constraint that refused, as far as the database tells."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name) if diagnosis.constraint_name else None
    text = str(error.orig)
    if found := re.search(r"UNIQUE constraint failed: (.+)", text):
        columns = found.group(1).removeprefix("index ").strip("'")
        return _COLUMNS.get(columns, columns)
    if found := re.search(r"(?:CHECK|NOT NULL) constraint failed: (\S+)", text):
        return found.group(1)
    if found := re.search(r"is append-only: (\S+)", text):
        return _APPEND_ONLY.get(found.group(1), found.group(1))
    return None


def told(error: DBAPIError) -> SpecimensError | None:
    """Return what a person should be told of a database error; None if it is a fault of the program."""
    if isinstance(error, IntegrityError):
        name = violated(error)
        return Conflict(SENTENCES[name], constraint=name) if name in SENTENCES else None
    if isinstance(error, OperationalError):
        text = str(error.orig).lower()
        if any(sign in text for sign in ("is full", "no space", "quota")):
            return Unavailable("store_full")
        if any(sign in text for sign in ("locked", "busy", "read-only", "readonly", "i/o error")):
            return Unavailable("store_unavailable")
        if getattr(error.orig, "sqlstate", None):
            return Unavailable("store_unavailable")
    return None
