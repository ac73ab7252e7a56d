"""What is installed by extras, and what to say where it is missing."""

from __future__ import annotations

from importlib.util import find_spec

from groundswell.core.errors import InputError


def check_extra(command: str, extra: str, *modules: str) -> None:
    """Say how to install what a command needs.

    Args:
        command: its name.
        extra: that brings the modules.
        modules: names by which they are imported.

    Raises:
        InputError: one is missing.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise InputError(f"needs {' and '.join(missing)}: pip install 'groundswell[{extra}]'", key=command)
