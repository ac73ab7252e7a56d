"""The voter model against what is known exactly: birth-death chains, coalescing walks, and what each network conserves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from groundswell import Network, Run, networks, simulate
from groundswell.core.errors import InputError
from groundswell.models.voter import AGREED, HOLDERS, OPINION, UPDATES, voter, world


def vote(opinions: Sequence[int], groups: int, *, ties: Network | None = None, seed: int = 1, **options: object) -> Run:
    """Groups until all agree."""
    keep = (OPINION, HOLDERS, UPDATES)
    people = world(np.array(opinions), groups, ties)
    return simulate(voter(), people, seed=seed, **{"steps": 20_000, "until": AGREED, "keep": keep} | options)  # type: ignore[arg-type]


def expected_updates(n: int, start: int) -> float:
    """Mean updates of two opinions in a complete group, from the linear equations of the birth-death chain."""
    k = np.arange(1, n)
    move = k * (n - k) / (n * (n - 1))  # up, and as probable down
    chain = np.diag(2 * move) - np.diag(move[:-1], 1) - np.diag(move[1:], -1)
    return float(np.linalg.solve(chain, np.ones(n - 1))[start - 1])


def off(values: np.ndarray, mean: float) -> float:
    """How many standard errors the mean of a sample lies off."""
    return float(abs(values.mean() - mean) / (values.std() / len(values) ** 0.5))


@pytest.mark.compiled
@pytest.mark.parametrize("n", [5, 10, 20])
def test_row_17_all_different(n: int) -> None:
    run = vote(range(n), 12_000)
    updates = run.final["updates"]
    assert abs(updates.mean() / (n - 1) ** 2 - 1) < 0.02
    p = np.array([k * (k - 1) / (n * (n - 1)) for k in range(2, n + 1)])  # k ancestors become k - 1
    assert abs(updates.var() / ((1 - p) / p**2).sum() - 1) < 0.1
    winners = np.bincount(run.final["opinion"].reshape(-1, n)[:, 0], minlength=n)
    assert ((winners - 12_000 / n) ** 2 / (12_000 / n)).sum() < n - 1 + 4 * (2 * (n - 1)) ** 0.5


@pytest.mark.compiled
@pytest.mark.parametrize(("n", "groups", "mean"), [(20, 8000, 254.133), (100, 1500, 6812.905)])
def test_row_18_two_opinions_from_half(n: int, groups: int, mean: float) -> None:
    assert expected_updates(n, n // 2) == pytest.approx(mean, abs=5e-4)
    run = vote([0, 1] * (n // 2), groups)
    assert off(run.final["updates"], expected_updates(n, n // 2)) < 3
    assert off(run.final["opinion"].reshape(groups, n)[:, 0], 0.5) < 3


def test_row_18_to_six_digits() -> None:
    """The chain solved in another way: k (N - k) visits, summed in closed form by harmonic numbers."""
    for n, half in ((20, 10), (100, 50)):
        # The walk moves like a fair coin and waits N (N - 1) / (2 k (N - k)) at k; visits of k from s: 2 min(s, k) (N - max(s, k)) / N.
        visits = [2 * min(half, k) * (n - max(half, k)) / n for k in range(1, n)]
        waits = [n * (n - 1) / (2 * k * (n - k)) for k in range(1, n)]
        assert expected_updates(n, half) == pytest.approx(sum(v * w for v, w in zip(visits, waits, strict=True)), rel=1e-9)
    assert f"{expected_updates(20, 10):.3f}" == "254.133"
    assert f"{expected_updates(100, 50):.3f}" == "6812.905"


@pytest.mark.compiled
@pytest.mark.parametrize("holders", [1, 3, 7])
def test_an_opinion_wins_with_its_share(holders: int) -> None:
    run = vote([1] * holders + [0] * (10 - holders), 6000)
    assert off(run.final["opinion"].reshape(-1, 10)[:, 0], holders / 10) < 3
    assert off(run.final["updates"], expected_updates(10, holders)) < 3


@pytest.mark.compiled
@pytest.mark.parametrize("n", [3, 8, 16])
def test_rings_all_different(n: int) -> None:
    """The winner's stretch is a fair walk that moves with chance 2/N: from 1 to N in (N^2 - 1)/3 moves, given that it gets there."""
    run = vote(range(n), 4000, ties=networks.ring(n, 1))
    assert off(run.final["updates"], n * (n * n - 1) / 6) < 3


@pytest.mark.compiled
@pytest.mark.parametrize(("n", "block"), [(12, 6), (12, 2)])
def test_rings_two_blocks(n: int, block: int) -> None:
    run = vote([1] * block + [0] * (n - block), 4000, ties=networks.ring(n, 1))
    assert off(run.final["updates"], block * (n - block) * n / 2) < 3
    assert off(run.final["opinion"].reshape(-1, n)[:, 0], block / n) < 3


@pytest.mark.compiled
@pytest.mark.parametrize("leaves", [4, 9])
def test_a_hub_wins_with_its_share_of_ties(leaves: int) -> None:
    """On a network it is the opinion's share of ties that is conserved: half of a star's ends are its hub's."""
    star = networks.from_edges(leaves + 1, [(0, k) for k in range(1, leaves + 1)])
    run = vote([1] + [0] * leaves, 6000, ties=star)
    assert off(run.final["opinion"].reshape(-1, leaves + 1)[:, 0], 0.5) < 3


def test_conserved_uncompiled() -> None:
    run = vote(range(7), 5, compiled=False)
    opinion, holders = run.final["opinion"].reshape(5, 7), run.final["holders"].reshape(5, 7)
    assert (opinion == opinion[:, :1]).all()
    assert (holders.sum(axis=1) == 7).all()
    assert (holders[np.arange(5), opinion[:, 0]] == 7).all()
    divided = run.series["divided"][:, 0]
    assert divided[-1] == 0
    assert (np.diff(divided) <= 0).all()
    assert (divided[:-1] > 0).all()


def test_who_agrees_at_the_start_is_left_alone() -> None:
    run = vote([2] * 5, 3, compiled=False)
    assert len(run.days) == 1
    assert run.final["updates"].tolist() == [0, 0, 0]
    assert run.final["opinion"].tolist() == [2] * 15


@pytest.mark.compiled
@pytest.mark.parametrize("ties", [None, networks.ring(6, 1)], ids=["complete", "ring"])
def test_same_bits(ties: Network | None) -> None:
    plain = vote(range(6), 4, ties=ties, compiled=False, steps=8, until=None)
    for options in ({}, {"threads": 2, "tile": 5}):
        assert vote(range(6), 4, ties=ties, steps=8, until=None, **options).state_hash == plain.state_hash
    assert vote(range(6), 4, ties=ties, steps=8, until=None, seed=2).state_hash != plain.state_hash


@pytest.mark.parametrize(
    ("opinions", "groups", "ties", "key"),
    [
        ([0], 1, None, "opinions"),
        ([[0, 1]], 1, None, "opinions"),
        ([0.0, 1.0], 1, None, "opinions"),
        ([0.0, float("nan")], 1, None, "opinions"),
        ([0, -1, 1], 1, None, "opinions"),
        ([0, 1, 3], 1, None, "opinions"),
        ([0, 1], 0, None, "groups"),
        ([0, 1, 1], 1, networks.ring(4, 1), "ties"),
        ([0, 1, 1], 1, networks.from_edges(3, [(0, 1)]), "ties"),
    ],
)
def test_wrong_worlds(opinions: list[int], groups: int, ties: Network | None, key: str) -> None:
    with pytest.raises(InputError, match=rf"^{key}: "):
        world(opinions, groups, ties)
