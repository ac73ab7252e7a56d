"""From one reference table and one record to a posterior: learned summaries, the nearest rows, and a local regression.

The method, and why this one, is in `verification/compare_inference.py` with its figures:

1. One table of N draws from the prior, every one of them awaited: no draw is lost because it runs long, any number of workers and any
   interruption give the same table, and more draws can be added.
2. Summaries are replaced by guesses of the parameters (`learning.py`).
3. The rows whose guesses are nearest to the record's, in units of what the guesses leave open, weighted by Epanechnikov's kernel
   (Beaumont, Zhang & Balding 2002).
4. A local linear regression of the parameters on the guesses moves each kept row to where the record lies, and a second one, of the
   logarithm of its squared residuals, widens or narrows it (Blum & Francois 2010). All on the scale on which the prior is standard
   normal, so that no draw leaves the prior's range.

The same steps on any row of the table, left out, are a test of the whole: calibration costs no further simulation (`checking.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.calibration.learning import Learned, Learner, Ridge, learn

Floats = npt.NDArray[np.float64]

KEEP = 0.15  # share of the table that is kept
FEWEST = 200  # rows that are kept at least, where there are as many
EACH = 70  # and for each parameter: a regression on fewer rows takes up part of the spread, and intervals are too narrow
WIDEST = 3.0  # factor by which a residual is widened or narrowed at most


@dataclass(frozen=True, eq=False)
class Weighted:
    """Weighted draws from a posterior, on the scale z.

    Attributes:
        z: shape (draws, parameters).
        weights: add up to 1.
        rows: which rows of the table they come from.
        distance: of the furthest kept row from the record, in standard deviations of what guesses leave open.
    """

    z: Floats
    weights: Floats
    rows: npt.NDArray[np.int64]
    distance: float

    @property
    def effective(self) -> float:
        """How many equally weighted rows of the table they are worth; a row that several folds have kept counts once."""
        return float(1.0 / (np.bincount(self.rows, self.weights) ** 2).sum())

    @property
    def mean(self) -> Floats:
        """Weighted means; shape (parameters,)."""
        return np.asarray(self.weights @ self.z)

    @property
    def variance(self) -> Floats:
        """Weighted variances, corrected for the number of draws; shape (parameters,)."""
        centred = self.z - self.mean
        return np.asarray((self.weights @ (centred * centred)) / max(1.0 - float((self.weights**2).sum()), 1e-12))


@dataclass(frozen=True, eq=False)
class Amortised:
    """A reference table that has learned: a posterior for any record of the same weeks and places.

    Args:
        z: parameters of the table; shape (rows, parameters).
        learned: guesses.
        keep: share of the table that is kept.
        adjust: whether rows are moved by the local regression.
    """

    z: Floats
    learned: Learned
    keep: float = KEEP
    adjust: bool = True

    @property
    def metric(self) -> Floats:
        """From guesses to units of what they leave open: a matrix W, distance |W (a - b)|; shape (parameters, parameters)."""
        rest = self.z - self.learned.guesses
        spread = np.atleast_2d(np.cov(rest, rowvar=False)) + 1e-6 * np.eye(self.z.shape[1])
        return np.asarray(np.linalg.inv(np.linalg.cholesky(spread)))

    def posterior(self, summaries: Floats) -> Weighted:
        """The posterior given a record's summaries: an even mixture over the models of the folds."""
        guesses = self.learned.of(summaries)
        parts = [self._given(guess, None) for guess in guesses]
        n = len(parts)
        return Weighted(
            np.vstack([part.z for part in parts]),
            np.concatenate([part.weights / n for part in parts]),
            np.concatenate([part.rows for part in parts]),
            float(np.mean([part.distance for part in parts])),
        )

    def left_out(self, row: int) -> Weighted:
        """The posterior given a row of the table, without that row."""
        return self._given(self.learned.guesses[row], row)

    def _given(self, guess: Floats, without: int | None) -> Weighted:
        from_here = self.learned.guesses - guess
        scaled = from_here @ self._metric().T
        distance = np.sqrt((scaled * scaled).sum(axis=1))
        if without is not None:
            distance[without] = np.inf
        rows = len(self.z) - (without is not None)
        count = int(min(max(round(self.keep * rows), FEWEST, EACH * self.z.shape[1]), rows))
        near = np.argsort(distance, kind="stable")[:count]
        edge = float(distance[near[-1]])
        weights = np.maximum(1.0 - (distance[near] / max(edge, 1e-12)) ** 2, 1e-6)
        weights /= weights.sum()
        z = self._adjusted(self.z[near], from_here[near], weights) if self.adjust else self.z[near]
        return Weighted(z, weights, near, edge)

    def _metric(self) -> Floats:
        found: Floats | None = self.__dict__.get("_kept_metric")
        if found is None:
            found = self.metric
            object.__setattr__(self, "_kept_metric", found)
        return found

    @staticmethod
    def _adjusted(z: Floats, from_here: Floats, weights: Floats) -> Floats:
        """Rows moved to where the record lies: guess at it plus their residuals, at its spread."""
        x = np.column_stack([np.ones(len(z)), from_here])
        root = np.sqrt(weights)[:, None]
        solve = _ridge(x * root)
        fit = solve @ (z * root)
        rest = z - x @ fit
        effective = 1.0 / float((weights**2).sum())
        widened = np.sqrt(effective / max(effective - x.shape[1], 1.0))  # the regression has taken up part of the spread
        logs = np.log(rest * rest + 1e-4)
        slope = solve @ (logs * root)
        ratio = np.exp(0.5 * (slope[0] - x @ slope))
        return np.asarray(fit[0] + widened * rest * np.clip(ratio, 1 / WIDEST, WIDEST))


def _ridge(x: Floats) -> Floats:
    """The matrix that solves a regression; a trace of a penalty keeps it regular."""
    gram = x.T @ x
    gram[np.diag_indices_from(gram)] += 1e-8 * np.trace(gram)
    return np.asarray(np.linalg.solve(gram, x.T))


def amortise(
    s: Floats, z: Floats, *, learner: Callable[[], Learner] = Ridge, keep: float = KEEP, use: npt.NDArray[np.bool_] | None = None
) -> Amortised:
    """Learn from a reference table.

    Args:
        s, z: summaries and parameters of the table (the latter on the scale of z).
        learner: makes what learns guesses.
        keep: share of the table that is kept for a posterior.
        use: which summaries are used.
    """
    return Amortised(z, learn(s, z, learner, use=use), keep)
