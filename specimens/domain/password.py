"""What makes a password usable (NIST SP 800-63B): length and not being known, no rules of composition."""

import unicodedata

SHORTEST = 15
LONGEST = 256

#: Beginnings of what people choose when they are made to choose: refused wherever they make up the password.
_KNOWN = (
    "password", "wachtwoord", "welkom", "welcome", "qwerty", "azerty", "letmein", "iloveyou", "admin", "hospital",
    "ziekenhuis", "amsterdam", "specimens", "laboratory", "laboratorium", "belimumab", "1234567890", "abcdefgh",
)  # fmt: skip


def normal(password: str) -> str:
    """Return a password as it is hashed: the same letters typed on another machine are the same password (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def problem(password: str, *personal: str) -> str | None:
    """Return the code of what is wrong with a password, or None. *personal*: log-in name and the person's name."""
    if len(password) < SHORTEST:
        return "password_too_short"
    if len(password) > LONGEST:
        return "password_too_long"
    plain = "".join(character for character in password.lower() if character.isalnum())
    for word in (*_KNOWN, *(part.lower() for name in personal for part in name.split() if len(part) > 3)):
        plain = plain.replace(word, "")
    rest = plain.strip("0123456789")
    if len(set(plain)) < 4 or len(rest) < 4:
        return "password_known"
    return None
