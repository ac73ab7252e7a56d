"""What is declared in pyproject.toml and pinned in constraints.txt, and the scripts of tools/ as modules."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PLAIN = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
EXTRAS = {extra: [Requirement(line) for line in lines] for extra, lines in PROJECT["project"]["optional-dependencies"].items()}
DECLARED = [*PLAIN, *map(Requirement, PROJECT["build-system"]["requires"]), *(one for some in EXTRAS.values() for one in some)]


def tool(name: str) -> Iterator[ModuleType]:
    """A script of tools/, imported as when it runs from there; for a fixture."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tools"))
        yield importlib.import_module(name)


def pins() -> list[tuple[str, str, Requirement]]:
    """Name, version and line of all that is pinned."""
    lines = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found = [Requirement(line) for line in lines]
    return [(canonicalize_name(one.name), str(one.specifier).removeprefix("=="), one) for one in found]
