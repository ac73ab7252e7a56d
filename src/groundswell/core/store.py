"""Directories of raw arrays with a manifest: written whole or not at all, opened by memory map, checked by hash.

A stored thing is a folder of `.npy` files and `manifest.json`, which holds whatever the owner describes and a BLAKE2b
hash for every chunk of every file. It is written into a temporary folder beside its place, synced, and renamed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
NEW, OLD = ".groundswell-new-", ".groundswell-old-"  # in the names of temporary folders beside their target


def digest(data: bytes | memoryview) -> str:
    """BLAKE2b of 16 bytes as hex."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


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
def whole_folder(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` when the block ends well, and vanishes otherwise.

    A folder cannot replace another in one step. Where the process is killed between the two renames, `recover` puts
    back what was there before.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}{NEW}", dir=target.parent))
    try:
        yield scratch
        for path in scratch.rglob("*"):
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
        shutil.rmtree(scratch, ignore_errors=True)


def recover(target: Path) -> None:
    """Put back a folder that a killed `whole_folder` had moved aside, and remove what such processes left.

    Only for a target that no other process is writing.
    """
    if not target.parent.is_dir():
        return
    moved = [p for p in target.parent.iterdir() if p.name.startswith(f".{target.name}{OLD}")]
    kept = [p / "was" for p in moved if (p / "was" / MANIFEST).is_file()]
    if kept and not target.exists():
        os.rename(max(kept, key=lambda p: (p / MANIFEST).stat().st_mtime_ns), target)
        sync(target.parent)
    for left in (p for p in target.parent.iterdir() if p.name.startswith((f".{target.name}{OLD}", f".{target.name}{NEW}"))):
        shutil.rmtree(left, ignore_errors=True)


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


def write_arrays(target: Path, kind: str, about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Store arrays and a description as a folder, whole or not at all.

    Args:
        target: the folder; replaced where it exists.
        kind: what is stored ("population", "checkpoint"), checked on opening.
        about: JSON-able description.
        arrays: by file name without suffix.
    """
    with whole_folder(target) as folder:
        seal(folder, kind, about, arrays)


def seal(folder: Path, kind: str, about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays (those not yet in the folder) and the manifest over everything that is there."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    files = {p.name: {"bytes": p.stat().st_size, "head": _head_hash(p), "hashes": _file_hashes(p)} for p in sorted(folder.glob("*.npy"))}
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
        files = {name: (int(entry["bytes"]), str(entry["head"]), list(entry["hashes"])) for name, entry in body["files"].items()}
        present = {p.name for p in folder.iterdir() if not p.name.startswith(".")}  # file managers leave hidden files
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(f"{path}: the manifest cannot be read") from error
    if form != FORMAT:
        raise StoreError(f"{path}: format {form!r}; this version reads {FORMAT}")
    if found != kind:
        raise StoreError(f"{folder}: holds a {found}, not a {kind}")
    if extra := sorted(present - {*files, MANIFEST}):
        raise StoreError(f"{folder / extra[0]}: not part of the stored {kind}")
    return about, {name.removesuffix(".npy"): _open(folder / name, entry, check) for name, entry in files.items()}


def _open(path: Path, entry: tuple[int, str, list[str]], check: bool) -> npt.NDArray[Any]:
    size, head, hashes = entry
    if not path.is_file():
        raise StoreError(f"{path}: missing")
    if path.stat().st_size != size:
        raise StoreError(f"{path}: {path.stat().st_size} bytes where {size} were written: truncated or altered")
    try:
        if _head_hash(path) != head or (check and _file_hashes(path) != hashes):
            raise StoreError(f"{path}: the content was altered since it was written")
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r" if size > HEAD else None, allow_pickle=False)
        array = array.view(np.ndarray)  # the map stays behind it; NumPy's own class for maps is slow to cut
    except (ValueError, EOFError, OSError) as error:
        raise StoreError(f"{path}: not a readable array") from error
    return array
