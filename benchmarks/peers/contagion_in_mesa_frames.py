"""Threshold contagion in groups, in mesa-frames: agents are rows of a Polars frame. The rule: `contagion.py`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import polars as pl
from child import answer
from contagion import active_at_first, groups, thresholds
from mesa_frames import AgentSetPolars, ModelDF


class People(AgentSetPolars):
    """All agents."""

    def __init__(self, model: Crowd, agents: int, size: int) -> None:
        super().__init__(model)
        frame = {"unique_id": range(agents), "group": groups(agents, size), "threshold": thresholds(agents, size)}
        self += pl.DataFrame(frame | {"active": active_at_first(agents, size)}, schema_overrides={"unique_id": pl.Int64})

    def step(self) -> None:
        """Expressions over whole columns."""
        draw = pl.Series(self.model.random.random(len(self), dtype="float32"))
        share = pl.col("active").mean().over("group")
        joins = (pl.col("threshold") <= share) & (draw < self.model.join)
        stays = pl.lit(draw >= self.model.leave)
        self.agents = self.agents.with_columns(active=pl.when(pl.col("active")).then(stays).otherwise(joins))


class Crowd(ModelDF):
    """The model."""

    def __init__(self, agents: int, size: int, join: float, leave: float, seed: int) -> None:
        super().__init__(seed)
        self.join, self.leave = join, leave
        self.people = People(self, agents, size)
        self.agents += self.people


def build(agents: int, size: int, join: float, leave: float, seed: int) -> tuple[Callable[[], object], Callable[[], int]]:
    """A step, and the count of the active."""
    model = Crowd(agents, size, join, leave, seed)
    return model.step, lambda: int(model.get_agents_of_type(People)["active"].sum())


if __name__ == "__main__":
    answer(build, {name: version(name) for name in ("mesa-frames", "polars")})
