"""Compiled routes: an application of a test finds here what another in this process has compiled already.

Each application has some 240 addresses, and Werkzeug compiles two functions for each of them: three quarters of the
time that making an application takes, in a thousand tests. A function knows its rule by its first argument alone.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

_Builder = Callable[..., tuple[str, str]]
_BUILDERS: dict[tuple[Any, ...], _Builder] = {}


class KeptRule(Rule):
    """A rule of a route that is compiled once in a process; one with defaults, which stand in its code, each time."""

    def _compile_builder(self, append_unknown: bool = True) -> _Builder:
        if self.defaults:
            return super()._compile_builder(append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in _BUILDERS:
            _BUILDERS[key] = super()._compile_builder(append_unknown)
        return _BUILDERS[key]
