"""Opening a file of records that anybody may have written: what it is, and its bytes as UTF-8, a bounded block at a time."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import lzma
import os
import stat
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, cast

from groundswell.core.documents import regular_file
from groundswell.core.errors import InputError

BLOCK = 1 << 20
LARGEST = 16 << 30  # bytes of a file, packed or unpacked
LARGEST_JSON = 64 << 20  # JSON is read whole
RATIO = 200  # unpacked bytes over packed ones, beyond the first blocks; tables pack to a tenth or a fiftieth
FREE = 64 << 20  # unpacked bytes below which the ratio does not matter
HEAD = 4096  # bytes from which the kind of a file is told
ENCODINGS = (
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "ascii", *(f"cp{n}" for n in range(1250, 1259)),
    *(f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)), "koi8-r", "koi8-u", "mac-roman",
    "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr",
)  # fmt: skip

REFUSED = (  # by the first bytes
    (b"\xd0\xcf\x11\xe0", "this is an old Excel workbook; save it as CSV (UTF-8)"),
    (b"%PDF", "this is a PDF document, not a table"),
    (b"SQLite format 3", "this is a database; export the table as CSV"),
    (b"RDX", "this is an R workspace; write the table with write.csv(..., row.names = FALSE)"),
    (b"RDA", "this is an R workspace; write the table with write.csv(..., row.names = FALSE)"),
    (b"<stata_dta>", "this is a Stata file; write it with export delimited"),
    (b"\x89PNG", "this is a picture, not a table"),
    (b"\x28\xb5\x2f\xfd", "this is packed with zstd; only .gz and .zip are unpacked here"),
    (b"BZh", "this is packed with bzip2; only .gz and .zip are unpacked here"),
    (b"\xfd7zXZ", "this is packed with xz; only .gz and .zip are unpacked here"),
)


@dataclass
class Source:
    """An opened file.

    Args:
        path: where it is.
        kind: "text", "json" or "parquet".
        blocks: makes an iterator over its content, unpacked, as it stands in the file; empty for parquet.
        packed: size of the file in bytes.
        at_end: what is to be closed when reading has ended, well or not.
    """

    path: Path
    kind: str
    blocks: Callable[[], Iterator[bytes]] = field(repr=False)
    packed: int = 0
    at_end: ExitStack = field(default_factory=ExitStack, repr=False)


def open_source(path: Path) -> Source:
    """What a file is, told by its first bytes rather than by its name.

    Raises:
        InputError: not an ordinary file, empty, too large, of a kind that is not read, packed oddly, or a page or an error of a server.
    """
    regular_file(path, "file of records")
    try:
        with _plain(path) as file:
            head, size = file.read(HEAD), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise InputError(f"this file of records cannot be read: {error.strerror}", file=path) from None
    if not size:
        raise InputError("the file is empty", file=path)
    if size > LARGEST:
        raise InputError(f"{size / 2**30:.0f} GiB; at most {LARGEST >> 30} are read: split it by country or year", file=path)
    if head[:4] == b"PAR1":
        return Source(path, "parquet", lambda: iter(()), size)
    blocks: Callable[[], Iterator[bytes]] = lambda: _unpacked(path, lambda: _plain(path), size, False)  # noqa: E731
    if head[:2] == b"\x1f\x8b":
        blocks = lambda: _unpacked(path, lambda: cast("IO[bytes]", gzip.open(path, "rb")), size, True)  # noqa: E731, SIM115
    elif head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        member = _member(path)
        blocks = lambda: _unpacked(path, lambda: _of_zip(path, member), size, True)  # noqa: E731
    else:
        _refuse(path, head)
        return Source(path, _kind(path, head), blocks, size)
    first = next(blocks(), b"")
    if not first:
        raise InputError("what is packed in it is empty", file=path)
    _refuse(path, first[:HEAD])
    return Source(path, _kind(path, first), blocks, size)


def _plain(path: Path) -> IO[bytes]:
    """The file, without waiting where a pipe has taken its place since."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError("this is no longer an ordinary file", file=path)
    return os.fdopen(handle, "rb")


