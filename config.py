"""The settings, read once from the environment. Weak values are refused with a message that says what to set."""

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SHORTEST_SECRET = 32
_ENVIRONMENTS = ("development", "production", "test")


class BadSetting(Exception):
    """A setting that cannot be used; the message names the variable and what to do."""


@dataclass(frozen=True, slots=True)
class SignOn:
    """An identity provider (OpenID Connect) that may say who somebody is; what they may do is still granted here."""

    name: str
    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class Printing:
    """Where labels may be sent: networks and ports of printers, commands (name → argv), folders (name → path).

    Read from a file that no page can change. Without one: the private networks, port 9100, no command, no folder.
    """

    networks: tuple[str, ...] = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
    ports: tuple[int, ...] = (9100,)
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the program runs with.

    `home` holds the SQLite file, the secret and exports; `database_url` is the application's, `migration_url` the
    owner's on PostgreSQL (used by `specimens migrate` alone). `origin` names this installation's ledger. A station at
    which nobody did anything for `lock_minutes` asks who is there. A checkpoint
    is made every `checkpoint_minutes` or `checkpoint_entries`, whichever comes first, and all is verified every
    `verify_hours`; `signing_command` stands before an HSM or a KMS. `layouts` holds layouts and stocks of labels of
    the site's own.
    """

    env: str
    home: Path
    database_url: str
    migration_url: str | None
    secret_key: str
    origin: str
    host: str = "127.0.0.1"
    port: int = 5000
    idle_minutes: int = 30
    lock_minutes: int = 10
    absolute_hours: int = 12
    sign_on: SignOn | None = None
    signing_command: str | None = None
    checkpoint_minutes: int = 60
    checkpoint_entries: int = 1000
    verify_hours: int = 24
    layouts: Path | None = None
    printing: Printing = field(default_factory=Printing)

    @property
    def production(self) -> bool:
        """Say whether this is a real installation, where demonstration log-ins are refused."""
        return self.env == "production"

    @property
    def sqlite(self) -> bool:
        """Say whether the store is SQLite."""
        return self.database_url.startswith("sqlite")


def _whole(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise BadSetting(
            f"{name}={text!r} is not a whole number from {least} to {most}. Set {name}={default}, for example."
        )
    return int(text)


def _secret(environ: Mapping[str, str], env: str, home: Path) -> str:
    given = environ.get("SPECIMENS_SECRET_KEY", "")
    if given:
        if len(given) < SHORTEST_SECRET or len(set(given)) < 10:
            raise BadSetting(
                f"SPECIMENS_SECRET_KEY is too weak: at least {SHORTEST_SECRET} random characters. "
                'Make one: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        return given
    if env == "production":
        raise BadSetting(
            "SPECIMENS_ENV=production needs SPECIMENS_SECRET_KEY. "
            'Make one: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    path = home / "secret.key"
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48), encoding="ascii")
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise BadSetting(_cannot_write(home, error)) from error


def _sign_on(environ: Mapping[str, str], env: str) -> SignOn | None:
    issuer = environ.get("SPECIMENS_OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return None
    parts = urlsplit(issuer)
    here = parts.hostname in ("127.0.0.1", "::1", "localhost") and env != "production"
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise BadSetting(
            f"SPECIMENS_OIDC_ISSUER={issuer!r} is not an https address. "
            "Set the issuer exactly as the identity provider names it, such as https://login.hospital.example."
        )
    said = {name: environ.get(f"SPECIMENS_OIDC_{name}", "") for name in ("CLIENT_ID", "CLIENT_SECRET")}
    for name, value in said.items():
        if not value:
            raise BadSetting(
                f"SPECIMENS_OIDC_ISSUER needs SPECIMENS_OIDC_{name}. "
                "Register this program at the identity provider and set what it gives you."
            )
    name = environ.get("SPECIMENS_OIDC_NAME", "").strip() or str(parts.hostname)
    if len(name) > 60 or not name.isprintable():
        raise BadSetting("SPECIMENS_OIDC_NAME is shown on a button. Set at most 60 printable characters.")
    return SignOn(name, issuer, said["CLIENT_ID"], said["CLIENT_SECRET"])


def _layouts(environ: Mapping[str, str], home: Path) -> Path | None:
    """Return the folder of a site's own layouts, None where there is none; what is in it is not read here.

    Raises:
        BadSetting: when a folder was named that is not there.
    """
    named = environ.get("SPECIMENS_LAYOUTS")
    path = Path(named).absolute() if named else home / "layouts"
    if path.is_dir():
        return path
    if named:
        raise BadSetting(
            f"SPECIMENS_LAYOUTS={named!r} is not a folder. Name the folder that holds the layouts and stocks.toml "
            "of your own, or leave it unset."
        )
    return None


def _printing(environ: Mapping[str, str], home: Path) -> Printing:
    """Read where labels may be sent; the file is optional unless it was named."""
    named = environ.get("SPECIMENS_PRINTING")
    path = Path(named) if named else home / "printing.toml"
    if not named and not path.exists():
        return Printing()
    try:
        return _printing_of(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BadSetting(
            f"{path} cannot be used ({error}). It holds networks and ports (lists), and the tables [commands] "
            "(name = [program, arguments]) and [folders] (name = path)."
        ) from error


def _printing_of(said: Mapping[str, Any]) -> Printing:
    usual = Printing()
    if unknown := set(said) - {"networks", "ports", "commands", "folders"}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    networks = tuple(str(ip_network(each)) for each in said.get("networks", usual.networks))
    ports = tuple(said.get("ports", usual.ports))
    if not all(type(port) is int and 0 < port < 65536 for port in ports):
        raise ValueError("a port is a number from 1 to 65535")
    commands = {name: tuple(argv) for name, argv in said.get("commands", {}).items()}
    for name, argv in commands.items():
        if (
            not argv
            or not all(isinstance(each, str) and each for each in argv)
            or isinstance(said["commands"][name], str)
        ):
            raise ValueError(f"the command {name} is a list of the program and its arguments")
    folders = dict(said.get("folders", {}))
    for name, folder in folders.items():
        if not (isinstance(folder, str) and Path(folder).is_absolute()):
            raise ValueError(f"the folder {name} is an absolute path")
    return Printing(networks, ports, commands, folders)


def _cannot_write(home: Path, error: OSError) -> str:
    return (
        f"The data folder {home} cannot be written ({error.strerror}). "
        "Give this user the right to write there, or set SPECIMENS_HOME to another folder."
    )


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        BadSetting: a value is missing, weak or cannot be used; the message says what to set.
    """
    environ = os.environ if environ is None else environ
    env = environ.get("SPECIMENS_ENV", "development")
    if env not in _ENVIRONMENTS:
        raise BadSetting(f"SPECIMENS_ENV={env!r} is unknown. Set one of: {', '.join(_ENVIRONMENTS)}.")
    home = Path(environ.get("SPECIMENS_HOME", "instance")).absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadSetting(_cannot_write(home, error)) from error
    url = environ.get("DATABASE_URL") or f"sqlite:///{home / 'specimens.db'}"
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadSetting("DATABASE_URL has to begin with sqlite:/// or postgresql://.")
    migration_url = environ.get("MIGRATION_URL") or None
    if migration_url and migration_url.startswith(("postgres://", "postgresql://")):
        migration_url = "postgresql+psycopg://" + migration_url.split("://", 1)[1]
    origin = environ.get("SPECIMENS_ORIGIN", "" if env == "production" else "demonstration.invalid/specimens")
    if not origin or len(origin) > 200 or not origin.isprintable() or " " in origin or "+" in origin:
        raise BadSetting(
            "SPECIMENS_ORIGIN names this installation's ledger for ever, such as specimens.hospital.example/log. "
            "Set it (no spaces, no plus sign, at most 200 characters)."
        )
    return Settings(
        env=env,
        home=home,
        database_url=url,
        migration_url=migration_url,
        secret_key=_secret(environ, env, home),
        origin=origin,
        host=environ.get("SPECIMENS_HOST", "127.0.0.1"),
        port=_whole(environ, "PORT", 5000, 1, 65535),
        idle_minutes=_whole(environ, "SPECIMENS_IDLE_MINUTES", 30, 1, 720),
        lock_minutes=_whole(environ, "SPECIMENS_LOCK_MINUTES", 10, 1, 720),
        signing_command=environ.get("SPECIMENS_SIGNING_COMMAND") or None,
        checkpoint_minutes=_whole(environ, "SPECIMENS_CHECKPOINT_MINUTES", 60, 1, 10_080),
        checkpoint_entries=_whole(environ, "SPECIMENS_CHECKPOINT_ENTRIES", 1000, 1, 1_000_000),
        verify_hours=_whole(environ, "SPECIMENS_VERIFY_HOURS", 24, 1, 8760),
        absolute_hours=_whole(environ, "SPECIMENS_SESSION_HOURS", 12, 1, 24),
        sign_on=_sign_on(environ, env),
        layouts=_layouts(environ, home),
        printing=_printing(environ, home),
    )
