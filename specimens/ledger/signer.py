"""The signer of checkpoints: it remembers what it signed last, outside the database, and signs no other history.

Its folder (mode 700) holds `keys/*.key` (a key each, mode 600), `signed` (what it signed last) and `checkpoints` (each
checkpoint that was ever signed, as text). A restored backup or a rewritten table stops here, at the next signature.
"""

import base64
import json
import secrets
import shlex
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from specimens.ledger import checkpoint as checkpoints
from specimens.ledger import durable
from specimens.ledger.checkpoint import Checkpoint
from specimens.ledger.note import BadNote, Key, KeySigner, Signer, decoded, read_note, write_note
from specimens.ledger.tree import EMPTY_ROOT, HASH, BadProof, verify_consistency

_COMMAND_SECONDS = 30


class Inconsistent(Exception):
    """The tree is no continuation of what was signed before: `last` was signed, `found` is there now."""

    def __init__(self, last: "Signed", found: Checkpoint) -> None:
        super().__init__(f"signed {last.size} entries with root {last.root.hex()}, asked for {found.size}")
        self.last = last
        self.found = found


class NoMemory(Exception):
    """There is a key, and the file that says what it signed last is gone or cannot be read."""


class BadSigner(Exception):
    """The signing command cannot be used; the message says what it answered."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed last."""

    origin: str
    size: int
    root: bytes


