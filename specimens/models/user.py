"""People, their grants, their secrets, their sessions."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.terms import GRANTED_ROLES
from specimens.models.base import Base, Code, Subject, instant, one_of, pk


class UserRow(Subject, Base):
    """A person's account. The log-in name is unique for ever: an account is switched off, never removed."""

    __tablename__ = "user_account"

    login: Mapped[str] = mapped_column(String(64), unique=True)
    full_name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8))
    active: Mapped[bool]
    must_change_password: Mapped[bool]


class GrantRow(Subject, Base):
    """A grant of one role."""

    __tablename__ = "access_grant"
    __table_args__ = (
        one_of("role", GRANTED_ROLES),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="period"),
        Index("ix_access_grant_user", "user"),
    )

    user: Mapped[str] = mapped_column(Code, ForeignKey("user_account.code"))
    role: Mapped[str] = mapped_column(String(32))
    study: Mapped[str | None] = mapped_column(Code)
    site: Mapped[str | None] = mapped_column(Code, ForeignKey("site.code"))
    from_on: Mapped[str] = mapped_column(String(10))
    until_on: Mapped[str | None] = mapped_column(String(10))
    training_on: Mapped[str] = mapped_column(String(10))
    delegated_by: Mapped[str | None] = mapped_column(String(200))
    revoked_at: Mapped[instant | None]


class Credential(Base):
    """The hash of a password. Stands apart from the account: it never enters the ledger or a report."""

    __tablename__ = "credential"

    id: Mapped[pk]
    user: Mapped[str] = mapped_column(Code, ForeignKey("user_account.code"), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    set_by: Mapped[str] = mapped_column(Code)
    set_at: Mapped[instant]
    demonstration: Mapped[bool]


class LoginSession(Base):
    """One log-in of one person on one device; the browser holds a random token, this row its SHA-256.

    A session that `waits` was begun with the first factor alone: it opens nothing but the question for the second.
    One that is `locked_at` opens nothing but the question who is there; one `by_pin` was begun, or taken up again, with
    badge and PIN.
    """

    __tablename__ = "login_session"

    id: Mapped[pk]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user: Mapped[str] = mapped_column(Code, ForeignKey("user_account.code"), index=True)
    grant: Mapped[str | None] = mapped_column(Code, ForeignKey("access_grant.code"))
    station: Mapped[str | None] = mapped_column(Code, ForeignKey("station.code"))
    began_at: Mapped[instant]
    seen_at: Mapped[instant]
    ended_at: Mapped[instant | None]
    waits: Mapped[bool] = mapped_column(server_default=false())
    locked_at: Mapped[instant | None]
    by_pin: Mapped[bool] = mapped_column(server_default=false())


class ApiToken(Base):
    """A personal token for the API, bound to one grant; only its SHA-256 is kept."""

    __tablename__ = "api_token"

    id: Mapped[pk]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    user: Mapped[str] = mapped_column(Code, ForeignKey("user_account.code"), index=True)
    grant: Mapped[str] = mapped_column(Code, ForeignKey("access_grant.code"))
    station: Mapped[str | None] = mapped_column(Code, ForeignKey("station.code"))
    made_at: Mapped[instant]
    until_at: Mapped[instant | None]
    revoked_at: Mapped[instant | None]


class LoginDelay(Base):
    """How often a log-in failed in a row for one (account, address), and until when the next try waits."""

    __tablename__ = "login_delay"

    id: Mapped[pk]
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    failures: Mapped[int]
    until_at: Mapped[instant]


class SecondFactor(Base):
    """The secret of a person's authenticator, encrypted under a key that is not in the database.

    It counts once `confirmed_at` is set; `last_step` is the newest half minute whose code was used, so that no code
    works twice. Taken away, the row stays without a secret.
    """

    __tablename__ = "second_factor"

    id: Mapped[pk]
    user: Mapped[str] = mapped_column(Code, ForeignKey("user_account.code"), unique=True)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    confirmed_at: Mapped[instant | None]
    last_step: Mapped[int]


class RecoveryCode(Base):
    """A code for the day when the telephone is lost: kept as SHA-256, used once."""

    __tablename__ = "recovery_code"

    id: Mapped[pk]
    user: Mapped[str] = mapped_column(Code, ForeignKey("user_account.code"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    ended_at: Mapped[instant | None]


class SignOnIdentity(Base):
    """Which account of an identity provider is which person here; an account stands for one person at a time."""

    __tablename__ = "sign_on_identity"
    __table_args__ = (
        Index(
            "uq_sign_on_identity_account",
            "issuer",
            "subject",
            unique=True,
            sqlite_where=text("unlinked_at IS NULL"),
            postgresql_where=text("unlinked_at IS NULL"),
        ),
        Index(
            "uq_sign_on_identity_user",
            "issuer",
            "user",
            unique=True,
            sqlite_where=text("unlinked_at IS NULL"),
            postgresql_where=text("unlinked_at IS NULL"),
        ),
    )

    id: Mapped[pk]
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    user: Mapped[str] = mapped_column(Code, ForeignKey("user_account.code"))
    linked_at: Mapped[instant]
    unlinked_at: Mapped[instant | None]


class LoginRow(Subject, Base):
    """A failed log-in."""

    __tablename__ = "failed_login"

    outcome: Mapped[str] = mapped_column(String(32))
    name: Mapped[str | None] = mapped_column(String(256))
    user: Mapped[str | None] = mapped_column(Code)
    address: Mapped[str | None] = mapped_column(String(64))
    happened_at: Mapped[instant | None]
