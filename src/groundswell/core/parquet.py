"""Parquet files that anybody may have written, decoded in a process of its own.

A damaged page makes the decoder ask for more memory than there is, and the allocator then ends the process: no handler in Python sees
it. So a process of its own decodes, with a limit on memory and on processor time where the system has them, and hands over rows as text.
Where it dies, one file cannot be read and nothing else is lost; what it printed is thrown away. Starting it takes about 0.2 s.

The two processes talk by pipe. A request is a line of JSON; an answer is a letter, a length (8 bytes, little-endian) and so many bytes:
`H` about the file and `E` a problem, both JSON, `T` rows as an Arrow stream.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from groundswell.core import children
from groundswell.core.errors import GroundswellError, InputError

if TYPE_CHECKING:
    import polars as pl

STEP = 100_000  # rows handed over at once
LONGEST = 64 << 20  # bytes of text handed over at once, and so of one row
MEMORY = 4 << 30  # bytes that decoding may take besides the file; polars reserves 1 GiB when it starts
SECONDS = 120  # of processor time that one request may take
PATIENCE = 600.0  # seconds without an answer, after which it is taken for stuck
THREADS = 4
PROGRAM = "import sys; from groundswell.core.parquet import main; sys.exit(main())"
DIED = f"this Parquet file is damaged, or needs more than {MEMORY >> 30} GiB of memory: the process that decoded it ended"


@dataclass
class ParquetFile:
    """An opened Parquet file.

    Attributes:
        path: where it is.
        types: of each column, by name, as polars writes them.
        odd: columns that have no plain text: nested ones, bytes, durations.
        rows: how many there are, as the file says.
    """

    path: Path
    types: dict[str, str]
    odd: list[str]
    rows: int
    _decoder: _Decoder = field(repr=False)
    _closed: bool = field(default=False, repr=False)

    def pages(self) -> Iterator[pl.DataFrame]:
        """Its rows as text, `STEP` at a time or fewer where they are long; columns `c0`, `c1`, ... in their order.

        Raises:
            InputError: damaged.
        """
        import polars as pl

        done = 0
        try:
            while done < self.rows:
                answer = self._decoder.ask(self.path, do="rows", start=done)
                frame = pl.read_ipc_stream(io.BytesIO(answer))
                if not frame.height or frame.width != len(self.types):
                    raise InputError("this Parquet file is damaged, or changed while it was read", file=self.path)
                done += frame.height
                yield frame
        finally:
            self.close()

    def close(self) -> None:
        """End the process that decodes; `pages` does so at its end."""
        if not self._closed:
            self._closed = True
            _let_go(self._decoder)


def open_parquet(path: Path) -> ParquetFile:
    """What is in a Parquet file.

    Raises:
        InputError: damaged, or its name is not UTF-8.
        GroundswellError: no process can be started to decode it.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise InputError("the name of a Parquet file must be UTF-8; rename it", file=path) from None
    decoder = _taken()
    try:
        about = json.loads(decoder.ask(path, do="open", path=str(path.absolute())))
    except BaseException:
        _let_go(decoder)
        raise
    return ParquetFile(path, about["types"], about["odd"], about["rows"], decoder)


# the process that asks


