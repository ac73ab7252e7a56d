from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.core.places import Population
from groundswell.populations.build import build_population
from groundswell.populations.reading import read_tables
from groundswell.populations.tables import CensusTables

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"


@pytest.fixture(scope="session")
def atlantis() -> CensusTables:
    return read_tables(ATLANTIS)


@pytest.fixture(scope="session")
def population(atlantis: CensusTables) -> Population:
    return build_population(atlantis, scale=1, seed=11)
