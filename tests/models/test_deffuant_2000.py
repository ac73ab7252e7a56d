"""Bounded confidence against what is known: the mean is conserved, who is within the threshold of all agrees, and small cases by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from groundswell import Run, simulate
from groundswell.core.errors import InputError
from groundswell.models.deffuant_2000 import CLUSTERS, OPINION, SETTLED, UNIT, deffuant_2000, world


def meet(people: int = 200, groups: int = 1, bound: float = 0.2, pull: float = 0.5, **options: object) -> Run:
    """Groups until all clusters are final."""
    population = options.pop("population", None) or world(people, groups)
    values = {"meeting.bound": bound, "meeting.pull": pull}
    options = {"seed": 3, "steps": 3000, "until": SETTLED, "keep": (OPINION, CLUSTERS, SETTLED)} | options
    return simulate(deffuant_2000(), population, values=values, **options)  # type: ignore[arg-type]


def opinions(run: Run, groups: int = 1) -> np.ndarray:
    """As numbers from 0 to 1, sorted within each group; shape (groups, people)."""
    return np.sort(run.final["opinion"].reshape(groups, -1), axis=1) / UNIT


def kept_apart(x: np.ndarray, bound: float) -> int:
    """Clusters of one group, counted plainly."""
    ordered = sorted(x.tolist())
    return 1 + sum(b - a >= bound for a, b in pairwise(ordered))


@pytest.mark.compiled
@pytest.mark.parametrize("pull", [0.5, 0.3, 0.07])
@pytest.mark.parametrize("bound", [0.1, 0.25, 0.6])
def test_row_19_the_mean_is_conserved(bound: float, pull: float) -> None:
    run = meet(500, 4, bound, pull, until=None, steps=60)
    total = run.series["total"][:, 0]
    first = (world(500, 4).columns["first_opinion"] * UNIT).astype(np.int64)
    assert (total == first.sum()).all()  # exactly
    groups = run.final["opinion"].reshape(4, 500)
    drift = np.abs(groups.mean(axis=1) - first.reshape(4, 500).mean(axis=1)) / UNIT
    assert (drift < 1e-12).all()
    assert (groups.sum(axis=1) == first.reshape(4, 500).sum(axis=1)).all()


@pytest.mark.compiled
@pytest.mark.parametrize("bound", [0.55, 0.7, 1.0])
def test_row_19_one_cluster(bound: float) -> None:
    run = meet(1000, 60, bound)
    assert run.final["settled"][0] == 1
    assert (run.final["clusters"] == 1).all()


@pytest.mark.compiled
def test_row_19_one_cluster_at_one_half() -> None:
    """At d = 1/2 itself a person at the very end may be left over before anyone meets her: one of a thousand, in few worlds."""
    run = meet(1000, 200, 0.5)
    assert (run.final["clusters"] == 1).mean() > 0.95
    x = opinions(run, 200)
    assert (np.abs(x - np.median(x, axis=1, keepdims=True)) < 0.5).sum(axis=1).min() >= 998


@pytest.mark.compiled
def test_a_settled_world_stays_settled() -> None:
    run = meet(40, 50, 0.12)
    later = meet(40, 50, 0.12, until=None, steps=len(run.days) + 2500)
    assert run.final["settled"][0] == later.final["settled"][0] == 1
    assert (run.final["clusters"] == later.final["clusters"]).all()
    x = opinions(later, 50)
    assert [kept_apart(g, 0.12) for g in x] == later.final["clusters"].tolist()
    gaps = np.diff(x, axis=1)
    assert ((gaps < 1e-6) | (gaps >= 0.12)).all()  # clusters have shrunk to points


@pytest.mark.parametrize(("pull", "after"), [(0.5, [0.4, 0.4]), (0.25, [0.375, 0.425]), (0.0, [0.3, 0.5])])
def test_two_people_by_hand(pull: float, after: list[float]) -> None:
    """Two people meet twice a day: each meeting leaves 1 - 2 mu of their difference."""
    two = world(2, opinions=[0.3, 0.5])
    run = meet(population=two, bound=0.25, pull=pull, until=None, steps=1, compiled=False)
    assert opinions(run)[0] == pytest.approx(after, abs=1e-11)
    far = meet(population=two, bound=0.2 - 1e-6, pull=pull, until=None, steps=5, compiled=False)
    assert opinions(far)[0] == pytest.approx([0.3, 0.5], abs=1e-11)
    assert far.final["clusters"][0] == 2


def test_groups_do_not_meet() -> None:
    people = np.concatenate([np.linspace(0, 0.1, 20), np.linspace(0.1, 0.2, 20)])
    run = meet(population=world(20, 2, people), bound=0.5, compiled=False, until=None, steps=30)
    x = opinions(run, 2)
    assert x.mean(axis=1) == pytest.approx([0.05, 0.15], abs=1e-11)
    assert (np.ptp(x, axis=1) < 1e-3).all()
    assert run.final["clusters"].tolist() == [1, 1]


def test_partners_are_uniform() -> None:
    """How often nobody has met whom she can meet, over many worlds of three."""
    n = 600
    run = meet(population=world(3, n, np.tile([0.0, 0.2, 0.6], n)), bound=0.25, until=None, steps=1, compiled=False)
    x = opinions(run, n)
    untouched = (x == np.floor(np.array([0.0, 0.2, 0.6]) * UNIT) / UNIT).all(axis=1).mean()
    # Only 0 and 0.2 can meet: with chance 1/3 a turn; turns of a group are Poisson with mean 3, so e**-1 of them see none.
    assert abs(untouched - math.exp(-1)) < 4 * (math.exp(-1) * (1 - math.exp(-1)) / n) ** 0.5
    assert (x[:, 2] == x[0, 2]).all()


@pytest.mark.compiled
def test_about_one_over_two_d_clusters() -> None:
    """Clusters of some size; a few people at the ends may be left over, as the paper says."""
    for bound in (0.1, 0.2, 0.3):
        run = meet(1000, 30, bound)
        sizes = [np.diff(np.flatnonzero(np.concatenate([[True], np.diff(g) >= bound, [True]]))) for g in opinions(run, 30)]
        large = np.mean([(s >= 50).sum() for s in sizes])
        assert abs(large - 1 / (2 * bound)) < 1


@pytest.mark.compiled
def test_same_bits() -> None:
    plain = meet(20, 3, 0.15, 0.3, compiled=False, until=None, steps=6)
    for options in ({}, {"threads": 2, "tile": 7}):
        again = meet(20, 3, 0.15, 0.3, until=None, steps=6, **options)
        assert again.state_hash == plain.state_hash
        assert (again.final["opinion"] == plain.final["opinion"]).all()
    assert meet(20, 3, 0.15, 0.3, until=None, steps=6, seed=4).state_hash != plain.state_hash


def test_another_group_changes_no_first_opinion() -> None:
    one, more = world(50, 1).columns["first_opinion"], world(50, 3).columns["first_opinion"]
    assert (one == more[:50]).all()
    assert abs(world(2000, 20).columns["first_opinion"].mean() - 0.5) < 4 * (1 / 12 / 40_000) ** 0.5


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"people": 1}, "people"),
        ({"people": -5}, "people"),
        ({"groups": 0}, "groups"),
        ({"people": 10_000_000}, "people"),
        ({"people": 3, "opinions": [0.1, 0.2]}, "opinions"),
        ({"people": 2, "opinions": [0.1, float("nan")]}, "opinions"),
        ({"people": 2, "opinions": [-0.1, 0.5]}, "opinions"),
        ({"people": 2, "opinions": [0.1, 1.5]}, "opinions"),
    ],
)
def test_wrong_worlds(options: dict[str, object], key: str) -> None:
    with pytest.raises(InputError, match=rf"^{key}: "):
        world(**options)  # type: ignore[arg-type]


def test_wrong_parameters() -> None:
    with pytest.raises(InputError, match=r"meeting\.pull: 0\.7 is outside"):
        meet(10, pull=0.7)
