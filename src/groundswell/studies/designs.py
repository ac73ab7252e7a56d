"""Designs: which points of a space of parameters a study looks at.

A point is a function of the design's seed, its index and the names of the axes, never of how many points there are: the first hundred
points of a longer design are those of a shorter one, so that a study can be extended. Another axis changes no value on the others (but for
Sobol's sequence, where each axis has a place of its own).

>>> from groundswell.studies import designs
>>> axes = {"fear.decay": designs.Axis(0.01, 0.2, log=True), "police.rate": designs.Axis(0, 1)}
>>> designs.random(axes, 100, seed=1) + designs.random(axes, 100, seed=1, first=100) == designs.random(axes, 200, seed=1)
True
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws, Stream
from groundswell.core.errors import InputError
from groundswell.core.store import digest
from groundswell.studies.streams import POINT, SEED, SHIFT, STRATUM, WITHIN

Floats = npt.NDArray[np.float64]
Point = dict[str, Any]
MOST = 10_000_000  # points of a design
BITS = 30  # of a number in SciPy's Sobol sequence
LARGEST_SEED = (1 << 64) - 1


@dataclass(frozen=True)
class Axis:
    """The values of one parameter, evenly spread between two ends.

    Args:
        low, high: the ends.
        log: even in the logarithm.
        whole: whole numbers only, both ends included.

    Raises:
        InputError: the ends are none.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(f"an axis needs two ends, low before high, not {self.low} and {self.high}")
        if self.log and self.low <= 0:
            raise InputError(f"an axis that is even in the logarithm begins above 0, not at {self.low}")
        if self.whole and (self.log or self.low != int(self.low) or self.high != int(self.high)):
            raise InputError("an axis of whole numbers has whole ends and no logarithm")

    def at(self, share: float) -> float | int:
        """The value at a share of the way, in [0, 1]."""
        if self.whole:
            return int(min(self.low + math.floor(share * (self.high - self.low + 1)), self.high))
        if self.log:
            return min(max(self.low * math.exp(share * math.log(self.high / self.low)), self.low), self.high)
        return min(max(self.low + share * (self.high - self.low), self.low), self.high)


@dataclass(frozen=True)
class Choice:
    """The values of one parameter, of which each is as likely as the others.

    Args:
        values: at least two, each once: numbers, or the options of a switch.

    Raises:
        InputError: they are not.
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if len(self.values) < 2 or any(one in self.values[:k] for k, one in enumerate(self.values)):
            raise InputError("needs two values or more, and each of them once")

    def at(self, share: float) -> Any:
        """The value at a share of the way, in [0, 1]."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


Axes = Mapping[str, Axis | Choice]


def scaled(axes: Axes, shares: Floats) -> list[Point]:
    """Points of the unit cube as points of the axes; shape (points, axes)."""
    return [{name: axis.at(share) for (name, axis), share in zip(axes.items(), row, strict=True)} for row in shares.tolist()]


def grid(values: Mapping[str, Iterable[Any]]) -> list[Point]:
    """Every combination of given values; the last name varies fastest.

    Raises:
        InputError: a name has no values, or one twice; or there are too many points.
    """
    levels = {name: list(given) for name, given in values.items()}
    for name, given in levels.items():
        if not given or any(one in given[:k] for k, one in enumerate(given)):
            raise InputError("needs values, and each of them once", key=name)
    _check_count(math.prod(len(given) for given in levels.values()))
    return [dict(zip(levels, point, strict=True)) for point in itertools.product(*levels.values())]


def replicated(points: Sequence[Mapping[str, Any]], replicates: int, *, seed: int = 0, common: bool = True) -> list[Point]:
    """Each point under several seeds: the points with an entry `seed`, replicate by replicate.

    Args:
        replicates: how often.
        seed: of the seeds.
        common: whether a replicate has the same seed at all points (so that their differences are less noisy), or each run its own.
    """
    _check_count(len(points) * replicates)
    numbers = np.repeat(np.arange(replicates), len(points)) if common else np.arange(replicates * len(points))
    return [{**point, "seed": one} for point, one in zip(itertools.chain(*[points] * replicates), seeds(numbers, seed), strict=True)]


def seeds(numbers: npt.ArrayLike, seed: int = 0, *, lane: int = 0) -> list[int]:
    """Seeds of runs, by their number: 0 to 2**53 - 1. Another lane gives others."""
    words = _draws(seed).words(SEED, 0, np.asarray(numbers, np.int64), lane)
    found: list[int] = ((words[0].astype(np.int64) << 21) | (words[1].astype(np.int64) & ((1 << 21) - 1))).tolist()
    return found


def random(axes: Axes, count: int, *, seed: int = 0, first: int = 0) -> list[Point]:
    """Independent random points; see `random_shares`."""
    return scaled(axes, random_shares(tuple(axes), count, seed=seed, first=first))


