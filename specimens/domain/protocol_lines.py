"""Where in a TOML text a key stands, so that an error can name its line.

`tomllib` reads values but forgets their places. This reader does the opposite: it is given a text that `tomllib`
has accepted, skips every value, and keeps the line of each key, table and array element.
"""

import re
from bisect import bisect_left

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[A-Za-z0-9_-]+')
_STRING = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL)
_SCALAR = re.compile(r"[^,\]}\n#]+")


def lines_of(text: str) -> dict[Path, int]:
    """Return the line (from 1) of every path in a valid TOML *text*: keys as strings, elements by their index."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.ends = [match.start() for match in re.finditer("\n", text)]
        self.lines: dict[Path, int] = {}
        self.tables: dict[Path, int] = {}

    def read(self) -> dict[Path, int]:
        table: Path = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_BLANK)
        return self.lines

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match.group()

    def keep(self, path: Path) -> None:
        line = bisect_left(self.ends, self.at) + 1
        for depth in range(1, len(path) + 1):
            self.lines.setdefault(path[:depth], line)

    def dotted(self) -> list[str]:
        names = []
        while True:
            self.skip(_BLANK)
            names.append(self.skip(_KEY).strip("\"'"))
            self.skip(_BLANK)
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def header(self) -> Path:
        many = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if many else 1
        path: Path = ()
        names = self.dotted()
        for depth, name in enumerate(names, start=1):
            path += (name,)
            if many and depth == len(names):
                self.tables[path] = self.tables.get(path, -1) + 1
            if path in self.tables:  # an element of an array of tables: its newest
                path += (self.tables[path],)
        after, self.at = self.at + (2 if many else 1), start
        self.keep(path)
        self.at = after
        return path

    def pair(self, table: Path) -> None:
        start = self.at
        path = (*table, *self.dotted())
        after, self.at = self.at + 1, start
        self.keep(path)
        self.at = after
        self.value(path)

    def value(self, path: Path) -> None:
        self.skip(_BLANK)
        match self.text[self.at]:
            case "[":
                self.array(path)
            case "{":
                self.at += 1
                self.skip(_BLANK)
                while self.text[self.at] != "}":
                    self.pair(path)
                    self.comma()
                self.at += 1
            case '"' | "'":
                self.skip(_STRING)
            case _:
                self.skip(_SCALAR)

    def array(self, path: Path) -> None:
        self.at += 1
        self.skip(_BLANK)
        index = 0
        while self.text[self.at] != "]":
            self.keep((*path, index))
            self.value((*path, index))
            self.comma()
            index += 1
        self.at += 1

    def comma(self) -> None:
        self.skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_BLANK)
