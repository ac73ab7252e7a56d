"""Directories of raw arrays with a manifest: written whole or not at all, opened by memory map, checked by hash.

A stored thing is a folder of `.npy` files and `manifest.json`, which holds whatever the owner describes and a BLAKE2b
hash for every chunk of every file. It is written into a temporary folder beside its place, synced, and renamed. A file that never
changes again (`Sealed`) is not written anew into the next folder that names it: it gets one more name there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import StoreError

CHUNK = 1 << 24
HEAD = 4096  # bytes that are compared even where the rest is not: they hold the type and the shape
FORMAT = 1
MANIFEST = "manifest.json"
ENTRY: dict[str, type[Any]] = {"bytes": int, "head": str, "hashes": list}  # what it says of a file
NEW, OLD = ".groundswell-new-", ".groundswell-old-"  # in the names of temporary folders beside their target


def digest(data: bytes | memoryview) -> str:
    """BLAKE2b of 16 bytes as hex."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def file_digest(path: Path) -> str:
    """The same of a file, a piece at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


@dataclass(frozen=True)
class Sealed:
    """A file that never changes again, and is on the disk for good.

    Attributes:
        path: where it is.
        entry: what a manifest says of it.
    """

    path: Path
    entry: Mapping[str, Any]


def sealed(path: Path) -> Sealed:
    """A file as it is now."""
    return Sealed(path, {"bytes": path.stat().st_size, "head": _head_hash(path), "hashes": _file_hashes(path)})


def _file_hashes(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [digest(chunk) for chunk in iter(lambda: file.read(CHUNK), b"")]


def _head_hash(path: Path) -> str:
    with path.open("rb") as file:
        return digest(file.read(HEAD))


def sync(path: Path) -> None:
    """Force a file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def whole_folder(target: Path, durable: Container[str] = ()) -> Iterator[Path]:
    """A temporary folder that becomes `target` when the block ends well, and vanishes otherwise.

    A folder cannot replace another in one step. Where the process is killed between the two renames, `recover` puts
    back what was there before.

    Args:
        durable: names of files that need no sync when the block ends; the block may add to them.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}{NEW}", dir=target.parent))
    handle = hold(scratch)
    try:
        yield scratch
        for path in (path for path in scratch.rglob("*") if path.name not in durable):
            path.chmod(_mode(0o777 if path.is_dir() else 0o666))
            sync(path)
        scratch.chmod(_mode(0o777))
        sync(scratch)
        old = None
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}{OLD}", dir=target.parent))
            os.rename(target, old / "was")
        try:
            os.rename(scratch, target)
        except OSError:
            if old is not None:
                os.rename(old / "was", target)
            raise
        finally:
            sync(target.parent)
            if old is not None and target.exists():
                shutil.rmtree(old)
    finally:
        os.close(handle)
        shutil.rmtree(scratch, ignore_errors=True)


def recover(target: Path, marked: str = MANIFEST) -> None:
    """Put back a folder that a killed `whole_folder` had moved aside, and remove what such processes left.

    A folder that a living process holds is left to it.

    Args:
        target: the folder that was to be.
        marked: the file by which a whole one is known.
    """
    if not target.parent.is_dir():
        return
    moved = [p for p in target.parent.iterdir() if p.name.startswith(f".{target.name}{OLD}")]
    kept = [p / "was" for p in moved if (p / "was" / marked).is_file()]
    if kept and not target.exists():
        os.rename(max(kept, key=lambda p: (p / marked).stat().st_mtime_ns), target)
        sync(target.parent)
    for left in (p for p in target.parent.iterdir() if p.name.startswith((f".{target.name}{OLD}", f".{target.name}{NEW}"))):
        if not _held(left):
            shutil.rmtree(left, ignore_errors=True)


def hold(folder: Path) -> int:
    """Tell other processes that a folder is in use; it ends when the handle is closed or the process ends, however it does."""
    handle = os.open(folder, os.O_RDONLY)
    _lock(handle)
    return handle


def _held(folder: Path) -> bool:
    """Whether a living process holds a folder."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Whether the lock on an open folder was free; where there are no locks, it is."""
    try:
        import fcntl
    except ImportError:  # not on this system
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _mode(full: int) -> int:
    """The mode that a new file gets here; temporary ones are made for their owner only."""
    mask = os.umask(0o077)
    os.umask(mask)
    return full & ~mask


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """A temporary file that becomes `target` when the block ends well, and vanishes otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    scratch = Path(name)
    try:
        with _gone_when_terminated(scratch):
            yield scratch
            scratch.chmod(_mode(0o666))
            sync(scratch)
            os.rename(scratch, target)
        sync(target.parent)
    finally:
        scratch.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """A text file in UTF-8 with plain line ends, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    with whole_file(target) as scratch:
        scratch.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def _gone_when_terminated(scratch: Path) -> Iterator[None]:
    """Remove a temporary file where SIGTERM ends the process, which runs no `finally`; a handler of others is left as it is."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def stop(number: int, _: FrameType | None) -> None:
        scratch.unlink(missing_ok=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def write_arrays(
    target: Path, kind: str, about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], more: Mapping[str, Sealed] | None = None
) -> None:
    """Store arrays and a description as a folder, whole or not at all.

    Args:
        target: the folder; replaced where it exists.
        kind: what is stored ("population", "checkpoint"), checked on opening.
        about: JSON-able description.
        arrays: by file name without suffix.
        more: arrays that are files already, by file name without suffix; they get one more name, and are neither read nor
            written (but copied on a file system without hard links).
    """
    durable: set[str] = set()
    with whole_folder(target, durable) as folder:
        for name, file in (more or {}).items():
            if _name_too(file.path, folder / f"{name}.npy"):
                durable.add(f"{name}.npy")
        seal(folder, kind, about, arrays, {f"{name}.npy": file.entry for name, file in (more or {}).items()})


def _name_too(path: Path, other: Path) -> bool:
    """Give a file one more name; where the file system cannot, it is copied, and False."""
    try:
        os.link(path, other)
    except OSError:
        shutil.copyfile(path, other)
        return False
    return True


def seal(
    folder: Path,
    kind: str,
    about: Mapping[str, Any],
    arrays: Mapping[str, npt.NDArray[Any]],
    known: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write arrays (those not yet in the folder) and the manifest over everything that is there; `known` files are not read."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    files = {p.name: (known or {}).get(p.name) or sealed(p).entry for p in sorted(folder.glob("*.npy"))}
    body = {"format": FORMAT, "kind": kind, "about": dict(about), "files": files}
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False)
    (folder / MANIFEST).write_text(json.dumps({"seal": digest(text.encode()), "body": text}), encoding="utf-8")


def read_arrays(folder: Path, kind: str, *, check: bool = True) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Open a stored folder: its description and its arrays as read-only memory maps.

    Args:
        check: compare every byte with the manifest. Without it only sizes and the first bytes are compared (a
            population of gigabytes opens in seconds); `check=True` is for checkpoints and for `verify`.

    Raises:
        StoreError: missing, truncated, altered, with something added, of another kind or of another format.
    """
    about, files = _manifest(folder, kind)
    return about, {name.removesuffix(".npy"): _open(folder / name, entry, check) for name, entry in files.items()}


