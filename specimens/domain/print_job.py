"""Something to be printed: how it stands, and what may be done with it."""

from enum import StrEnum


class JobState(StrEnum):
    """How something in the queue of a printer stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"  # it may have been printed, or a part of it: somebody has to look
    CANCELLED = "cancelled"


#: Nothing more happens to these by themselves, and nobody has to do anything.
CLOSED = frozenset({JobState.SENT, JobState.CANCELLED})

#: Seconds until the next try, after the first, the second, … that surely printed nothing; then it has failed.
TRY_AGAIN_S = (5, 15, 60, 300, 900)
