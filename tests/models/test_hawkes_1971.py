"""The self-exciting process against its exact moments, the sizes of its families, and the rate by which Hawkes defined it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from groundswell import Run, simulate
from groundswell.core.errors import InputError
from groundswell.models.hawkes_1971 import EVENTS, EXTINCT, hawkes_1971, poisson, world


def excite(days: int, rate: float = 1.0, ratio: float = 0.6, decay: float = 1.0, warm_up: int = 100, **options: object) -> Run:
    """All families to their end."""
    values = {f"self_excitation.{k}": v for k, v in {"rate": rate, "ratio": ratio, "decay": decay, "warm_up": warm_up}.items()}
    options = {"seed": 5, "steps": 3000, "until": EXTINCT, "keep": (EVENTS,)} | options
    return simulate(hawkes_1971(), world(days), values=values, **options)  # type: ignore[arg-type]


def borel(n: float, k: int) -> float:
    """The chance that a family has k members."""
    return math.exp(-n * k) * (n * k) ** (k - 1) / math.factorial(k)


def fano(rate: float, ratio: float, decay: float, window: float) -> float:
    """Variance over mean of the events in a window: twice the integral of (window - t) times the covariance density, plus the mean."""
    c = decay * (1 - ratio)
    return 1 + ratio * (2 - ratio) / (1 - ratio) ** 2 * (1 - (1 - math.exp(-c * window)) / (c * window))


def test_row_20_rate_and_fano() -> None:
    counts = excite(400_000).final["events"]
    assert counts.mean() == pytest.approx(2.5, rel=0.02)
    windows = counts.reshape(-1, 200).sum(axis=1)
    assert windows.var(ddof=1) / windows.mean() == pytest.approx(6.25, rel=0.1)


@pytest.mark.parametrize(("rate", "ratio", "decay"), [(1.0, 0.6, 1.0), (0.5, 0.3, 0.2), (3.0, 0.8, 4.0), (2.0, 0.0, 1.0)])
def test_variance_of_any_window(rate: float, ratio: float, decay: float) -> None:
    """Hawkes' covariance density, integrated: short windows see little of a family, long ones all."""
    counts = excite(60_000, rate, ratio, decay).final["events"]
    for window in (1, 5, 20):
        sums = counts.reshape(-1, window).sum(axis=1)
        assert sums.var(ddof=1) / sums.mean() == pytest.approx(fano(rate, ratio, decay, window), rel=0.08)


def test_row_21_borel_sizes_formula() -> None:
    p = [borel(0.5, k) for k in range(1, 150)]
    assert p[:3] == pytest.approx([0.606531, 0.183940, 0.083674], abs=1e-6)
    mean = sum(k * x for k, x in enumerate(p, 1))
    assert mean == pytest.approx(2, abs=1e-6)
    assert sum(k * k * x for k, x in enumerate(p, 1)) - mean**2 == pytest.approx(4, abs=1e-6)


def test_row_21_borel_sizes_simulated() -> None:
    family = excite(120_000, ratio=0.5).journals["happened"]["family"]
    size = np.unique(family, return_counts=True)[1]
    for k in (1, 2, 3, 4, 8):
        p = borel(0.5, k)
        assert abs((size == k).mean() - p) < 3 * (p * (1 - p) / len(size)) ** 0.5
    assert abs(size.mean() - 2) < 3 * size.std() / len(size) ** 0.5
    squares = (size - 2.0) ** 2
    assert abs(squares.mean() - 4) < 3 * squares.std() / len(size) ** 0.5


def test_time_rescaled_by_its_own_rate_is_poisson() -> None:
    """Hawkes' definition: between events the rate mu + sum of alpha exp(-beta age) has exponential integrals with mean 1."""
    rate, ratio, decay, warm_up = 1.0, 0.6, 0.7, 50
    times = np.sort(excite(6000, rate, ratio, decay, warm_up).journals["happened"]["time"])
    times = times[times < 6000]
    waits, excited, last = [], 0.0, -float(warm_up)
    for t in times:
        faded = math.exp(-decay * (t - last))
        waits.append(rate * (t - last) + excited * (1 - faded) / decay)
        excited, last = excited * faded + ratio * decay, t
    u = np.sort(1 - np.exp(-np.array(waits)))
    n = len(u)
    assert n > 10_000
    assert np.abs(u - (np.arange(n) + 0.5) / n).max() < 1.63 / n**0.5  # Kolmogorov, 1 %
    centred = np.array(waits) - 1
    assert abs((centred[1:] * centred[:-1]).mean()) < 4 / n**0.5