class CommandSigner:
    """A key that never leaves its HSM or KMS: *command* `public` prints it, *command* `sign` signs standard input.

    Both answer in base64: 32 bytes the key, 64 bytes a signature.
    """

    def __init__(self, name: str, command: str) -> None:
        self._command = shlex.split(command)
        self._key = Key(name, self._ask("public", b"", 32))

    @property
    def key(self) -> Key:
        """Return the public key."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*."""
        return self._ask("sign", message, 64)

    def _ask(self, verb: str, message: bytes, size: int) -> bytes:
        try:
            told = subprocess.run(  # noqa: S603 - the administrator's own setting
                [*self._command, verb],
                input=message,
                capture_output=True,
                timeout=_COMMAND_SECONDS,
                check=True,
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise BadSigner(f"{self._command[0]} {verb}: {error}") from error
        answer = decoded(told.decode("ascii", "replace").strip())
        if len(answer) != size:
            raise BadSigner(f"{self._command[0]} {verb} did not answer with {size} bytes in base64")
        return answer


class Notary:
    """The signer's folder: its keys, its memory, and the checkpoints that it signed."""

    def __init__(self, folder: Path, command: str | None = None) -> None:
        self.folder = folder
        self.checkpoints = folder / "checkpoints"
        self._keys = folder / "keys"
        self._signed = folder / "signed"
        self._command = command

    def lock(self) -> AbstractContextManager[None]:
        """Return a context in which no other process signs."""
        self._keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        return durable.locked(self.folder / "lock")

    def begin(self, origin: str) -> None:
        """Remember that nothing was signed yet under *origin*; done before there is a key: none is without memory."""
        self._remember(Signed(origin, 0, EMPTY_ROOT))

    def last(self) -> Signed | None:
        """Return what was signed last; None where there was never a key.

        Raises:
            NoMemory: there is a key, and its memory is gone.
        """
        try:
            said = json.loads(self._signed.read_bytes())
            signed = Signed(str(said["origin"]), int(said["size"]), bytes.fromhex(said["root"]))
            if signed.size < 0 or len(signed.root) != HASH:
                raise ValueError("no size, or no root")
            return signed
        except FileNotFoundError:
            if self.signers("-") or self.checkpoints.exists():
                raise NoMemory(str(self._signed)) from None
            return None
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise NoMemory(str(self._signed)) from error

    def make_key(self, name: str) -> Signer:
        """Make a key of our own, or take the one behind the signing command; return it."""
        if self._command:
            return CommandSigner(name, self._command)
        private = secrets.token_bytes(32)
        public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        signer = KeySigner(name, private)
        path = self._keys / f"{signer.key.key_id.hex()}.key"
        text = f"{name}\n{base64.b64encode(private).decode()}\n{base64.b64encode(public).decode()}\n"
        durable.replace(path, text.encode())
        return signer

    def drop_key(self, key: Key) -> None:
        """Remove a key that signs no more."""
        (self._keys / f"{key.key_id.hex()}.key").unlink(missing_ok=True)

    def signers(self, name: str) -> list[Signer]:
        """Return every key of the folder that signs under *name* (- : under any), oldest first, and the command's."""
        found: list[Signer] = []
        paths = sorted(self._keys.glob("*.key"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        for path in paths:
            said = path.read_text(encoding="utf-8", errors="replace").split("\n")
            if len(said) < 2 or len(private := decoded(said[1])) != 32:
                raise BadSigner(f"{path} holds no key")
            if name in ("-", said[0]):
                found.append(KeySigner(said[0], private))
        if self._command and name != "-":
            found.append(CommandSigner(name, self._command))
        return found

    def vouches(self, key: Key) -> bool:
        """Say whether a key signed a checkpoint of the file, or signs here now.

        Raises:
            BadNote: the file holds something else.
            BadSigner: a key of the folder, or the signing command, cannot be used.
        """
        for note in map(read_note, reversed(self.kept())):
            if any(key.made(each) and key.verify(note.text, each.value) for each in note.signatures):
                return True
        return key in [each.key for each in self.signers(key.name)]

    def sign(self, asked: Checkpoint, proof: Sequence[bytes], signers: Sequence[Signer]) -> str:
        """Sign a checkpoint that continues what was signed last, as *proof* (from there) shows; return the note.

        It is remembered and in the file before it is returned; call this under `lock`.

        Raises:
            Inconsistent: it is no continuation.
            NoMemory: what was signed last is not known.
        """
        last = self.last()
        if last is None or last.origin != asked.origin:
            raise NoMemory(str(self._signed))
        try:
            if last.size:
                verify_consistency(last.size, asked.size, proof, last.root, asked.root)
        except BadProof as error:
            raise Inconsistent(last, asked) from error
        note = checkpoints.write(asked, signers)
        self._remember(Signed(asked.origin, asked.size, asked.root))
        self._keep(note)
        return note

    def state(self, text: str, signers: Sequence[Signer]) -> str:
        """Sign a statement that is no checkpoint: what was lost when a new count began."""
        return write_note(text, signers)

    def _remember(self, signed: Signed) -> None:
        said = {"origin": signed.origin, "size": signed.size, "root": signed.root.hex()}
        durable.replace(self._signed, json.dumps(said).encode() + b"\n")

    def _keep(self, note: str) -> None:
        durable.append(self.checkpoints, f"{note}\n".encode(), _whole(self.checkpoints))

    def kept(self) -> list[str]:
        """Return the notes of the file, oldest first; what a crash left half written at its end is passed over.

        Raises:
            BadNote: the file holds something else.
        """
        return read_kept(self.checkpoints)

    def newest(self) -> Checkpoint | None:
        """Return the newest checkpoint of the file, None where there is none.

        Raises:
            BadNote: the file holds something else.
        """
        notes = self.kept()
        return checkpoints.read(notes[-1])[0] if notes else None


def _whole(path: Path) -> int:
    """Return how many bytes of a file of checkpoints are whole: each ends with an empty line."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return 0
    pairs = data.count(b"\n\n") // 2
    end = 0
    for _ in range(2 * pairs):
        end = data.index(b"\n\n", end) + 2
    return end


def read_kept(path: Path) -> list[str]:
    """Return the notes of a file of checkpoints, oldest first.

    Raises:
        BadNote: it holds something else.
    """
    try:
        text = path.read_bytes()[: _whole(path)].decode()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise BadNote(f"{path} is no file of checkpoints") from error
    pieces = text.split("\n\n")[:-1]
    return [f"{body}\n\n{lines}\n" for body, lines in zip(pieces[::2], pieces[1::2], strict=True)]
