"""A tiny model and a tiny country, so that these tests depend on neither the flagship nor a real case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from groundswell.core.columns import NATION, PROVINCE, Column
from groundswell.core.draws import Stream
from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.core.now import Now
from groundswell.core.parameters import parameter, switch
from groundswell.society import HAPPENED, RECORD

# Folders that ask about the models rather than about this Python; later Pythons leave them out (.ci/run).
ABOUT_MODELS = {"ablation", "invariants", "models", "observation", "oracles", "plausible", "reproductions", "scale", "twins"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks about the models."""
    for item in items:
        if ABOUT_MODELS & set(item.path.relative_to(Path(__file__).parent).parts):
            item.add_marker("models")


WORRY = Column("worry", np.float64, PROVINCE, "1", "A made-up number.", initial=0.5, recorded=True)
MOOD = Column("mood", np.float64, NATION, "1", "Another one.", recorded=True)
CHANCE = Stream("chance", 900, "What happens.")


@dataclass(frozen=True)
class Fear(Mechanism):
    """Fades."""

    decay: float = parameter(0.05, unit="1/day", range=(0, 1), doc="Share forgotten in a day.", source="assumed")
    witnesses: float = parameter(3, unit="persons", range=(0, 100), doc="Who sees it.", source="assumed", whole=True)
    reads = (WORRY,)
    writes = (WORRY, MOOD, HAPPENED, RECORD)
    draws = (CHANCE,)

    def day(self, now: Now) -> None:
        """Worry fades and is renewed by chance; a province where it is high has a gathering, which is reported."""
        codes = now.places.codes
        chance = now.draws.uniform(CHANCE, now.day, codes << 32)
        now[WORRY][:] = now[WORRY] * (1 - now.p.decay) + chance * 0.1
        now[MOOD][:] = now[WORRY].mean()
        at = np.flatnonzero(chance > 0.5)
        cities = now.places.province_start[at]
        keys = np.array([now.places.cities[c].key for c in cities], np.int64)
        where = {"province": codes[at], "city": keys, "stream": 0, "kind": 0}
        size = (chance[at] * 100).astype(np.int64)
        now.log(HAPPENED, day=now.day, size=size, number=0, tactic=0, violent=0, response=1, arrests=0, deaths=0, **where)
        now.log(RECORD, source=0, reported_day=now.day, event_day=now.day, tactic=0, sub_event=0, size_reported=size, fatalities_reported=0,
                arrests_reported=0, invented=0, **where)  # fmt: skip


@dataclass(frozen=True)
class Policing(Mechanism):
    """Answers."""

    rule: str = switch("fixed", options=("fixed", "adaptive"), doc="Whether forces move.", source="assumed")
    fatigue: str = switch("off", options=("off", "on"), doc="Whether they tire.", source="assumed")

    def day(self, now: Now) -> None:
        """Nothing happens."""


def tiny() -> Model:
    return Model("tiny", (Phase("all", Fear(), Policing()),))


TABLES = {
    "provinces.csv": "id,name,code,population\nAT-1,North,1,500\nAT-2,South,2,300\n",
    "census.csv": "province,age_band,male,female\nAT-1,0-17,50,50\nAT-1,18+,200,200\nAT-2,0-17,30,30\nAT-2,18+,120,120\n",
    "households.csv": "size,share\n1,0.25\n4,0.75\n",
    "cities.csv": "key,name,province,latitude,longitude,population\n1,Northport,AT-1,35.5,51.5,300\n2,Southport,AT-2,30,50,200\n",
}
CASE = """schema = 1
[case]
id = "twin"
name = "Twin"
real = false
level = "city"
interval = "day"
[period]
start = 2020-01-01
end = 2022-12-31
[tables]
provinces = "provinces.csv"
census = "census.csv"
households = "households.csv"
cities = "cities.csv"
[defaults.model]
name = "tiny"
[defaults.population]
scale = 1
[defaults.run]
start = 2021-01-01
end = 2021-03-31
[defaults.parameters]
fear.decay = 0.1
[[defaults.policies]]
name = "curfew"
side = "regime"
parameter = "fear.decay"
operation = "multiply"
value = 0.5
start = 2020-12-01
end = 2021-01-15
"""


@pytest.fixture
def tiny_model(monkeypatch: pytest.MonkeyPatch) -> None:
    import groundswell.models as models

    monkeypatch.setattr(models, "MODELS", {**getattr(models, "MODELS", {}), "tiny": tiny}, raising=False)


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    """The folder of an invented country of two provinces."""
    folder = tmp_path / "twin"
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / name).write_text(text)
    (folder / "case.toml").write_text(CASE)
    return folder


Write = Callable[..., Path]


@pytest.fixture
def write(twin: Path) -> Write:
    """Writes a scenario file: the common head, and what is given, which may replace the tables of the head."""

    def write(
        body: str = "",
        *,
        run: str = "[run]\nstart = 2021-01-01\nend = 2021-06-30\n",
        head: str = 'schema = 1\n[scenario]\nname = "x"\ncase = "twin"\n',
    ) -> Path:
        path = twin.parent / "scenario.toml"
        path.write_text(head + run + body, encoding="utf-8")
        return path

    return write
