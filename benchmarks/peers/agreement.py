"""Whether two programs give the same distribution of outbursts: measures of runs, and a permutation test over whole runs.

Steps of one run depend on each other, and so do its outbursts (the people stay the same), so the unit is the run: in
each group of runs with equal settings one is the peer's and the others are ours. Were the rules the same, each run of
the group might as well have been the peer's; how often a random choice differs by as much as the real one is the
p-value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
LAGS = (1, 5, 10, 20)
DRAWS = 4999
LEVEL = 0.01  # probability of a false alarm of the whole table


@dataclass(frozen=True)
class Series:
    """Active and jailed at the end of every step of one run, and the group of equal settings to which it belongs."""

    group: int
    active: Array
    jailed: Array


def outbursts(active: Array, above: int) -> dict[str, Array]:
    """Each outburst, a stretch of steps with more than so many active, without one cut by the end of the run.

    Returns: activation summed over it, its length, its peak, and the steps between it and the one before.
    """
    up = np.concatenate([[0], (active > above).astype(int), [0]])
    first, last = np.flatnonzero(np.diff(up) == 1), np.flatnonzero(np.diff(up) == -1)
    whole = last < len(active)
    total = np.concatenate([[0.0], np.cumsum(active)])
    first, last = first[whole], last[whole]
    peaks = np.array([active[a:b].max() for a, b in zip(first, last, strict=True)])
    return {
        "outburst, active summed": total[last] - total[first],
        "outburst, steps": (last - first).astype(float),
        "outburst, peak": peaks,
        "steps between outbursts": (first[1:] - last[:-1]).astype(float),
    }


def values(run: Series, above: int) -> dict[str, Array]:
    """What is compared as a distribution."""
    return outbursts(run.active, above) | {"active, every step": run.active, "jailed, every step": run.jailed}


def numbers(run: Series, above: int) -> dict[str, float]:
    """What is compared as a mean over runs."""
    mean, sd = run.active.mean(), run.active.std()
    around = run.active - mean
    lagged = {f"autocorrelation, lag {k}": float((around[k:] * around[:-k]).mean() / max(sd * sd, 1e-12)) for k in LAGS}
    rate = len(outbursts(run.active, above)["outburst, steps"]) / len(run.active) * 1000
    return {
        "mean active": float(mean),
        "SD of active": float(sd),
        "mean jailed": float(run.jailed.mean()),
        "outbursts in 1,000 steps": rate,
    } | lagged


@dataclass(frozen=True)
class Row:
    """One line of a comparison: quantiles or the mean on both sides, how far apart, and how often chance does that."""

    name: str
    peer: list[float]
    ours: list[float]
    distance: float
    chance: float
    p: float


def compare(peers: list[Series], ours: list[Series], above: int, seed: int = 1) -> list[Row]:
    """Every measure, with its permutation p-value.

    Args:
        peers: one run for each group.
        ours: any number of runs of each of those groups.
        above: how many active make an outburst.
    """
    runs = [*peers, *ours]
    chosen = _choices(np.array([run.group for run in runs]), len(peers), seed)
    rows = []
    tables = [values(run, above) for run in runs]
    for name in tables[0]:
        parts = [table[name] for table in tables]
        left, right = np.concatenate(parts[: len(peers)]), np.concatenate(parts[len(peers) :])
        if len(left) and len(right):
            rows.append(_row(name, _quantiles(left), _quantiles(right), _apart(parts, chosen)))
    scalars = [numbers(run, above) for run in runs]
    for name in scalars[0]:
        each = np.array([table[name] for table in scalars])
        apart = np.abs(chosen @ each / len(peers) - (1 - chosen) @ each / len(ours))
        rows.append(_row(name, [each[: len(peers)].mean()], [each[len(peers) :].mean()], apart))
    return rows


def verdict(rows: list[Row]) -> tuple[bool, str]:
    """Whether the two agree, and the rule in words."""
    least = min(rows, key=lambda row: row.p)
    bound = LEVEL / len(rows)
    agree = least.p > bound
    rule = f"agree where the least p of {len(rows)} is above {LEVEL:g} / {len(rows)} = {bound:.5f}: it is {least.p:.4f} ({least.name})"
    return agree, f"{'AGREE' if agree else 'DIFFER'}; {rule}"


def _choices(groups: npt.NDArray[np.int64], peers: int, seed: int) -> Array:
    """Which runs play the peer: the real choice first, then one run of each group at random; every group has equally many."""
    rng = np.random.default_rng(seed)
    chosen = np.zeros((DRAWS + 1, len(groups)))
    chosen[0, :peers] = 1
    for group in groups[:peers]:
        members = np.flatnonzero(groups == group)
        chosen[np.arange(1, DRAWS + 1), rng.choice(members, DRAWS)] = 1
    return chosen


def _apart(parts: list[Array], chosen: Array) -> Array:
    """Kolmogorov-Smirnov distance between the pooled values of the chosen runs and of the others, for each choice."""
    bins = np.unique(np.concatenate(parts))
    counts = np.array([np.bincount(np.searchsorted(bins, part), minlength=len(bins)) for part in parts], np.float64).cumsum(axis=1)
    one, other = chosen @ counts, (1 - chosen) @ counts
    return np.abs(one / np.maximum(one[:, -1:], 1) - other / np.maximum(other[:, -1:], 1)).max(axis=1)


def _row(name: str, peer: list[float], ours: list[float], apart: Array) -> Row:
    p = (1 + (apart[1:] >= apart[0] - 1e-12).sum()) / len(apart)
    return Row(name, peer, ours, float(apart[0]), float(np.median(apart[1:])), float(p))


def _quantiles(sample: Array) -> list[float]:
    return [float(q) for q in np.quantile(sample, [0.1, 0.25, 0.5, 0.75, 0.9])]