def read_sealed(folder: Path, kind: str) -> dict[str, Sealed]:
    """The files of a stored folder by name without suffix, as its manifest describes them; they are not opened.

    Raises:
        StoreError: as `read_arrays`.
    """
    return {name.removesuffix(".npy"): Sealed(folder / name, entry) for name, entry in _manifest(folder, kind)[1].items()}


def _manifest(folder: Path, kind: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What a manifest says: the owner's description, and each file."""
    path = folder / MANIFEST
    if not path.is_file():
        raise StoreError(f"{folder}: not a stored {kind} (it has no manifest.json)")
    try:
        outer = json.loads(path.read_bytes())
        text = outer["body"]
        if set(outer) != {"seal", "body"} or digest(text.encode()) != outer["seal"]:
            raise StoreError(f"{path}: the manifest was altered")
        body = json.loads(text)
        found, form, about = body["kind"], body["format"], dict(body["about"])
        files = {name: {key: make(entry[key]) for key, make in ENTRY.items()} for name, entry in body["files"].items()}
        present = {p.name for p in folder.iterdir() if not p.name.startswith(".")}  # file managers leave hidden files
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(f"{path}: the manifest cannot be read") from error
    if form != FORMAT:
        raise StoreError(f"{path}: format {form!r}; this version reads {FORMAT}")
    if found != kind:
        raise StoreError(f"{folder}: holds a {found}, not a {kind}")
    if extra := sorted(present - {*files, MANIFEST}):
        raise StoreError(f"{folder / extra[0]}: not part of the stored {kind}")
    return about, files


def _open(path: Path, entry: Mapping[str, Any], check: bool) -> npt.NDArray[Any]:
    size = entry["bytes"]
    if not path.is_file():
        raise StoreError(f"{path}: missing")
    if path.stat().st_size != size:
        raise StoreError(f"{path}: {path.stat().st_size} bytes where {size} were written: truncated or altered")
    try:
        if _head_hash(path) != entry["head"] or (check and _file_hashes(path) != entry["hashes"]):
            raise StoreError(f"{path}: the content was altered since it was written")
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r" if size > HEAD else None, allow_pickle=False)
        array = array.view(np.ndarray)  # the map stays behind it; NumPy's own class for maps is slow to cut
    except (ValueError, EOFError, OSError) as error:
        raise StoreError(f"{path}: not a readable array") from error
    return array
