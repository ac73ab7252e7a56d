"""Reading files that a person wrote: guarded, bounded, and with the place of every key for errors.

Nothing here trusts its input. A path may be a folder, a device or a pipe that never answers; a file may be too large,
of another encoding, or nested so deeply that readers fail. Each of these is one `InputError`.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from groundswell.core.errors import InputError, nearest
from groundswell.core.toml_lines import KeyPath, dotted, line_numbers

LARGEST = 1 << 19  # bytes of a document; more would take more than a second to refuse
DEEPEST = 16  # levels of tables and arrays
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tabs and new lines
LONGEST_KEY = 32  # parts of a dotted key; the standard reader takes time quadratic in them
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*\.[ \t]*{_PART}){{{LONGEST_KEY},}}+")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

T = TypeVar("T")


@dataclass(frozen=True)
class Origin:
    """Where a key was given: a line of a file, or an option of the command line."""

    file: Path | None = None
    line: int | None = None
    option: str | None = None


@dataclass(frozen=True)
class Document:
    """Plain nested data, and where each part of it was given.

    Args:
        data: tables, arrays, numbers, strings, dates.
        origins: by path; parts without an entry stand where their parent stands.
    """

    data: dict[str, Any]
    origins: Mapping[KeyPath, Origin] = field(default_factory=dict)

    def origin(self, path: KeyPath) -> Origin:
        """Where a key, or the closest table around it, was given."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        return Origin()

    def error(self, problem: str, path: KeyPath, valid: Iterable[str] = (), *, of: str | None = None) -> InputError:
        """An error about a key.

        Args:
            problem: what is wrong.
            path: the key.
            valid: what could have stood there; the closest to `of` (or to the last part of the key) is offered.
        """
        at = self.origin(path)
        last = next((p for p in reversed(path) if isinstance(p, str)), "")
        return InputError(problem, file=at.file, line=at.line, key=at.option or dotted(path), nearest=nearest(of or last, valid))

    def under(self, key: str) -> Document:
        """The document that is one table of this one."""
        inner = {path[1:]: at for path, at in self.origins.items() if path[:1] == (key,)}
        return Document(dict(self.data.get(key, {})), inner)

    def over(self, other: Document, *, join: tuple[str, ...] = ()) -> Document:
        """This document laid over another: its values win, and the arrays named in `join` (by dotted key) follow the other's."""
        data: dict[str, Any] = {**other.data}
        origins = {**other.origins}
        for key, value in self.data.items():
            below = data.get(key)
            if isinstance(value, dict) and isinstance(below, dict):
                within = tuple(name.partition(".")[2] for name in join if name.startswith(f"{key}."))
                inner = self.under(key).over(other.under(key), join=within)
                data[key] = inner.data
                origins.update({(key, *path): at for path, at in inner.origins.items()})
                continue
            shift = len(below) if key in join and isinstance(below, list) and isinstance(value, list) else 0
            data[key] = [*below, *value] if shift and isinstance(below, list) else value
            if not shift:
                origins = {path: at for path, at in origins.items() if path[:1] != (key,)}
            for path, at in self.origins.items():
                if path[:1] == (key,):
                    moved = (key, path[1] + shift, *path[2:]) if len(path) > 1 and isinstance(path[1], int) else path
                    origins[moved] = at
        return Document(data, origins)

    def put(self, path: tuple[str, ...], value: Any, option: str) -> Document:
        """The document with one value given on the command line."""
        tree: dict[str, Any] = {path[-1]: value}
        for part in reversed(path[:-1]):
            tree = {part: tree}
        return Document(tree, {path: Origin(option=option)}).over(self)


def regular_file(path: Path, what: str) -> Path:
    """The path itself, if it leads to a readable ordinary file.

    Raises:
        InputError: missing, a folder, a device, a pipe, or not permitted.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise InputError(f"there is no such {what}", file=printable(path)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"this {what} cannot be read: {reason}", file=printable(path)) from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
        raise InputError(f"this is {kind}, not a {what}", file=path)
    return path


def read_text(path: Path, what: str, largest: int = LARGEST) -> str:
    """The text of an ordinary UTF-8 file of bounded size. Never waits on a pipe or a device.

    Raises:
        InputError: not an ordinary file, too large, not UTF-8, or with NUL bytes.
    """
    regular_file(path, what)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # it may have become a pipe since
        with os.fdopen(handle, "rb") as file:
            raw = file.read(largest + 1)
    except OSError as error:
        raise InputError(f"this {what} cannot be read: {error.strerror}", file=path) from None
    if raw is None:  # a pipe, or a file of the system, that would have to be waited for
        raise InputError(f"this {what} cannot be read: nothing is in it yet", file=path)
    if len(raw) > largest:
        raise InputError(f"this {what} is larger than {largest >> 10} KiB", file=path)
    at = raw.find(0)
    if at >= 0:
        raise InputError("NUL byte: this is not UTF-8 text", file=path, line=raw.count(b"\n", 0, at) + 1)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("this is not UTF-8 text", file=path, line=raw.count(b"\n", 0, error.start) + 1) from None


def read_document(path: Path, what: str) -> Document:
    """A TOML file with the line of every key.

    Raises:
        InputError: unreadable, not TOML, a key given twice, nested too deeply, or a number beyond 64 bits.
    """
    text = read_text(path, what)
    long = _LONG_KEY.search(text)
    if long:
        raise InputError(f"a dotted key has more than {LONGEST_KEY} parts", file=path, line=text.count("\n", 0, long.start()) + 1)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise InputError(f"nested deeper than {DEEPEST} levels", file=path, line=_deepest_line(text)) from None
    except ValueError as error:
        raise _syntax_error(error, text, path) from None
    deep = _too_deep(data)
    if deep is not None:
        raise InputError(f"nested deeper than {DEEPEST} levels", file=path, key=deep, line=_deepest_line(text))
    origins = {key: Origin(path, line) for key, line in line_numbers(text).items()}
    document = Document(data, {(): Origin(path), **origins})
    check_scalars(document)
    return document


def _syntax_error(error: ValueError, text: str, path: Path) -> InputError:
    """The standard reader's complaint in our form."""
    message = str(error)
    found = _AT_LINE.search(message)
    line: int | None = None
    if found:
        line = int(found[1]) if found[1] else text.rstrip("\n").count("\n") + 1
        message = message[: found.start()]
    elif "integer string conversion" in message:  # Python's own limit on digits, which has no place
        message = "a whole number beyond 64 bits"
        digits = re.search(r"\d{4000,}", text.replace("_", ""))
        line = text.replace("_", "").count("\n", 0, digits.start()) + 1 if digits else None
    if message.startswith(("Cannot overwrite", "Cannot declare", "Cannot redefine", "Duplicate")):
        key = text.split("\n")[line - 1].split("=", maxsplit=1)[0].strip(" \t\r[]") if line else None
        return InputError("given twice", file=path, line=line, key=key[:80] if key else None)
    return InputError(f"not valid TOML: {message[:1].lower()}{message[1:]}"[:200], file=path, line=line)


