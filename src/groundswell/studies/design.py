"""What a sweep consists of: axes, and which points of them are run under which seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from groundswell.core.errors import InputError, nearest
from groundswell.studies import designs, sensitivity
from groundswell.studies.designs import Axis, Choice, Point

NAMES = ("ensemble", "grid", "random", "sequence", "sobol", "morris")
CHANCE = "chance"  # the input whose values are seeds
SEED = "seed"
MOST = 1_000_000  # runs of a sweep
BY_CHANCE = ("sobol", "morris")
PIECE = 1 << 13  # points that are held at a time
COMMON = 0  # the point whose seeds all points of a grid share


@dataclass(frozen=True)
class Design:
    """Which runs a sweep has. A longer design holds the runs of a shorter one (but for a grid, whose points have other values).

    Args:
        name: `ensemble` (every run has its own seed, and its own random point where there are axes), `grid` (every combination, all under
            the same seeds), `random`, `sequence` (a Sobol sequence: evenly spread), `sobol` (pairs of points crossed column by column, for
            Sobol's indices) or `morris` (trajectories, for elementary effects).
        axes: by full parameter key.
        points: members of an ensemble; values of each axis of a grid; points; base points of `sobol` (each of as many runs as axes and
            three more); trajectories of `morris` (as many runs as axes and two more).
        replicates: runs of a point of a grid, of random points, or of a sequence, each under another seed. For `sobol` and `morris` chance
            is an input of its own.
        seed: of points and seeds.

    Raises:
        InputError: no such design, no axes, too few or too many points.
    """

    name: str
    axes: Mapping[str, Axis | Choice] = dataclasses.field(default_factory=dict)
    points: int = 1
    replicates: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise InputError(f"is none of {', '.join(NAMES)}", key=str(self.name), nearest=nearest(str(self.name), NAMES))
        if not self.axes and self.name != "ensemble":
            raise InputError("needs an axis at least, such as fear.decay=0.02:0.2", key="over")
        least = {"grid": 2, "sobol": 4, "morris": 4}.get(self.name, 1)
        for key, value, low in (("points", self.points, least), ("replicates", self.replicates, 1), ("seed", self.seed, 0)):
            if type(value) is not int or value < low:
                raise InputError(f"{value!r} is not a whole number from {low}", key=key)
        if self.replicates > 1 and self.name in (*BY_CHANCE, "ensemble"):
            problem = "has replicates of its own: more points" if self.name == "ensemble" else "has chance as an input, and no replicates"
            raise InputError(f"{self.name} {problem}", key="replicates")
        if self.runs_of_points > MOST:
            raise InputError(f"{self.runs_of_points:,} runs are too many; {MOST:,} are the most", key="points")
        object.__setattr__(self, "axes", MappingProxyType(dict(self.axes)))

    @property
    def by_chance(self) -> bool:
        """Whether chance is an input like the axes."""
        return self.name in BY_CHANCE

    @property
    def runs_of_points(self) -> int:
        """How many runs there are; where two are the same, it is done once."""
        if self.name == "grid":
            return int(np.prod([len(self._levels(axis)) for axis in self.axes.values()], dtype=np.float64)) * self.replicates
        each = {"sobol": len(self.axes) + 3, "morris": len(self.axes) + 2}.get(self.name, self.replicates)
        return self.points * each

    def runs(self) -> Iterator[Point]:
        """Every run, point by point: values by parameter key, and `seed`."""
        of: dict[str, Callable[[], Iterator[Point]]] = {
            "ensemble": self._ensemble, "grid": self._grid, "random": self._random, "sequence": self._sequence,
            "sobol": self._sobol, "morris": self._morris,
        }  # fmt: skip
        return of[self.name]()

    def _levels(self, axis: Axis | Choice) -> list[Any]:
        """The values of an axis of a grid: both ends, and others evenly between them."""
        if isinstance(axis, Choice):
            return list(axis.values)
        shares = np.linspace(0.0, 1.0, self.points).tolist()
        if axis.whole:
            return list(dict.fromkeys(round(axis.low + share * (axis.high - axis.low)) for share in shares))
        return [axis.at(share) for share in shares]

    def _grid(self) -> Iterator[Point]:
        seeds = [designs.seeds([COMMON], self.seed, lane=k)[0] for k in range(self.replicates)]
        for values in product(*(self._levels(axis) for axis in self.axes.values())):
            for seed in seeds:
                yield {**dict(zip(self.axes, values, strict=True)), SEED: seed}

    def _ensemble(self) -> Iterator[Point]:
        return self._spread(designs.random if self.axes else _nowhere)

    def _random(self) -> Iterator[Point]:
        return self._spread(designs.random)

    def _sequence(self) -> Iterator[Point]:
        return self._spread(designs.sobol)

    def _spread(self, of: Any) -> Iterator[Point]:
        """Points, each under seeds of its own; some are held at a time."""
        for first in range(0, self.points, PIECE):
            count = min(PIECE, self.points - first)
            seeds = [designs.seeds(np.arange(first, first + count), self.seed, lane=k) for k in range(self.replicates)]
            for point, mine in zip(of(self.axes, count, seed=self.seed, first=first), zip(*seeds, strict=True), strict=True):
                for seed in mine:
                    yield {**point, SEED: seed}

    def _sobol(self) -> Iterator[Point]:
        found = sensitivity.pairs(tuple(self.axes), self.points, seed=self.seed)
        seeds = np.array([designs.seeds(np.arange(self.points), self.seed, lane=k) for k in range(2)]).T[..., None]
        both = np.concatenate([found, seeds], axis=2)  # seeds are below 2**53, so that they are exact among the floats
        for k in range(self.points):
            (runs,) = sensitivity.crossed(both[k : k + 1, 0], both[k : k + 1, 1])
            yield from self._runs(runs[:, :-1], runs[:, -1].astype(np.int64).tolist())

    def _morris(self) -> Iterator[Point]:
        found = sensitivity.trajectories(tuple(self.axes), self.points, seed=self.seed)
        before, after = (designs.seeds(np.arange(self.points), self.seed, lane=k) for k in range(2))
        for k in range(self.points):
            turn = int(np.flatnonzero(found.moved[k] == len(self.axes))[0]) + 1  # the run from which the seed is the other one
            yield from self._runs(found.shares[k], [before[k]] * turn + [after[k]] * (len(self.axes) + 2 - turn))

    def _runs(self, shares: sensitivity.Floats, seeds: list[int]) -> Iterator[Point]:
        for point, seed in zip(designs.scaled(self.axes, shares), seeds, strict=True):
            yield {**point, SEED: seed}

    # a longer one

    def extended(self, points: int | None = None, replicates: int | None = None) -> Design:
        """The design with at least so many points and replicates.

        Raises:
            InputError: a grid cannot have other points: its values would be other ones.
        """
        most = max(points or 1, self.points)
        if self.name == "grid" and most != self.points:
            raise InputError("a grid of more points has other values; choose another folder", key="points")
        return dataclasses.replace(self, points=most, replicates=max(replicates or 1, self.replicates))

    def joined(self, other: Design, folder: Path) -> Design:
        """The longer of two designs of the same kind.

        Raises:
            InputError: they differ in something else than how long they are.
        """
        for name, old, new in (
            ("design", self.name, other.name),
            ("axes", list(self.axes.items()), list(other.axes.items())),
            ("seed", self.seed, other.seed),
        ):
            if old != new:
                raise InputError(f"holds a sweep that differs in its {name}; choose another folder", file=folder)
        if self.name == "grid" and other.points < self.points:
            raise InputError("holds a grid of other points; choose another folder", file=folder)
        return self.extended(other.points, other.replicates)

    # as it is kept

    def document(self) -> dict[str, Any]:
        """The design as plain JSON."""
        axes = [
            [name, {"values": list(axis.values)} if isinstance(axis, Choice) else dataclasses.asdict(axis)]
            for name, axis in self.axes.items()
        ]  # a list: the order of axes matters, and JSON is kept sorted
        return {"name": self.name, "axes": axes, "points": self.points, "replicates": self.replicates, "seed": self.seed}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Design:
        """A design from `document`.

        Raises:
            InputError, KeyError, TypeError, ValueError: it was altered.
        """
        axes = {name: Choice(tuple(about["values"])) if "values" in about else Axis(**about) for name, about in document["axes"]}
        return cls(document["name"], axes, document["points"], document["replicates"], document["seed"])


def _nowhere(_: Any, count: int, **__: int) -> list[Point]:
    """Points without axes."""
    return [{}] * count


def read_axis(text: str) -> tuple[str, Axis | Choice]:
    """An axis as typed: `KEY=low:high`, `KEY=low:high:log`, `KEY=low:high:whole`, or `KEY=a,b,c`.

    Raises:
        InputError: it is none.
    """
    key, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not key or not values:
        raise InputError("needs the form KEY=low:high, KEY=low:high:log, KEY=low:high:whole or KEY=a,b,c", key=f"--over {text[:80]}")
    try:
        if ":" not in values:
            return key, Choice(tuple(_value(one.strip()) for one in values.split(",")))
        low, high, *how = values.split(":")
        if len(how) > 1 or any(one not in ("log", "whole") for one in how):
            raise InputError(f"ends with log, whole or nothing, not {':'.join(how)!r}")
        return key, Axis(_end(low), _end(high), log="log" in how, whole="whole" in how)
    except InputError as error:
        raise InputError(error.problem, key=f"--over {text[:80]}") from None


def _end(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"needs numbers as its ends, not {text!r:.40}") from None


def _value(text: str) -> Any:
    """A whole number, a number, true or false, or a word."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