def _member(path: Path) -> zipfile.ZipInfo:
    """The one table in a zip archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            every = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, OverflowError) as error:  # all that a bad list raises
        raise InputError(f"this zip archive cannot be read ({error})", file=path) from None
    names = {m.filename for m in every}
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise InputError("this is a workbook of a spreadsheet; save the sheet as CSV (UTF-8)", file=path)
    tables = [m for m in every if PurePosixPath(m.filename).suffix.lower() in (".csv", ".tsv", ".tab", ".txt", ".json")]
    if len(tables) != 1:
        raise InputError(f"the archive holds {len(tables)} tables of text among {len(every)} files; it must hold one", file=path)
    if tables[0].flag_bits & 1:
        raise InputError("the archive is encrypted; unpack it first", file=path)
    return tables[0]


def _of_zip(path: Path, member: zipfile.ZipInfo) -> IO[bytes]:
    archive = zipfile.ZipFile(path)
    try:
        return archive.open(member)
    except BaseException:
        archive.close()
        raise


def _unpacked(path: Path, opened: Callable[[], IO[bytes]], size: int, packed: bool) -> Iterator[bytes]:
    """The blocks of a file, within the limits of size and, for packed ones, of the ratio."""
    total = 0
    try:
        with opened() as file:
            while block := file.read(BLOCK):
                total += len(block)
                if total > LARGEST:
                    raise InputError(f"more than {LARGEST >> 30} GiB when unpacked: split it by country or year", file=path)
                if packed and total > FREE and total > RATIO * size:
                    raise InputError(f"unpacks to more than {RATIO} times its size; this is not a table", file=path)
                yield block
    # All that unpacking damaged bytes raises; an InputError from above is none of them and goes on as it is.
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(f"it cannot be unpacked or read to its end ({error})", file=path) from None


def _refuse(path: Path, head: bytes) -> None:
    for begin, problem in REFUSED:
        if head.startswith(begin):
            raise InputError(problem, file=path)
    if head[:4] == b"PK\x03\x04" or head[:2] == b"\x1f\x8b":
        raise InputError("an archive within an archive; unpack it first", file=path)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    begins = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<body", b"<script", b"<!--")
    if text.startswith(begins) or (text.startswith(b"<") and b"</" in text):
        raise InputError("this is a page of a web site, not a table: the download needs a log-in, or failed", file=path, line=1)


def _kind(path: Path, head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] in (b"{", b"["):
        return "json"
    if head[:3] == b"PAR1":
        raise InputError("a Parquet file within an archive; unpack it first", file=path)
    return "text"


def digest_of(path: Path, stop: threading.Event) -> str:
    """BLAKE2b of 16 bytes over a file, as hex; it gives up when it is told to stop."""
    total = hashlib.blake2b(digest_size=16)
    with _plain(path) as file:
        while not stop.is_set() and (block := file.read(BLOCK)):
            total.update(block)
    return total.hexdigest()


def utf8(path: Path, blocks: Iterator[bytes], encoding: str | None) -> Iterator[bytes]:
    """The content as checked UTF-8 without a byte order mark, whatever its encoding.

    Raises:
        InputError: with the line, where a byte is none of the encoding.
    """
    name = _encoding(encoding or "utf-8")
    if name not in ENCODINGS:
        from groundswell.core.errors import nearest

        raise InputError(f"this encoding is not known here; there are {', '.join(ENCODINGS)}", key=name, nearest=nearest(name, ENCODINGS))
    decoder = codecs.getincrementaldecoder("utf-8-sig" if name == "utf-8" else name)()
    line, first, old_mac = 1, True, False
    for block in _and_last(blocks):
        if first:
            _check_mark(path, block or b"", encoding)
            old_mac, first = block is not None and b"\r" in block and b"\n" not in block, False
        try:
            text = decoder.decode(block or b"", final=block is None)
        except UnicodeDecodeError as error:
            at = line + bytes(error.object[: error.start]).count(b"\n")
            advice = "" if encoding else "; if it was written on Windows try --encoding cp1252, or save it as UTF-8"
            problem = f"byte 0x{error.object[error.start]:02x} is not {name}{advice}"
            raise InputError(problem, file=path, line=at) from None
        except UnicodeError as error:  # no byte order mark
            raise InputError(f"this is not {name}: {error}", file=path, line=line) from None
        if "\0" in text:
            at = line + text[: text.index("\0")].count("\n")
            raise InputError("a zero byte: this is not a table of text, or its encoding is another", file=path, line=at)
        line += text.count("\n")
        if old_mac:
            text = text.replace("\r", "\n")
        if text:
            yield text.encode("utf-8", "surrogatepass") if not text.isascii() else text.encode("ascii")


def _encoding(given: str) -> str:
    """The name in the list above of an encoding that Python knows under another, such as latin1 or windows-1252."""
    try:
        same = codecs.lookup(given).name
    except (LookupError, ValueError):
        return given
    return next((name for name in ENCODINGS if codecs.lookup(name).name == same), given)


def _and_last(blocks: Iterator[bytes]) -> Iterator[bytes | None]:
    yield from blocks
    yield None


def _check_mark(path: Path, block: bytes, encoding: str | None) -> None:
    if encoding is None and block[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise InputError("this is UTF-16; read it with --encoding utf-16, or save it as UTF-8", file=path, line=1)
