"""Where the program may send something to be printed: what whoever installs allows, and nothing a form could widen.

Host and port are typed by an administrator and resolved once, when they are typed: what the name means later does not
matter. A command and a folder are chosen by their name; what they are stands in a file that no page can change
(`docs/decisions/0021`).
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from specimens.domain.errors import BadInput
from specimens.domain.printer import PrinterKind

_LONGEST_HOST = 180


@dataclass(frozen=True, slots=True)
class Targets:
    """Networks (`10.0.0.0/8`) and ports of printers; the commands (name → program and arguments) and folders."""

    networks: tuple[str, ...]
    ports: frozenset[int]
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names that can be chosen for a kind of printer."""
        chosen = {PrinterKind.COMMAND: self.commands, PrinterKind.FOLDER: self.folders}
        return tuple(sorted(chosen.get(PrinterKind(kind), {})))

    def allows(self, resolved: str) -> bool:
        """Say whether something may be sent to a numeric address, `10.0.0.5:9100`."""
        host, _, port = resolved.rpartition(":")
        address = ip_address(host.strip("[]"))
        return int(port) in self.ports and any(
            address in network for network in map(ip_network, self.networks)
        )


def targets_of(printing: Any) -> Targets:
    """Return the targets that the settings allow (`config.Printing`)."""
    return Targets(
        tuple(printing.networks), frozenset(printing.ports), dict(printing.commands), dict(printing.folders)
    )


def _wrong(code: str, **facts: object) -> BadInput:
    return BadInput("form_incomplete", {"address": code}, **facts)


def _split(typed: str) -> tuple[str, int]:
    """Return host and port; without a port it is 9100."""
    text = typed.strip()
    if text.startswith("["):  # [fd00::5]:9100
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or "9100"
    elif text.count(":") > 1:
        host, port = text, "9100"
    else:
        host, _, port = text.partition(":")
        port = port or "9100"
    usable = 0 < len(host) <= _LONGEST_HOST and host.isascii() and host.replace("-", "a").replace(".", "a")
    if not usable or not (usable.isalnum() or ":" in host):
        raise _wrong("printer_address_unreadable")
    if not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536):
        raise _wrong("printer_address_unreadable")
    return host, int(port)


def resolved(typed: str, targets: Targets) -> str:
    """Return the numeric address of a printer on the network, such as `10.0.0.5:9100`.

    Raises:
        BadInput: field `address`: `printer_address_unreadable`, `printer_address_unknown`, `printer_address_outside`.
    """
    host, port = _split(typed)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _wrong("printer_address_unknown", host=host) from error
    numeric = [
        f"[{each[4][0]}]:{port}" if ":" in str(each[4][0]) else f"{each[4][0]}:{port}" for each in found
    ]
    for each in numeric:  # a name with one address inside and one outside is a trick, not a printer
        if "%" in each or not targets.allows(each):
            raise _wrong("printer_address_outside", address=each)
    return numeric[0]