class _Decoder:
    """A process that decodes."""

    def __init__(self) -> None:
        threads = os.environ.get("POLARS_MAX_THREADS", str(min(THREADS, os.cpu_count() or 1)))
        try:
            self.process = children.start(PROGRAM, environment={"POLARS_MAX_THREADS": threads}, stderr=subprocess.PIPE)
        except OSError as error:
            raise GroundswellError(f"no process can be started to decode a Parquet file ({error.strerror or error})") from None
        self.ready = False

    def ask(self, file: Path, **request: Any) -> bytes:
        """The answer to a request.

        Raises:
            InputError: the file cannot be decoded.
            GroundswellError: the process did not start.
        """
        if not self.ready:
            self._wait_until_ready()
        watch = threading.Timer(PATIENCE, self.process.kill)
        watch.daemon = True
        watch.start()
        try:
            letter, answer = self._exchange(request)
        finally:
            watch.cancel()
        if letter == b"E":
            raise InputError(json.loads(answer)["problem"], file=file)
        if not letter:
            self.end()
            raise InputError(DIED, file=file)
        return answer

    def _exchange(self, request: dict[str, Any]) -> tuple[bytes, bytes]:
        """The letter and the content of an answer; no letter where it died."""
        to, back = self.process.stdin, self.process.stdout
        assert to is not None
        assert back is not None
        try:
            to.write(json.dumps(request).encode() + b"\n")
            to.flush()
        except BrokenPipeError:
            return b"", b""
        head = back.read(9)
        length = int.from_bytes(head[1:], "little")
        answer = back.read(length) if len(head) == 9 else b""
        return (head[:1], answer) if len(head) == 9 and len(answer) == length else (b"", b"")

    def _wait_until_ready(self) -> None:
        """Until it has loaded what it needs; what it says before that is about the installation, not about a file."""
        letter, _ = self._exchange({"do": "nothing"})
        if letter != b"H":
            self.process.kill()
            assert self.process.stderr is not None
            said = self.process.stderr.read().decode("utf-8", "replace").strip().splitlines()
            self.end()
            raise GroundswellError(f"the process that decodes Parquet files does not start ({said[-1] if said else 'it says nothing'})")
        self.ready = True

    def end(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            with contextlib.suppress(OSError):  # a request that nobody read is still to be written
                pipe.close()
        self.process.wait()


_spare: list[_Decoder] = []
_keeping = False


def _taken() -> _Decoder:
    while _spare:
        decoder = _spare.pop()
        if decoder.process.poll() is None:
            return decoder
        decoder.end()
    return _Decoder()


def _let_go(decoder: _Decoder) -> None:
    if _keeping and not _spare and decoder.process.poll() is None:
        _spare.append(decoder)
    else:
        decoder.end()


@contextlib.contextmanager
def one_decoder() -> Iterator[None]:
    """Decode all files that are read within by one process, as long as it lives: for many small files, one after the other."""
    global _keeping  # noqa: PLW0603 - a process of the system is as global
    _keeping = True
    try:
        yield
    finally:
        _keeping = False
        while _spare:
            _spare.pop().end()


# the process that decodes


def main() -> int:
    """Answer requests until there are no more."""
    import polars as pl

    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    _limit_core()
    path = Path()
    faults = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, MemoryError)
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "nothing":
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            _answer(out, b"H", b"{}")
            continue
        try:
            path = Path(request.get("path", path))
            _limit(path)
            if request["do"] == "open":
                _answer(out, b"H", json.dumps(_about(path)).encode())
            else:
                _answer(out, b"T", _rows(path, request["start"]))
        except faults as error:
            _answer(out, b"E", json.dumps({"problem": _problem(error)}).encode())
    return 0


def _answer(out: IO[bytes], letter: bytes, content: bytes) -> None:
    out.write(letter + len(content).to_bytes(8, "little"))
    out.write(content)
    out.flush()


def _about(path: Path) -> dict[str, Any]:
    import polars as pl

    types = pl.read_parquet_schema(path)
    rows = int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
    odd = [name for name, kind in types.items() if kind.is_nested() or kind in (pl.Binary, pl.Object, pl.Duration)]
    return {"types": {name: str(kind) for name, kind in types.items()}, "odd": odd, "rows": rows}


def _rows(path: Path, start: int) -> bytes:
    """Some rows as an Arrow stream; fewer where they are long.

    Raises:
        ValueError: one row is too long.
    """
    import polars as pl

    names = pl.read_parquet_schema(path)
    cells = [pl.col(name).cast(pl.String).alias(f"c{k}") for k, name in enumerate(names)]
    frame = pl.scan_parquet(path, glob=False).slice(start, STEP).select(cells).collect()
    length = frame.select(pl.sum_horizontal(pl.all().str.len_bytes().fill_null(0).cast(pl.Int64)).cum_sum()).to_series()
    few = int((length <= LONGEST).sum())
    if frame.height and not few:
        raise ValueError(f"row {start + 1:,} is longer than {LONGEST >> 20} MiB")
    target = io.BytesIO()
    frame.head(few).write_ipc_stream(target)
    return target.getvalue()


def _problem(error: BaseException) -> str:
    said = str(error)
    if "unwrap()" in said or type(error).__name__ == "PanicException":  # words of the library's own source
        return "this Parquet file cannot be read to its end: it is damaged"
    return f"this Parquet file cannot be read ({said.splitlines()[0][:200] if said else type(error).__name__})"


def _limit_core() -> None:
    """No picture of the memory on disk where it dies."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit(path: Path) -> None:
    """So much memory and processor time for the next request, where the system has such limits; never more than it allows already."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, wanted in (
        (resource.RLIMIT_AS, MEMORY + path.stat().st_size),
        (resource.RLIMIT_CPU, int(time.process_time()) + SECONDS),
    ):
        _, most = resource.getrlimit(kind)
        with contextlib.suppress(ValueError, OSError):  # macOS takes no limit of addresses
            resource.setrlimit(kind, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))
