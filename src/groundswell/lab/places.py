"""What of the one folder may be opened: runs and cases by plain names, never through a link."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from groundswell.core.errors import InputError

NEW = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")  # what a run that is made here is called
FOUND = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,159}")  # what one may be called that the command line has made
DEEPEST = 3  # folders within one: a study, an arm, a run


def checked_name(name: object) -> str:
    """A name for something new.

    Raises:
        InputError: it has other letters, or too many.
    """
    if not isinstance(name, str) or not NEW.fullmatch(name):
        raise InputError("a name has 1 to 64 small letters, digits and hyphens, and begins with none of the last", key="name")
    return name


def opened(folder: Path, name: str) -> Path:
    """The folder of that name in another, in which nothing is a link.

    Raises:
        InputError: there is none, or a link is on the way, or in it.
    """
    path = folder / name
    if not FOUND.fullmatch(name) or path.is_symlink() or not path.is_dir():
        raise InputError(f"there is no {name[:80]!r} in this folder", key="id")
    link = next(links(path), None)
    if link is not None:
        raise InputError(f"{link.relative_to(folder)} is a link, and links are not followed here", key="id")
    return path


def links(folder: Path, deep: int = DEEPEST) -> Iterator[Path]:
    """The links in a folder and in those within it, and what is deeper than anything of ours."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink() or (deep == 0 and entry.is_dir()):
                yield Path(entry.path)
            elif entry.is_dir():
                yield from links(Path(entry.path), deep - 1)


def names(folder: Path) -> list[str]:
    """The names of the folders in it that may be opened; what is in them has not been looked at."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if FOUND.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False))
