"""Runs commands one after another without importing the program for each: `python -m tests.cli.warm`.

Reads one line of JSON for each: words, folder and environment, and the files for its input and its two outputs; becomes
that process for it by forking, and answers with how it ended. What a command imports only when it runs, it still
imports itself. It runs no thread, and nothing of the program has run in it.
"""

import json
import os
import runpy
import signal
import sys
from importlib import import_module


def _become(asked: dict[str, object]) -> None:
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        file = os.open(str(asked[name]), os.O_RDONLY if number == 0 else os.O_WRONLY)
        os.dup2(file, number)
        os.close(file)
    signal.alarm(120)  # nobody waits longer for a command
    os.chdir(str(asked["folder"]))
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    sys.argv = ["specimens", *asked["words"]]  # type: ignore[misc]


def _answer() -> None:
    """Serve until there is no more to read; returns in each command's own process alone."""
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked)
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    os._exit(0)


if __name__ == "__main__":
    for each in ("app", "migrations.run", "services.keeper", "services.people"):
        import_module(f"specimens.{each}")
    _answer()
    runpy.run_module("specimens", run_name="__main__", alter_sys=True)
