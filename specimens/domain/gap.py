"""How long a specimen may be out of everybody's record before that is a gap in its custody.

What the protocol limits itself (frozen within two hours, 16 to 32 hours in formalin) is a clock, not a gap.
"""

from collections.abc import Mapping

from specimens.domain.terms import Status

#: Status → after how many minutes without an entry there is a gap [ASSUMED]. A status that is not here may last:
#: a specimen that is stored lies still, one in processing is in a fixative or in culture for days.
LIMIT_MINUTES: Mapping[Status, int] = {
    Status.COLLECTED: 240,
    Status.RELEASED: 60,
    Status.IN_TRANSIT: 240,
    Status.DELIVERED: 60,
    Status.RECEIVED: 1440,
    Status.RETRIEVED: 60,
}

_MINUTE_MS = 60_000


def gap_minutes(status: str, since: int, until: int) -> int | None:
    """Return how many minutes a specimen stayed in *status* without an entry, where that is beyond the limit.

    *since* and *until* are instants in milliseconds, UTC. Reached exactly, the limit is kept.
    """
    limit = LIMIT_MINUTES.get(Status(status))
    if limit is None or until - since <= limit * _MINUTE_MS:
        return None
    return (until - since) // _MINUTE_MS