def test_generations_shrink_by_the_branching_ratio() -> None:
    generation = excite(50_000).journals["happened"]["generation"]
    sizes = np.bincount(generation).astype(float)
    for k in range(4):
        assert abs(sizes[k + 1] / sizes[k] - 0.6) < 4 * (0.6 / sizes[k]) ** 0.5


def test_edges() -> None:
    """Without a warm-up the first days lack what the past would have added; the last ones lack nothing."""
    empty = [excite(3, rate=400, warm_up=0, seed=s).final["events"][0] for s in range(12)]
    warm = [excite(3, rate=400, warm_up=40, seed=s).final["events"] for s in range(12)]
    # Starting empty the rate is mu (1 - n exp(-beta (1 - n) t)) / (1 - n); its mean over the first day:
    first = 400 / 0.4 * (1 - 0.6 * (1 - math.exp(-0.4)) / 0.4)
    assert np.mean(empty) == pytest.approx(first, rel=0.03)
    assert np.mean(warm, axis=0) == pytest.approx([1000, 1000, 1000], rel=0.05)


def test_more_time_changes_no_event() -> None:
    def events(days: int, warm_up: int, before: float) -> set[tuple[int, float]]:
        journal = excite(days, warm_up=warm_up).journals["happened"]
        return {(int(e), float(t)) for e, t in zip(journal["event"], journal["time"], strict=True) if t < before}

    short = events(30, 0, 30)
    assert short
    assert short == events(60, 0, 30)
    assert short <= events(30, 20, 30)


def test_counts_are_those_of_the_journal() -> None:
    run = excite(80, compiled=False)
    time = run.journals["happened"]["time"]
    assert run.final["events"].tolist() == [((time >= d) & (time < d + 1)).sum() for d in range(80)]
    family, event, generation = (run.journals["happened"][k] for k in ("family", "event", "generation"))
    assert (family[generation == 0] == event[generation == 0]).all()
    assert set(family.tolist()) == set(event[generation == 0].tolist())
    assert len(run.days) == generation.max() + 1  # the last step finds nobody
    assert len(np.unique(event)) == len(event)


def test_poisson_by_inversion() -> None:
    for mean in (0.0, 0.5, 3.0, 200.0):
        u = (np.arange(200_000) + 0.5) / 200_000
        count = poisson(mean, u)
        assert (np.diff(count) >= 0).all()
        assert count.mean() == pytest.approx(mean, rel=1e-3, abs=1e-4)
        assert count.var() == pytest.approx(mean, rel=1e-2, abs=1e-4)
    assert poisson(0.6, np.array([0.0, math.exp(-0.6) - 1e-9, math.exp(-0.6) + 1e-9, 1 - 2**-53])).tolist()[:3] == [0, 0, 1]


@pytest.mark.compiled
def test_same_bits() -> None:
    plain = excite(50, compiled=False)
    again = excite(50)
    assert plain.state_hash == again.state_hash
    for name, values in plain.journals["happened"].items():
        assert (values == again.journals["happened"][name]).all()
    assert excite(50, seed=6).state_hash != plain.state_hash


@pytest.mark.parametrize("days", [0, -1, 100_000_000])
def test_wrong_worlds(days: int) -> None:
    with pytest.raises(InputError, match=r"^days: "):
        world(days)


@pytest.mark.parametrize("ratio", [1.0, -0.1, float("nan")])
def test_wrong_ratio(ratio: float) -> None:
    with pytest.raises(InputError, match=r"self_excitation\.ratio"):
        excite(5, ratio=ratio)
