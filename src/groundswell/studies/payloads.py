"""`tasks.parquet`: key and payload of each task, in order; written and read a window at a time, so that no study is too long to be held.

Payloads are looked at as they are given, and their texts wait in a file without a name until all are known to be good: whatever is wrong
with one of them, the study's folder has not been touched. The table is written whole or not at all, in row groups of a window, which is
what is read of it at once. Every text that is read is compared with its key.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from groundswell.core.errors import InputError, StoreError
from groundswell.core.store import file_digest, whole_file
from groundswell.studies.digests import BYTES, Digests, Numbers, words_from, words_of
from groundswell.studies.tasks import MOST, WINDOW, Keys, Tasks, Types, canonical, note_types, plain

if TYPE_CHECKING:
    import polars as pl

TASKS = "tasks.parquet"
IN_MEMORY = 1 << 20  # bytes of texts that wait in memory
Stamp = tuple[int, int, int]


class PayloadFile(Sequence[str]):
    """The payloads of a study's tasks as canonical texts, read as they are asked for; the window that was read last is held.

    Args:
        path: of the table.
        made: makes the keys.
        keys: of the tasks.
        stamp: of the file when it was known to be as it was written; None where there is none yet.
    """

    def __init__(self, path: Path, made: Keys, keys: Digests, stamp: Stamp | None) -> None:
        self.path, self._made, self._keys, self._stamp = path, made, keys, stamp
        self._first, self._window = -1, list[str]()

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        number = at + len(self) if at < 0 else at
        if not 0 <= number < len(self):
            raise IndexError(at)
        first = number - number % WINDOW
        if first != self._first:
            self._first, self._window = first, self.window(first)
        return self._window[number - first]

    def __iter__(self) -> Iterator[str]:
        for first in range(0, len(self), WINDOW):
            yield from self.window(first)

    def window(self, first: int) -> list[str]:
        """The texts from one task on, a window of them at most.

        Raises:
            StoreError: the file was altered, or replaced by one of more tasks.
        """
        import polars as pl

        try:
            if stamp_of(self.path) != self._stamp:
                raise StoreError(f"{self.path}: was written anew since the study was opened; open it again")
            table = pl.scan_parquet(self.path, glob=False).slice(first, min(WINDOW, len(self) - first))
            found: list[str] = table.select(pl.col("payload").cast(pl.String).fill_null("")).collect()["payload"].to_list()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise StoreError(f"{self.path}: cannot be read ({type(error).__name__})") from None
        _check(self.path, self._made, self._keys.words[first : first + WINDOW].tobytes(), found)
        return found


def _check(path: Path, made: Keys, keys: bytes, texts: Sequence[str]) -> None:
    """Whether texts have the keys that were written down for them.

    Raises:
        StoreError: one has not.
    """
    if made.packed(texts) == keys:
        return
    for at, text in zip(range(0, len(keys), BYTES), texts, strict=False):
        if made.of(text.encode()) != keys[at : at + BYTES]:
            raise StoreError(f"{path}: task {keys[at : at + BYTES].hex()} was altered since it was written")
    raise StoreError(f"{path}: tasks are missing")


def stamp_of(path: Path) -> Stamp:
    """By which a file that is as it was is known.

    Raises:
        OSError: it is not there.
    """
    about = path.stat()
    return about.st_ino, about.st_size, about.st_mtime_ns


# given


@dataclass(frozen=True)
class Piece:
    """Some of the payloads that were given, a window of them at most.

    Args:
        first: the place of the first among those given.
        keys, texts: of each: its key, 16 bytes, and its canonical text in UTF-8.
    """

    first: int
    keys: Sequence[bytes]
    texts: Sequence[bytes]


class Given:
    """Payloads that are to become tasks. A context: the file in which their texts wait goes with it.

    Args:
        made: makes the keys.
        folder: of the study.
    """

    def __init__(self, made: Keys, folder: Path) -> None:
        self.made, self.folder, self.types = made, folder, Types()
        self.count = 0  # of those that were looked at
        self.keys, self._places = bytearray(), array("I")  # of those that are new, and where they stood among those given
        above = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())  # whose disk is large enough or too small
        self._texts = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(above))  # noqa: SIM115 - closed by the context

    def __enter__(self) -> Given:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._texts.close()

    def __len__(self) -> int:
        """How many are new."""
        return len(self._places)

    def pieces(self, payloads: Iterable[Mapping[str, Any]]) -> Iterator[Piece]:
        """Look at payloads, piece by piece.

        Raises:
            InputError: one is not plain JSON, or there are too many.
        """
        rest = iter(payloads)
        while texts := [self._text(payload, self.count + k) for k, payload in enumerate(islice(rest, WINDOW))]:
            piece = Piece(self.count, [self.made.of(text) for text in texts], texts)
            self.count += len(texts)
            yield piece

    def _text(self, payload: Mapping[str, Any], place: int) -> bytes:
        key = f"tasks.{place}"
        if place == MOST:
            raise InputError(f"a study has at most {MOST:,} tasks", key="tasks")
        if not isinstance(payload, Mapping):
            raise InputError(f"is no payload, a mapping: {payload!r:.60}", key=key)
        value = plain(payload, key)
        note_types(value, self.types)
        try:
            return canonical(value).encode()
        except UnicodeEncodeError:
            raise InputError("holds half of a character (a lone surrogate), which no file can hold", key=key) from None

    def add(self, piece: Piece, places: Sequence[int]) -> None:
        """Take those that stand at some places of a piece for new tasks.

        Raises:
            InputError: the disk is full.
        """
        self.keys += b"".join([piece.keys[k] for k in places])
        self._places.extend([piece.first + k for k in places])
        try:
            self._texts.writelines([piece.texts[k] + b"\n" for k in places])  # line ends within a text are escaped: it is JSON
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror or error}", file=self.folder) from None

    def texts(self) -> Iterator[list[str]]:
        """The texts of the new ones, a window at a time."""
        self._texts.seek(0)
        while lines := list(islice(self._texts, WINDOW)):
            yield [line[:-1].decode() for line in lines]

    def after(self, held: Digests, *, once: bool) -> tuple[Digests, Numbers]:
        """The keys of all tasks once the new ones follow those that are held, and which of the new ones are left out.

        Args:
            held: keys of the tasks that there are.
            once: whether those that are given several times are taken once, and not refused.

        Raises:
            InputError: one is given twice, or there are too many.
        """
        if len(held) + len(self) > MOST:
            raise InputError(f"a study has at most {MOST:,} tasks", key="tasks")
        held.let_go()  # it has served, and the new one has all that it had
        keys = Digests(np.concatenate([held.words, words_of(self.keys)]) if len(held) else words_of(self.keys))
        again = keys.repeated
        if len(again) and not once:
            place = int(again[0]) - len(held)
            text = next(islice((text for window in self.texts() for text in window), place, None))
            raise InputError(f"is given twice: {text:.200}", key=f"tasks.{self._places[place]}")
        return (Digests(np.delete(keys.words, again, axis=0)) if len(again) else keys), again


def check_once(piece: Piece, numbers: Numbers, seen: Any) -> None:
    """Refuse a payload that is given twice, of those that are tasks already.

    Args:
        piece: what is given.
        numbers: of each, the number of the task; -1 where there is none.
        seen: whether each task was given before; shape (tasks,), changed.

    Raises:
        InputError: one is.
    """
    for place in np.flatnonzero(numbers >= 0).tolist():
        number = numbers[place]
        if seen[number]:
            raise InputError(f"is given twice: {piece.texts[place].decode():.200}", key=f"tasks.{piece.first + place}")
        seen[number] = True


# written and read


def write(folder: Path, held: Tasks, given: Given, keys: Digests, left_out: Numbers) -> tuple[Tasks, str]:
    """Write the tasks that there are and those that are new; all of them, and the hash of the file.

    Args:
        folder: of the study.
        held: the tasks that there are.
        given: the new ones; `keys` and `left_out` are what its `after` says.

    Raises:
        OSError: it cannot be written.
        StoreError: the tasks that there are were altered.
    """
    from groundswell.experiments.tables import write_blocks

    path = folder / TASKS
    with whole_file(path) as scratch:
        write_blocks(_frames(held, given, left_out), scratch, WINDOW)
        written = file_digest(scratch)
    types = given.types if not len(held) else None
    return Tasks(keys, PayloadFile(path, given.made, keys, stamp_of(path)), types), written


def _frames(held: Tasks, given: Given, left_out: Numbers) -> Iterator[pl.DataFrame]:
    """The table in windows, one at least."""
    import polars as pl

    schema = {"key": pl.String, "payload": pl.String}
    yield pl.DataFrame(schema=schema)
    for first in range(0, len(held), WINDOW):
        yield pl.DataFrame({"key": held.keys.texts(first, first + WINDOW), "payload": held.texts.window(first)}, schema=schema)
    new, first = Digests(words_of(given.keys)), 0
    for texts in given.texts():
        last = first + len(texts)
        frame = pl.DataFrame({"key": new.texts(first, last), "payload": texts}, schema=schema)
        yield frame.filter(~np.isin(np.arange(first, last) + len(held), left_out)) if len(left_out) else frame
        first = last


def read(folder: Path, made: Keys, written: str) -> Tasks:
    """The tasks that a study keeps, every key compared with its payload.

    Args:
        folder: of the study.
        made: makes the keys.
        written: the hash of the file, as far as it is known.

    Raises:
        StoreError: they were altered.
    """
    import polars as pl

    path, packed = folder / TASKS, bytearray()
    try:
        stamp = stamp_of(path)
        for frame in _windows(path) if file_digest(path) == written else _windows_apart(path):
            texts = frame["payload"].to_list()
            keys = words_from(frame["key"].to_list()).tobytes()
            _check(path, made, keys, texts)
            packed += keys
    except (OSError, TypeError, ValueError, InputError, pl.exceptions.PolarsError) as error:
        raise StoreError(f"{path}: cannot be read ({type(error).__name__})") from None
    held = Digests(words_of(packed))
    if len(held.repeated):
        raise StoreError(f"{path}: task {held[int(held.repeated[0])]} is in it twice")
    return Tasks(held, PayloadFile(path, made, held, stamp))


def _texts_of(table: Any) -> Any:
    """Keys and payloads of a table as texts; what is missing is an empty one."""
    import polars as pl

    return table.select(pl.col("key", "payload").cast(pl.String).fill_null(""))


def _windows(path: Path) -> Iterator[pl.DataFrame]:
    """A table that is as it was written."""
    import polars as pl

    first = 0
    while (frame := _texts_of(pl.scan_parquet(path, glob=False).slice(first, WINDOW)).collect()).height:
        yield frame
        first += frame.height


def _windows_apart(path: Path) -> Iterator[pl.DataFrame]:
    """A table that is not, or may not be, as it was written: damage can end the process that decodes it.

    Where a process was killed after it had written tasks and before it had written their hash, it is whole all the same.
    """
    from groundswell.core.parquet import open_parquet

    table = open_parquet(path)
    try:
        for page in table.pages():
            yield _texts_of(page.rename(dict(zip(page.columns, table.types, strict=True))))
    finally:
        table.close()
