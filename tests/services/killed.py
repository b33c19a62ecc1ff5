"""A process that kills itself with SIGKILL, once at every write: run by `test_kill.py`, never imported.

    killed.py <database url> <home> <file of what was acknowledged>

Each attempt is a child of its own. It appends, gives entries their places and signs a checkpoint; the n-th attempt dies
before its n-th write or commit. Prints how many attempts died.
"""

import os
import signal
import sys
from pathlib import Path

from sqlalchemy import event, text

from specimens.app import stored
from specimens.domain.access import system_actor
from specimens.ledger import durable
from specimens.ledger.tree import TILE
from specimens.models import driver
from specimens.models.base import db
from specimens.services import checkpoint, tree
from specimens.services.operate import operate
from specimens.services.record import writing
from tests.engines import Database, settings_for

URL, HOME, SAID = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
MOST = 200
tree.LEASE_MS = 200  # the next attempt need not wait long for the lease of one that died
_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH ENTRY AS (INSERT")


class Countdown:
    """Dies when so many writes are about to happen."""

    def __init__(self, number: int) -> None:
        self.left = number

    def count(self) -> None:
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)


def station() -> str:
    facts = {"site": "AMS", "name": f"S{os.urandom(4).hex()}", "kind": "clinic"}
    return operate(system_actor(), lambda op: str(op.create("station", "station_added", facts=facts).code))


def fill() -> None:
    """Bring the tree to one leaf before its next tile is complete, so that the next act completes it."""
    tree.catch_up()
    with tree.snapshot() as connection:
        missing = (TILE - 1 - tree.size_of(connection)) % TILE
    with writing(system_actor()) as op:
        for number in range(missing):
            facts = {"site": "AMS", "name": f"F{number}", "kind": "clinic"}
            op.create("station", "station_added", facts=facts)
    tree.catch_up()


def act(number: int) -> None:
    """Append, acknowledge, sequence, sign; die at the n-th write, on the disk or in the database."""
    countdown = Countdown(number)

    def before(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.lstrip().upper().startswith(_WRITES):
            countdown.count()

    honest_run = driver.run

    def straight(raw: object, sql: str, values: object) -> object:
        before(raw, None, sql)
        return honest_run(raw, sql, values)

    event.listen(db.engine, "before_cursor_execute", before)
    driver.run = straight
    event.listen(db.engine, "commit", lambda connection: countdown.count())
    for name in ("replace", "append"):
        honest = getattr(durable, name)

        def counted(*given: object, honest: object = honest) -> None:
            countdown.count()
            honest(*given)  # type: ignore[operator]
            countdown.count()

        setattr(durable, name, counted)
    for _ in range(2):
        made = station()
        with SAID.open("a") as file:  # acknowledged: what follows may die, this must not be lost
            file.write(f"{made}\n")
    checkpoint.make()


def attempt(number: int) -> bool:
    """Run one attempt in a child; say whether it died."""
    child = os.fork()
    if child == 0:
        app = stored(settings_for(Database(URL, None), HOME))
        with app.app_context():
            fill()
            act(number)
            db.session.execute(text("SELECT 1"))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"attempt {number} failed")
    return False


died = 0
for number in range(1, MOST):
    if not attempt(number):
        break
    died += 1
print(died)
