"""A scan that waited on a device until the line was back: when it happened, and what bounds that."""

from dataclasses import dataclass

#: Facts of every entry that waited: what the device's clock said (ms since 1970), and its own number of the scan.
DEVICE_CLOCK = "device_clock_ms"
DEVICE_SEQUENCE = "device_sequence"

#: So long a scan may wait on a device; after that somebody enters it as a typed time, with a reason.
LONGEST_WAIT_MS = 7 * 24 * 60 * 60 * 1000

#: Two clocks never agree to the second: so far ahead of the server's a device may be.
_AHEAD_MS = 2 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Waited:
    """What a device says about a scan that it kept.

    `at` is the instant (ms UTC) of the scan by the server's clock: the present less how long the scan waited, so that
    a device whose clock is wrong makes no wrong time. `device_ms` is what its clock said; `sequence` its own number.
    """

    at: int
    device_ms: int
    sequence: int

    def plausible(self, now: int) -> bool:
        """Say whether the instant can stand in the ledger: not to come, and not longer ago than a scan may wait."""
        return now - LONGEST_WAIT_MS <= self.at <= now + _AHEAD_MS

    def facts(self) -> dict[str, int]:
        """Return what every entry says that waited."""
        return {DEVICE_CLOCK: self.device_ms, DEVICE_SEQUENCE: self.sequence}


def waited(now: int, scanned: int, sent: int, sequence: int) -> Waited:
    """Return what a device says, by its own clock, about when it took and when it sent a scan (ms)."""
    return Waited(now - (sent - scanned), scanned, sequence)
