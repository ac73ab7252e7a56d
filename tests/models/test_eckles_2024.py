"""Noisy contagion against exact means on circles, and the strict rule as its limit."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell import InputError, Network, Run, networks, simulate
from groundswell.models import centola_macy_2007
from groundswell.models.eckles_2024 import ADOPTED, REACHED, SPREAD, TOOK, eckles_2024, rewired, world

MODEL = eckles_2024()
KEY = "noisy_contagion."


def spread(ties: Network, *, worlds: int = 1, seeds: object = None, steps: int = 20_000, seed: int = 5, **values: object) -> Run:
    people = world(ties, seeds, worlds=worlds)  # type: ignore[arg-type]
    values = {KEY + name: value for name, value in values.items()}
    return simulate(MODEL, people, seed=seed, steps=steps, until=SPREAD, keep=(ADOPTED, REACHED, TOOK), values=values, compiled=False)


def one_circle(gap: int, q: float) -> float:
    """Mean steps until a gap on a circle of next neighbours is closed: either end follows with probability q; the last one surely."""
    mean = [0.0, 1.0]
    for k in range(2, gap + 1):
        mean.append((1 + 2 * q * (1 - q) * mean[k - 1] + q * q * mean[k - 2]) / (1 - (1 - q) ** 2))
    return mean[gap]


def two_circle(gap: int, q: float) -> float:
    """The same on C2 with noise along every tie: an end follows surely, and the one behind it with probability q."""
    mean = [0.0, 1.0, 1.0, 1.0]
    for k in range(4, gap + 1):
        mean.append(1 + (1 - q) ** 2 * mean[k - 2] + 2 * q * (1 - q) * mean[k - 3] + q * q * mean[k - 4])
    return mean[gap]


@pytest.mark.parametrize("q", [0.02, 0.2, 0.7])
def test_mean_time_on_circles(q: float) -> None:
    worlds, n = 400, 40
    for reach, exact in ((1, one_circle), (2, two_circle)):
        took = spread(networks.beside([networks.ring(n, reach)] * worlds), worlds=worlds, q=q).final["took"]
        assert abs(took.mean() - exact(n - 2, q)) < 3 * took.std() / worlds**0.5 + 1e-9, (reach, took.mean(), exact(n - 2, q))


@pytest.mark.parametrize("n", [5, 40, 41, 500])
def test_noise_along_the_cycle_cannot_overtake_the_front_of_two(n: int) -> None:
    for q in (0.0, 0.3, 1.0):
        assert spread(networks.ring(n, 2), q=q, noise_along="short").final["took"][0] == (n - 2) // 2


def test_without_noise_it_is_the_strict_rule() -> None:
    for seed in range(6):
        ties = networks.beside([networks.traded(networks.lattice(8, 8), 0.15, seed=seed + k) for k in (0, 100)])
        seeds = np.concatenate([ties.neighbours(0), ties.neighbours(64)])
        for theta in (1, 2, 3):
            noisy = spread(ties, worlds=2, seeds=seeds, steps=60, q=0, theta=theta)
            people = centola_macy_2007.world(theta, ties, seeds, worlds=2)
            keep = (centola_macy_2007.ACTIVE, centola_macy_2007.REACHED)
            strict = simulate(centola_macy_2007.centola_macy_2007(), people, seed=1, steps=60, keep=keep, compiled=False)
            assert np.array_equal(noisy.final["adopted"], strict.final["active"])
            n = min(len(noisy.days), 60)
            assert np.array_equal(noisy.series["total"][:n], strict.series["total"][:n])


def test_above_the_threshold_rho_counts() -> None:
    worlds, rho = 400, 0.3
    took = spread(networks.beside([networks.ring(6, 2)] * worlds), worlds=worlds, seeds=_without(worlds, 6, 3), q=0, rho=rho).final["took"]
    assert abs(took.mean() - 1 / rho) < 3 * took.std() / worlds**0.5  # one person left, with four neighbours
    assert not spread(networks.ring(20, 2), q=0, rho=0, steps=50).final["took"].any()


def _without(worlds: int, n: int, i: int) -> np.ndarray:
    rows = np.arange(worlds * n)
    return rows[rows % n != i]


def test_nobody_adopts_without_an_adopter_among_the_neighbours() -> None:
    apart = networks.from_edges(6, [(0, 1), (2, 3), (3, 4), (4, 5)])
    assert spread(apart, q=1, steps=30).final["adopted"].tolist() == [1, 1, 0, 0, 0, 0]
    path = networks.from_edges(5, [(0, 1), (1, 2), (2, 3), (3, 4)])
    assert spread(path, q=1, steps=1).final["adopted"].tolist() == [1, 1, 1, 0, 0]
    assert spread(path, q=1, seeds=[0], noise_along="short", steps=1).final["adopted"].tolist() == [
        1,
        1,
        0,
        0,
        1,
    ]  # 4 and 0 are on the cycle


def test_rewiring_takes_about_as_many_ties_away_as_it_adds() -> None:
    n, eta, times = 400, 160.0, 60
    ring2 = {tuple(e) for e in networks.ring(n, 2).edges()}
    ring1 = {tuple(e) for e in networks.ring(n, 1).edges()}
    gone, added = [], []
    for seed in range(times):
        have = {tuple(e) for e in rewired(n, eta, seed=seed).edges()}
        assert ring1 <= have
        gone.append(len(ring2 - have))
        added.append(len(have - ring2))
    removed, new = n * (1 - np.exp(-eta / (2 * n))), (n * (n - 1) / 2 - 2 * n) * (1 - np.exp(-eta / n**2))
    assert abs(np.mean(gone) - removed) < 3.5 * (removed / times) ** 0.5
    assert abs(np.mean(added) - new) < 3.5 * (new / times) ** 0.5
    assert np.array_equal(rewired(n, 0.0, seed=1).indices, networks.ring(n, 2).indices)


def test_worlds_do_not_touch_and_a_seed_repeats() -> None:
    parts = [rewired(60, 40.0, seed=s) for s in (1, 2, 3)]
    a, b = (spread(networks.beside(parts), worlds=3, q=0.1, seed=9) for _ in range(2))
    assert a.state_hash == b.state_hash
    first = spread(parts[0], q=0.1, seed=9)  # the first world has the same people, and so the same draws
    assert first.final["took"][0] == a.final["took"][0]
    assert spread(networks.beside(parts), worlds=3, q=0.1, seed=10).state_hash != a.state_hash


@pytest.mark.compiled
def test_same_bits_compiled() -> None:
    people = world(networks.beside([rewired(60, 40.0, seed=s) for s in range(4)]), worlds=4)
    runs = [simulate(MODEL, people, seed=4, steps=900, until=SPREAD, compiled=c, threads=t) for c, t in ((False, 1), (True, 1), (True, 2))]
    assert len({run.state_hash for run in runs}) == 1


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"seeds": [10]}, "seeds"),
        ({"seeds": [-1]}, "seeds"),
        ({"seeds": [np.nan]}, "seeds"),
        ({"worlds": 3}, "worlds"),
        ({"worlds": 5}, "worlds"),
        ({"worlds": -1}, "worlds"),
        ({"short": networks.ring(9, 1)}, "short"),
    ],
)
def test_bad_input_is_named(given: dict[str, object], key: str) -> None:
    with pytest.raises(InputError) as caught:
        world(**{"ties": networks.ring(10, 2), **given})  # type: ignore[arg-type]
    assert caught.value.key == key


def test_bad_rewiring_is_refused() -> None:
    for eta in (-1.0, float("nan")):
        with pytest.raises(InputError):
            rewired(20, eta, seed=1)
