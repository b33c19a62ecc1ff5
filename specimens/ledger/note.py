"""Signed notes (C2SP signed-note): a text, an empty line, and a line for each signature. Ed25519.

    — <key name> <base64(key id ‖ signature)>

A key is handed on as a *vkey*, `<name>+<key id in hex>+<base64(type ‖ public key)>`. Two types are used: 0x01 signs the
text itself, 0x04 is a witness's cosignature with a time (C2SP tlog-cosignature).
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE = 0x04
MOST_SIGNATURES = 100
_DASH = "— "


class BadNote(ValueError):
    """A note, a signature or a key that cannot be read, or that nobody known has signed; the message says why."""


def decoded(text: str) -> bytes:
    """Return what base64 *text* stands for, b"" where it is none, or not in the one form that has no other.

    The last character before the padding has bits that decide nothing: a text that differs there alone is refused.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes that name a key beside its name."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def checked_name(name: str) -> str:
    """Return a key's name if it can be one: not empty, no space, no plus sign, nothing unprintable."""
    if not name or "+" in name or not name.isprintable() or any(each.isspace() for each in name):
        raise BadNote(f"{name!r} cannot be the name of a key")
    return name


@dataclass(frozen=True, slots=True)
class Signature:
    """One line of a note: the key's name and id (4 bytes), and the bytes of the signature."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Return the line, with its end."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"

    @property
    def at_ms(self) -> int:
        """Return when a witness cosigned, to the second (ms since 1970): the first eight bytes of a cosignature."""
        return int.from_bytes(self.value[:8]) * 1000


@dataclass(frozen=True, slots=True)
class Key:
    """A public key by which notes are checked: its name, its type, its 32 bytes."""

    name: str
    public: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """Return the key's id."""
        return key_id(self.name, self.kind, self.public)

    @property
    def vkey(self) -> str:
        """Return the key as text, to be handed on and kept."""
        coded = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{coded}"

    def made(self, signature: Signature) -> bool:
        """Say whether a signature claims to be of this key."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def verify(self, text: str, value: bytes) -> bool:
        """Say whether *value* is this key's signature of a note's text."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            if len(value) != 72:
                return False
            message = cosigned(text, int.from_bytes(value[:8]))
            value = value[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(value, message)
        except InvalidSignature:
            return False
        return True


def read_key(vkey: str) -> Key:
    """Read a vkey.

    Raises:
        BadNote: it is none, or its id is not that of its key.
    """
    parts = vkey.strip().split("+", 2)
    if len(parts) != 3:
        raise BadNote(f"not a key as <name>+<id>+<key>: {vkey.strip()[:80]!r}")
    name, stated, coded = parts
    raw = decoded(coded)
    if not raw:
        raise BadNote(f"the key of {name} is not base64")
    if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
        raise BadNote(f"the key of {name} is of a type that is not known here")
    key = Key(checked_name(name), raw[1:], raw[0])
    if key.key_id.hex() != stated:
        raise BadNote(f"the key of {name} has the id {key.key_id.hex()}, not {stated}")
    return key


class Signer(Protocol):
    """Something that signs under a name: a key in a file, or a command before an HSM."""

    @property
    def key(self) -> Key:
        """Return the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature (64 bytes) of *message*."""
        ...


class KeySigner:
    """A private key in memory, under a name."""

    def __init__(self, name: str, private: bytes, kind: int = ED25519) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(private)
        self._key = Key(checked_name(name), self._private.public_key().public_bytes_raw(), kind)

    @property
    def key(self) -> Key:
        """Return the public key."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*."""
        return self._private.sign(message)


def cosigned(text: str, seconds: int) -> bytes:
    """Return what a witness signs: that it saw this checkpoint, and when (seconds since 1970)."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def signature_of(text: str, signer: Signer) -> Signature:
    """Sign a note's text."""
    return Signature(signer.key.name, signer.key.key_id, signer.sign(text.encode()))


def cosignature_of(text: str, signer: Signer, seconds: int) -> Signature:
    """Cosign a checkpoint's text as a witness."""
    value = seconds.to_bytes(8) + signer.sign(cosigned(text, seconds))
    return Signature(signer.key.name, signer.key.key_id, value)


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read: its text (with the last newline) and its signatures, not yet checked."""

    text: str
    signatures: tuple[Signature, ...]

    def message(self) -> str:
        """Return the whole note."""
        return self.text + "\n" + "".join(each.line() for each in self.signatures)

    def signed_by(self, keys: Iterable[Key]) -> list[Key]:
        """Return the keys that signed this, each once.

        Raises:
            BadNote: none of them did, or a signature that claims to be of one of them is not.
        """
        good: list[Key] = []
        known = list(keys)
        for signature in self.signatures:
            for key in known:
                if not key.made(signature):
                    continue
                if not key.verify(self.text, signature.value):
                    raise BadNote(f"the signature of {key.name} does not fit this text")
                if key not in good:
                    good.append(key)
        if not good:
            raise BadNote("no key that is known here has signed this")
        return good


def write_note(text: str, signers: Sequence[Signer]) -> str:
    """Return the note of *text*, signed by each.

    Raises:
        BadNote: the text does not end with a newline, or holds control characters.
    """
    _checked_text(text)
    return Note(text, tuple(signature_of(text, each) for each in signers)).message()


def read_note(message: str) -> Note:
    """Take a note apart; nothing is checked but its form.

    Raises:
        BadNote: it is none.
    """
    _checked_text(message)
    text, gap, lines = message.rpartition("\n\n")
    if not gap or not lines:
        raise BadNote("a note ends with an empty line and its signatures")
    return Note(text + "\n", read_signatures(lines))


def read_signatures(lines: str) -> tuple[Signature, ...]:
    """Read lines of signatures, as a note ends with them and a witness answers.

    Raises:
        BadNote: a line is no signature, or there are too many.
    """
    found: list[Signature] = []
    for line in lines.removesuffix("\n").split("\n"):
        name, space, coded = line.removeprefix(_DASH).partition(" ")
        raw = decoded(coded)
        if not line.startswith(_DASH) or not space or len(raw) < 5:
            raise BadNote(f"not a line of a signature: {line[:80]!r}")
        found.append(Signature(checked_name(name), raw[:4], raw[4:]))
    if len(found) > MOST_SIGNATURES:
        raise BadNote(f"more than {MOST_SIGNATURES} signatures")
    return tuple(found)


def _checked_text(text: str) -> None:
    if not text.endswith("\n"):
        raise BadNote("a note ends with a newline")
    if any(each < " " and each != "\n" for each in text):
        raise BadNote("a note holds no control characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadNote("a note is text that UTF-8 can hold") from error
