"""Linear pools: each forecaster speaks in a share of the draws. The shares are equal, or those with the lowest CRPS on training weeks.

The CRPS of a pool is quadratic in its shares: sum w_i E|X_i - y| - sum w_i w_j E|X_i - X_j| / 2. It is convex on shares that sum to
1, since the absolute difference is negative definite, so that the best shares are found exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.scores import distance, half_spread

Floats = npt.NDArray[np.float64]

LARGER = 4  # a pool has so many times the draws of one forecaster


@dataclass(frozen=True, eq=False)
class Errors:
    """What the CRPS of every pool follows from.

    Attributes:
        apart: mean of E|X_i - y|; shape (forecasters,).
        between: mean of E|X_i - X_j|; shape (forecasters, forecasters).
        cells: how many cells the means are of.
    """

    apart: Floats
    between: Floats
    cells: int

    def among(self, use: npt.NDArray[np.int64]) -> Errors:
        """Of some forecasters, by position."""
        return Errors(self.apart[use], self.between[np.ix_(use, use)], self.cells)

    def crps(self, shares: Floats) -> float:
        """The mean CRPS of the pool with these shares."""
        return float(shares @ self.apart - 0.5 * shares @ self.between @ shares)

    def __add__(self, other: Errors) -> Errors:
        """Of the cells of both."""
        cells = max(self.cells + other.cells, 1)
        apart, between = (
            (self.cells * one + other.cells * two) / cells for one, two in ((self.apart, other.apart), (self.between, other.between))
        )
        return Errors(apart, between, self.cells + other.cells)


def errors(draws: Floats, observed: Floats) -> Errors:
    """Of some cells.

    Args:
        draws: shape (forecasters, draws, cells).
        observed: shape (cells,).
    """
    count, _, cells = draws.shape
    apart = np.abs(draws - observed).mean(axis=(1, 2))
    between = np.zeros((count, count))
    for i in range(count):
        between[i, i] = 2 * half_spread(draws[i]).mean()
        for j in range(i):
            between[i, j] = between[j, i] = distance(draws[i], draws[j]).mean()
    return Errors(apart, between, cells)


def best_shares(found: Errors) -> Floats:
    """The shares with the lowest CRPS; they are not negative and sum to 1."""
    from scipy.optimize import minimize

    n = len(found.apart)
    scale = max(float(found.apart.mean()), 1e-12)
    a, b = found.apart / scale, found.between / scale
    best = minimize(
        lambda w: w @ a - 0.5 * w @ b @ w,
        np.full(n, 1 / n),
        jac=lambda w: a - b @ w,
        bounds=[(0.0, 1.0)] * n,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda _: np.ones(n)},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-10},
    )
    shares = np.clip(best.x, 0, None)
    return np.asarray(shares / shares.sum())


def pooled(draws: npt.NDArray[np.generic], shares: Floats) -> Floats:
    """Draws of a pool.

    Args:
        draws: shape (forecasters, draws, ...).
        shares: shape (forecasters,).

    Returns:
        Shape (4 draws, ...): of each forecaster as many as its share, evenly from its own, some of them several times.
    """
    n = LARGER * draws.shape[1]
    exact = shares * n
    count = np.floor(exact).astype(np.int64)
    for k in np.argsort(count - exact, kind="stable")[: n - int(count.sum())]:
        count[k] += 1
    parts = [draws[k][((np.arange(m) + 0.5) * draws.shape[1] / m).astype(np.int64)] for k, m in enumerate(count) if m]
    return np.concatenate(parts).astype(np.float64)
