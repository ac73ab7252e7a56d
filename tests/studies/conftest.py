"""The kinds of tasks that tests and worker processes import."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
if HERE not in sys.path:  # worker processes import from where this one does
    sys.path.append(HERE)


@pytest.fixture
def files():
    """The bytes of what a study says when it is done."""

    def files(folder: Path) -> dict[str, bytes]:
        return {
            p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted([folder / "results.parquet", *folder.glob("arrays/*.npy")])
        }

    return files