def _too_deep(data: Any) -> str | None:
    """The name of the first key whose content is too deep; walks without recursion."""
    level: list[tuple[str, Any]] = [("", data)]
    for _ in range(DEEPEST + 1):
        below: list[tuple[str, Any]] = []
        for top, value in level:
            if isinstance(value, dict):
                below += [(top or key, v) for key, v in value.items()]
            elif isinstance(value, list):
                below += [(top, v) for v in value]
        level = below
    return level[0][0] if level else None


def _deepest_line(text: str) -> int:
    """The line with the most opening brackets: where a text that is nested too deeply is."""
    lines = text.split("\n")
    return max(range(len(lines)), key=lambda i: lines[i].count("[") + lines[i].count("{") + lines[i].count(".")) + 1


def check_scalars(document: Document) -> None:
    """No number beyond 64 bits, nothing infinite, no control characters in strings or keys."""
    todo: list[tuple[KeyPath, Any]] = [((), document.data)]
    while todo:
        path, value = todo.pop()
        problem = _scalar_problem(value)
        if problem:
            raise document.error(problem, path)
        if isinstance(value, dict):
            for key in value:
                if _control(key):
                    raise document.error("control characters in a key", (*path, key))
            todo += [((*path, key), v) for key, v in value.items()]
        elif isinstance(value, list):
            todo += [((*path, i), v) for i, v in enumerate(value)]


def _control(text: str) -> bool:
    return bool(_CONTROL.search(text))


def _scalar_problem(value: Any) -> str | None:
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        return "a whole number beyond 64 bits"
    if isinstance(value, float) and not math.isfinite(value):
        return f"needs a finite number, not {value}"
    if isinstance(value, str) and _control(value):
        return "control characters in a text"
    return None


def printable(path: Path) -> str:
    """The end of a path, fit for one line of an error."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", str(path))[-300:]


def validated(kind: type[T], document: Document) -> T:
    """A document as a pydantic model; its first complaint, in the order of the file, becomes the one error.

    Args:
        kind: a pydantic model class.

    Raises:
        InputError: with file, line, dotted key and the nearest valid key.
    """
    from pydantic import ValidationError

    try:
        return kind.model_validate(document.data)  # type: ignore[attr-defined,no-any-return]
    except ValidationError as error:
        problems = error.errors(include_url=False)
    first = min(problems, key=lambda p: (p["type"] == "missing", document.origin(_loc(p)).line or 0))
    path = _loc(first)
    if first["type"] == "extra_forbidden":
        raise document.error("no such key", path, _valid_keys(kind, path))
    if first["type"] == "missing":
        raise document.error("is missing", path)
    raise document.error(_worded(first), path)


def _loc(problem: Mapping[str, Any]) -> KeyPath:
    """Where pydantic saw it, without the marks it adds for unions and keys of mappings."""
    return tuple(p for p in problem["loc"] if isinstance(p, int) or (p != "[key]" and not p.startswith(("function-", "constrained-"))))


def _worded(problem: Mapping[str, Any]) -> str:
    """Pydantic's message in a person's words, with what was given."""
    message = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    message = message[:1].lower() + message[1:]
    given = problem.get("input")
    if problem["type"] == "date_type" and isinstance(given, str):
        return f"a date stands without quotes, such as 2022-09-16, not {given[:60]!r}"
    if isinstance(given, (str, int, float)) and problem["type"] != "value_error":
        message += f", not {str(given)[:60]!r}" if isinstance(given, str) else f", not {given}"
    return message.removesuffix(".")


def _valid_keys(kind: Any, path: KeyPath) -> list[str]:
    """The keys that a table of a pydantic model admits, found by walking the annotations."""
    from typing import get_args

    for part in path[:-1]:
        if isinstance(part, int):
            continue
        with contextlib.suppress(KeyError, AttributeError):
            kind = kind.model_fields[part].annotation
        while not hasattr(kind, "model_fields") and get_args(kind):
            kind = get_args(kind)[0]
    return [f.alias or name for name, f in getattr(kind, "model_fields", {}).items()]
