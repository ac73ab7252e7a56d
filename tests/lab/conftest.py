"""Folders for the laboratory, and laboratories on them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lab.asking import ATLANTIS, SMALL, Lab


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of runs with an invented country in it."""
    place = tmp_path / "runs"
    place.mkdir()
    shutil.copytree(ATLANTIS, place / "atlantis")
    return place


@pytest.fixture
def labs() -> Iterator[Callable[[Path], Lab]]:
    """Opens laboratories, and ends those that are still there."""
    opened: list[Lab] = []

    def start(place: Path) -> Lab:
        opened.append(Lab(place))
        return opened[-1]

    yield start
    for one in opened:
        one.stop()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run and replicates of invented countries, a comparison, and a run of two provinces of a real country."""
    from groundswell import experiments

    place = tmp_path_factory.mktemp("kept") / "runs"
    place.mkdir()
    atlantis = shutil.copytree(ATLANTIS, place / "atlantis")
    how: dict[str, Any] = {"compiled": False}
    experiments.run(atlantis, out=place / "one", settings={**SMALL, "fear.decay": 0.2}, **how)
    experiments.replicates("lyonesse", 2, out=place / "two", settings=SMALL, workers=1, **how)
    experiments.compare(atlantis, settings={"fear.decay": 0.3}, common=SMALL, replicates=2, out=place / "pairs", workers=1, **how)
    real = {"start": "2022-09-01", "end": "2022-09-28", "scale": 1000, "provinces": ["IR-05", "IR-20"]}
    experiments.run("iran", out=place / "real", settings=real, **how)
    return place
