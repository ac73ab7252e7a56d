"""Learned summaries: from many summaries to one number a parameter, the guess of its value.

The posterior mean is the best summary of as many numbers as there are parameters (Fearnhead & Prangle 2012), and a regression on the
reference table estimates it. Guesses are made by folds: no row's guess comes from a model that has seen the row, so that the table's
guesses and that of the real record are of one kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError

Floats = npt.NDArray[np.float64]

FOLDS = 5
EDGE = 0.001  # share of the table beyond which a summary is cut: no guess is made from where nothing was simulated
PENALTIES = (1.0, 10.0, 100.0, 1000.0)  # of the ridge, tried in turn


class Learner(Protocol):
    """From standard summaries to guesses."""

    def fit(self, s: Floats, z: Floats) -> None:
        """Learn from rows; shapes (rows, summaries) and (rows, parameters)."""

    def guess(self, s: Floats) -> Floats:
        """Guesses; shape (rows, parameters)."""


class Ridge:
    """Linear regression on summaries, their squares, with a penalty chosen by leave-one-out error for each parameter."""

    def __init__(self) -> None:
        self.weights: Floats = np.zeros((0, 0))

    @staticmethod
    def _features(s: Floats) -> Floats:
        return np.column_stack([np.ones(len(s)), s, s * s - 1.0])

    def fit(self, s: Floats, z: Floats) -> None:
        """Learn; see `Learner`."""
        x = self._features(s)
        u, d, vt = np.linalg.svd(x, full_matrices=False)
        projected = u.T @ z
        best, error = np.zeros((x.shape[1], z.shape[1])), np.full(z.shape[1], np.inf)
        for penalty in PENALTIES:
            shrink = d * d / (d * d + penalty)
            left = 1.0 - (u * u) @ shrink
            mine = (((z - u @ (shrink[:, None] * projected)) / left[:, None]) ** 2).mean(axis=0)
            weights = vt.T @ ((shrink / np.maximum(d, 1e-9))[:, None] * projected)
            better = mine < error
            best[:, better], error[better] = weights[:, better], mine[better]
        self.weights = best

    def guess(self, s: Floats) -> Floats:
        """Guesses; see `Learner`."""
        return np.asarray(self._features(s) @ self.weights)


@dataclass(frozen=True, eq=False)
class Scaling:
    """How summaries become standard: cut where hardly anything was simulated, then centred and scaled.

    Attributes:
        low, high: of the cut; shape (summaries,).
        centre, size: of the cut summaries.
        kept: which summaries are used: those that vary over the table.
    """

    low: Floats
    high: Floats
    centre: Floats
    size: Floats
    kept: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, s: Floats, use: npt.NDArray[np.bool_] | None = None) -> Scaling:
        """From a table; `use` leaves some summaries out."""
        low, high = np.quantile(s, [EDGE, 1 - EDGE], axis=0)
        cut = np.clip(s, low, high)
        size = cut.std(axis=0)
        kept = size > 1e-9
        return cls(low, high, cut.mean(axis=0), np.where(kept, size, 1.0), kept if use is None else kept & use)

    def __call__(self, s: Floats) -> Floats:
        """Standard summaries; shape (rows, used summaries)."""
        return np.asarray(((np.clip(s, self.low, self.high) - self.centre) / self.size)[:, self.kept])


@dataclass(frozen=True, eq=False)
class Learned:
    """Guesses of a reference table, and the models that make them.

    Attributes:
        scaling: of summaries.
        models: one for each fold, which has not seen the fold's rows.
        guesses: of every row by the model of its fold; shape (rows, parameters).
        explained: share of each parameter's variance (on the scale of z) that guesses explain.
    """

    scaling: Scaling
    models: tuple[Learner, ...]
    guesses: Floats
    explained: Floats

    def of(self, summaries: Floats) -> Floats:
        """Guesses from one vector of summaries by the model of every fold; shape (folds, parameters)."""
        standard = self.scaling(np.asarray(summaries, np.float64)[None, :])
        return np.vstack([model.guess(standard) for model in self.models])


def fold_of(rows: int, folds: int = FOLDS) -> npt.NDArray[np.int64]:
    """The fold of each row: rows are independent draws, so that every fifth is as good as any."""
    return np.arange(rows) % folds


def learn(
    s: Floats, z: Floats, learner: Callable[[], Learner] = Ridge, *, folds: int = FOLDS, use: npt.NDArray[np.bool_] | None = None
) -> Learned:  # fmt: skip
    """Learn guesses from a reference table.

    Args:
        s, z: summaries and parameters (on the scale of z); shapes (rows, summaries) and (rows, parameters).
        learner: makes what learns; `verification/compare_inference.py` compares others.
        folds: at least two.
        use: which summaries may be used.

    Raises:
        InputError: fewer than 50 rows.
    """
    if len(s) < 50:
        raise InputError(f"{len(s)} simulations are too few to learn from; 50 are the least, some thousands are meant")
    scaling = Scaling.of(s, use)
    standard, fold = scaling(s), fold_of(len(s), folds)
    guesses, models = np.zeros_like(z), []
    for k in range(folds):
        model = learner()
        model.fit(standard[fold != k], z[fold != k])
        guesses[fold == k] = model.guess(standard[fold == k])
        models.append(model)
    explained = 1.0 - ((z - guesses) ** 2).mean(axis=0) / z.var(axis=0)
    return Learned(scaling, tuple(models), guesses, explained)


def names_of(names: Sequence[str], learned: Learned) -> tuple[str, ...]:
    """The summaries that are used."""
    return tuple(name for name, kept in zip(names, learned.scaling.kept.tolist(), strict=True) if kept)
