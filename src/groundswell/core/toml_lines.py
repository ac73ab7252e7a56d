"""On which line each key of a TOML text stands, so that an error can point at it.

The standard reader gives values without places. This scanner walks a text that the standard reader has accepted, so it
need not check anything, and notes a line for every key, table, element of an array and element of an array of tables.
"""

from __future__ import annotations

import re
from bisect import bisect_right

KeyPath = tuple[str | int, ...]

# Plain quantifiers: the possessive ones of Python 3.11.2 stop too early. The text is well-formed, so nothing is tried twice.
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_STRINGS = (
    re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""("{0,2})', re.DOTALL),
    re.compile(r"'''(?:[^']|'(?!''))*'''('{0,2})"),
    re.compile(r'"(?:[^"\\]|\\.)*"'),
    re.compile(r"'[^']*'"),
)


def dotted(path: KeyPath) -> str:
    """A path as a person writes it: `policies[0].value`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if re.fullmatch(r"[A-Za-z0-9_.-]+", part) else repr(part)
            text += f".{name}" if text else name
    return text


def line_numbers(text: str) -> dict[KeyPath, int]:
    """The line of every key and element, counted from 1.

    Args:
        text: valid TOML of moderate depth (the caller has checked both).
    """
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    return scanner.lines


class _Scanner:
    """A position in a text, and what was found before it."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.newlines = [i for i, c in enumerate(text) if c == "\n"]
        self.lines: dict[KeyPath, int] = {}
        self.lengths: dict[KeyPath, int] = {}  # of arrays of tables

    def document(self) -> None:
        """Every header and every key of the file."""
        table: KeyPath = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text.startswith("[[", self.at):
                table = self.header(2)
            elif self.text[self.at] == "[":
                table = self.header(1)
            else:
                self.pair(table)
            self.skip(_BLANK)

    def skip(self, pattern: re.Pattern[str]) -> None:
        """Move past what a pattern that may be empty matches."""
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def note(self, path: KeyPath) -> None:
        """A path stands here, unless it stood earlier."""
        self.lines.setdefault(path, bisect_right(self.newlines, self.at - 1) + 1)

    def header(self, brackets: int) -> KeyPath:
        """`[a.b]` or `[[a.b]]`: the path of the table that follows."""
        start = self.at
        self.at += brackets
        parts = self.key()
        end, self.at = self.at + brackets, start
        path: KeyPath = ()
        for i, part in enumerate(parts):
            path = (*path, part)
            self.note(path)
            last = i == len(parts) - 1
            if brackets == 2 and last:
                self.lengths[path] = self.lengths.get(path, 0) + 1
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
                self.note(path)
        self.at = end
        return path

    def key(self) -> list[str]:
        """A bare, quoted or dotted key with the space around it."""
        parts = []
        while True:
            self.skip(_SPACE)
            if self.text[self.at] in "\"'":
                start = self.at
                self.string()
                parts.append(_unquoted(self.text[start : self.at]))
            else:
                found = _BARE_KEY.match(self.text, self.at)
                parts.append(found.group() if found else "")
                self.skip(_BARE_KEY)
            self.skip(_SPACE)
            if self.text[self.at : self.at + 1] != ".":
                return parts
            self.at += 1

    def pair(self, table: KeyPath) -> None:
        """`key = value` inside a table."""
        start = self.at
        parts = self.key()
        end, self.at = self.at + 1, start
        for i in range(len(parts)):
            self.note((*table, *parts[: i + 1]))
        self.at = end
        self.skip(_SPACE)
        self.value((*table, *parts))

    def value(self, path: KeyPath) -> None:
        """Any value; arrays and inline tables note their elements."""
        opening = self.text[self.at]
        if opening in "\"'":
            self.string()
        elif opening == "[":
            self.array(path)
        elif opening == "{":
            self.inline_table(path)
        else:
            self.skip(_SCALAR)

    def string(self) -> None:
        """Any of the four kinds of string."""
        for pattern in _STRINGS:
            found = pattern.match(self.text, self.at)
            if found:
                self.at = found.end()
                return
        self.at = len(self.text)

    def array(self, path: KeyPath) -> None:
        """`[1, 2]`, over several lines where it likes."""
        self.at += 1
        self.skip(_BLANK)
        index = 0
        while self.text[self.at] != "]":
            self.note((*path, index))
            self.value((*path, index))
            index += 1
            self.separator()
        self.at += 1

    def inline_table(self, path: KeyPath) -> None:
        """`{ a = 1, b = 2 }`."""
        self.at += 1
        self.skip(_BLANK)
        while self.text[self.at] != "}":
            self.pair(path)
            self.separator()
        self.at += 1

    def separator(self) -> None:
        """A comma, if there is one, and the space around it."""
        self.skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_BLANK)


def _unquoted(text: str) -> str:
    """The content of a quoted key."""
    import tomllib

    return next(iter(tomllib.loads(f"{text} = 0")))
