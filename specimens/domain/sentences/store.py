"""Sentences about the store itself."""

from specimens.domain.sentences.marker import N_

SENTENCES: dict[str, str] = {
    "redactions_unreadable": N_(
        "The list of redactions {file} cannot be read at line {line}. Put the right file in its place before you go on."
    ),
    "store_full": N_(
        "Not saved: the disk of the server is full. Nothing that was saved before is lost. Tell whoever looks after "
        "the server; when there is space again, go back and send this again."
    ),
    "store_unavailable": N_(
        "Not saved: the store cannot write just now. Nothing was lost. Wait a moment and try again."
    ),
    "somebody_was_first": N_(
        "Not saved: somebody else changed this a moment ago. Look at it again, then repeat what you did."
    ),
    "row_moved": N_(
        "Not saved: the records disagree with the ledger. Stop working and call the administrator."
    ),
    "not_installed": N_("This installation has no name yet. The administrator runs “specimens migrate”."),
    "tree_incomplete": N_(
        "The tree over the ledger has a gap (level {level}, from {first}). Nothing was signed. Call the administrator, "
        "who runs “specimens verify --full”."
    ),
    "signer_ahead": N_(
        "Not signed: {signed} entries were signed before and the database has {found}. An older backup was restored, or "
        "entries were removed. Restore the newest backup, or begin a new count: specimens checkpoint epoch."
    ),
    "signer_inconsistent": N_(
        "Not signed: the first {signed} entries of the database are not those that were signed before (root {root}). "
        "The history was rewritten. Run “specimens verify --full”, and keep this database as evidence."
    ),
    "signer_forgot": N_(
        "Not signed: the file that says what was signed last is missing or damaged ({file}). Put it back from its "
        "backup, or begin a new count: specimens checkpoint epoch."
    ),
    "signer_broken": N_("Not signed: the signing key cannot be used ({said})."),
    "epoch_needless": N_(
        "Nothing that is known outside is missing here: a new count is not needed. Nothing was changed."
    ),
    "no_checkpoint": N_(
        "There is no checkpoint in this text. It is three lines: the ledger's name, a number, and 44 characters that "
        "end in “=”."
    ),
    "another_ledger": N_("This checkpoint is of the ledger {origin}; this one is {ours}."),
    "publish_folder": N_("Not published: {folder} cannot be written ({said})."),
    "witness_key": N_(
        "This is no public key of a witness: {said}. Copy the line that the witness prints at its start."
    ),
    "witness_address": N_("{url} is no address of a witness. It begins with http:// or https://."),
    "witness_silent": N_("Not published: the witness at {url} does not answer ({said}). Try again later."),
    "witness_refused": N_("Not cosigned: the witness {witness} answered {status}: {said}"),
    "witness_contradicts": N_(
        "Not cosigned: the witness {witness} saw {size} entries of a history that this database, with {found}, does not "
        "continue. Run “specimens verify --full”, and keep this database as evidence."
    ),
    "no_rotation": N_("Only one key signs. Begin a rotation first: specimens checkpoint rotate."),
    "checkpoint_ahead": N_(
        "The newest checkpoint in {file} covers {size} entries, the database has {found}. An older backup was restored, "
        "or entries were removed. Restore the newest backup; if there is none, begin a new count, which puts the gap on "
        "record: specimens checkpoint epoch."
    ),
    "checkpoint_contradicts": N_(
        "The newest checkpoint in {file} (size {size}, root {root}) is no part of this database's history: it was "
        "rewritten, or this is another database. Run “specimens verify --full” and keep everything as evidence; a new "
        "count begins with: specimens checkpoint epoch."
    ),
    "checkpoint_file_behind": N_(
        "The database holds a checkpoint over {size} entries that the file {file} does not know: the file was taken away, "
        "or an older one was put in its place. Put it back from its backup; if it is lost, begin a new count, which puts "
        "that on record: specimens checkpoint epoch."
    ),
    "checkpoint_file_broken": N_(
        "The file of checkpoints {file} cannot be read ({said}). Put it back from its backup."
    ),
    "entry_beyond_checkpoint": N_(
        "Entry {entry} is not among the first {size} of the ledger. Make a checkpoint first."
    ),
    "sizes_unknown": N_(
        "The ledger cannot prove growth from {old} to {new} entries: it never had those sizes."
    ),
    "sequencer_busy": N_(
        "Another process is busy with the ledger's tree and does not get on. Wait a moment and try again."
    ),
    "not_found": N_("There is nothing here for you. Check the address or the identifier."),
    "not_permitted": N_("Your role does not allow this. Ask somebody whose role does, or the administrator."),
}
