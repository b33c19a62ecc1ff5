"""UUID version 7 (RFC 9562): sorts by time, and Python 3.11 has none."""

import secrets


def uuid7(milliseconds: int) -> str:
    """Return a UUID 7 for an instant in milliseconds since 1970, random beyond it."""
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    told = f"{value:032x}"
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"
