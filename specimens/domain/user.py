"""A person with an account. The log-in name is never given to anybody else."""

from dataclasses import dataclass

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class User:
    """A person's account; the password's hash stands apart and never enters the ledger.

    `must_change_password` is true after somebody else set the password: nobody signs for another.
    """

    code: str
    login: str
    full_name: str
    language: str = "en"
    active: bool = True
    must_change_password: bool = True


def after(state: User, entry: Entry) -> User:
    """An account has nothing beyond the facts of its entries (`user_added`, `password_set`, `logged_in`, …)."""
    return state
