"""Files that commands write: refused before anything is computed where they cannot be written, then written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from groundswell.core.documents import regular_file
from groundswell.core.errors import InputError

LONGEST_NAME = 200  # bytes; a temporary file beside it has a longer one


def check_target(target: Path, inputs: Sequence[Path] = ()) -> None:
    """Refuse, before anything is computed, a file that could not or must not be written.

    Args:
        target: what is to be written; a file that is there is replaced.
        inputs: files that are read, or are written as well: they are not replaced.

    Raises:
        InputError: a folder or a device is there, nothing can be written there, or it is one of the inputs.
    """
    try:
        if target.exists():
            regular_file(target, "file")
        if any(target.resolve() == one.resolve() for one in inputs):
            raise InputError("this file is read or written already; give the output another name", file=target)
        folder = target.parent
        while not folder.exists():
            folder = folder.parent
        if not folder.is_dir():
            raise InputError("this is a file, not a folder", file=folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
        if len(os.fsencode(target.name)) > LONGEST_NAME:
            raise InputError(f"a name may have at most {LONGEST_NAME} bytes", file=target)
    except (OSError, ValueError, RuntimeError) as error:  # a loop of links is a RuntimeError
        raise InputError(f"cannot be used for output: {getattr(error, 'strerror', None) or error}", file=target) from None


def write_text(target: Path, text: str) -> None:
    """Write a text as UTF-8, whole or not at all; what of a name is no text becomes a question mark.

    Raises:
        InputError: it cannot be written.
    """
    from groundswell.core.store import whole_file

    try:
        with whole_file(target) as scratch:
            scratch.write_bytes(text.encode("utf-8", "replace"))
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=target) from None