def random_shares(names: Sequence[str], count: int, *, seed: int = 0, first: int = 0, stream: Stream = POINT) -> Floats:
    """Independent uniform points of the unit cube; shape (count, axes).

    Args:
        names: of the axes.
        count, first: how many, and the index of the first.
        seed: of the design.
        stream: of the draws.
    """
    lanes, indices, draws = _lanes(names), _indices(count, first), _draws(seed)
    return np.stack([draws.uniform(stream, 0, indices, lane) for lane in lanes], axis=1)


def latin_hypercube(axes: Axes, count: int, *, block: int, seed: int = 0, first: int = 0) -> list[Point]:
    """Points of Latin hypercubes; see `latin_shares`."""
    return scaled(axes, latin_shares(tuple(axes), count, block=block, seed=seed, first=first))


def latin_shares(names: Sequence[str], count: int, *, block: int, seed: int = 0, first: int = 0) -> Floats:
    """Latin hypercubes of `block` points each, one after the other (McKay, Beckman & Conover 1979): in each of them and on each axis, every
    stratum of width 1 / block holds one point. Extend it by whole blocks. Shape (count, axes).

    Args:
        names, count, seed, first: as in `random_shares`.
        block: points of one hypercube.
    """  # noqa: D205 - one sentence
    lanes, indices, draws = _lanes(names), _indices(count, first), _draws(seed)
    _check_count(block)
    if block < 1:
        raise InputError(f"{block} is not a number of points", key="block")
    shares = np.empty((count, len(lanes)))
    for number in np.unique(indices // block).tolist():
        mine = indices // block == number
        for column, lane in enumerate(lanes):
            ranks = draws.uniform(STRATUM, 0, np.arange(number * block, (number + 1) * block), lane)
            strata = np.empty(block, np.int64)
            strata[np.argsort(ranks, kind="stable")] = np.arange(block)
            within = draws.uniform(WITHIN, 0, indices[mine], lane)
            shares[mine, column] = (strata[indices[mine] % block] + within) / block
    return shares


def sobol(axes: Axes, count: int, *, seed: int = 0, first: int = 0) -> list[Point]:
    """Points of a Sobol sequence; see `sobol_shares`."""
    return scaled(axes, sobol_shares(tuple(axes), count, seed=seed, first=first))


def sobol_shares(names: Sequence[str], count: int, *, seed: int = 0, first: int = 0) -> Floats:
    """A Sobol sequence (direction numbers of Joe & Kuo 2008, from SciPy), shifted digit by digit at random; shape (count, axes).

    The shift is drawn by the axis's name; the sequence itself goes by the axis's position. Counts that are powers of two are evenly spread.

    Args:
        names, count, seed, first: as in `random_shares`.

    Raises:
        InputError: SciPy is not installed, or there are too many axes or points.
    """
    try:
        from scipy.stats import qmc
    except ImportError:
        raise InputError("a Sobol sequence needs SciPy: pip install 'groundswell[studies]'") from None
    lanes, _ = _lanes(names), _indices(count, first)
    if len(lanes) > qmc.Sobol.MAXDIM or first + count > 1 << BITS:
        raise InputError(f"a Sobol sequence has at most {qmc.Sobol.MAXDIM} axes and 2**{BITS} points", key="count")
    sequence = qmc.Sobol(len(lanes), scramble=False, bits=BITS)
    if first:
        sequence.fast_forward(first)
    digits = (_drawn(sequence, count) * (1 << BITS)).astype(np.int64)
    shift = _draws(seed).words(SHIFT, 0, np.array(lanes))[0].astype(np.int64) >> (32 - BITS)
    return np.asarray(((digits ^ shift) + 0.5) / (1 << BITS))


def _drawn(sequence: Any, count: int) -> Floats:
    """The next points of SciPy's sequence, which warns of counts that are no power of two."""
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The balance properties", category=UserWarning)
        return np.asarray(sequence.random(count), np.float64)


def _draws(seed: int) -> Draws:
    if type(seed) is not int or not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"{seed!r} is not a whole number from 0 to 2**64 - 1", key="seed")
    return Draws(seed)


def _check_count(count: int) -> None:
    if type(count) is not int or not 0 <= count <= MOST:
        raise InputError(f"{count!r} is not a whole number from 0 to {MOST}", key="count")


def _indices(count: int, first: int) -> npt.NDArray[np.int64]:
    _check_count(count)
    _check_count(first)
    return np.arange(first, first + count, dtype=np.int64)


def _lanes(names: Sequence[str]) -> list[int]:
    """A number for each axis, from its name."""
    lanes = [int(digest(name.encode())[:8], 16) for name in names]
    if not lanes or len(set(lanes)) < len(lanes):
        raise InputError("needs names, and each of them once", key="axes")
    return lanes
