"""A point of a design is a function of its index: a longer design begins with the shorter one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from groundswell.core.errors import InputError
from groundswell.studies import designs
from groundswell.studies.designs import Axis

AXES = {"a": Axis(0, 1), "b": Axis(0.01, 100, log=True), "c": Axis(1, 6, whole=True)}


def test_a_grid_is_every_combination():
    points = designs.grid({"a": [1, 2], "b": ["x", "y", "z"]})
    assert len(points) == 6
    assert points[:4] == [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 1, "b": "z"}, {"a": 2, "b": "x"}]


@pytest.mark.parametrize("design", ["random", "latin", "sobol"])
def test_designs_can_be_extended(design):
    if design == "sobol":
        pytest.importorskip("scipy")
    make = {
        "random": designs.random,
        "latin": lambda *args, **more: designs.latin_hypercube(*args, block=16, **more),
        "sobol": designs.sobol,
    }[design]
    whole = make(AXES, 48, seed=3)
    assert make(AXES, 20, seed=3) + make(AXES, 28, seed=3, first=20) == whole
    assert make(AXES, 48, seed=4) != whole
    for point in whole:
        assert 0 <= point["a"] < 1
        assert 0.01 <= point["b"] <= 100
        assert point["c"] in range(1, 7)
        assert type(point["c"]) is int


@pytest.mark.parametrize("design", ["random", "latin"])
def test_another_axis_changes_no_other(design):
    make = designs.random if design == "random" else lambda *args, **more: designs.latin_hypercube(*args, block=8, **more)
    one, two = make({"a": AXES["a"]}, 16), make({"b": AXES["b"], "a": AXES["a"]}, 16)
    assert [p["a"] for p in one] == [p["a"] for p in two]


def test_a_latin_hypercube_has_one_point_in_every_stratum():
    shares = designs.latin_shares(("a", "b", "c"), 60, block=20, seed=1)
    for block, column in itertools.product(range(3), range(3)):
        mine = shares[20 * block : 20 * block + 20, column]
        assert sorted(np.floor(mine * 20).astype(int)) == list(range(20))
    assert abs(np.corrcoef(shares[:20].T)[0, 1]) < 0.9


def test_a_shifted_sobol_sequence_keeps_its_balance():
    pytest.importorskip("scipy")
    shares = designs.sobol_shares(("a", "b"), 64, seed=5)
    for column in range(2):
        assert sorted(np.floor(shares[:, column] * 64).astype(int)) == list(range(64))
    boxes = np.floor(shares * 8).astype(int)
    assert len({tuple(box) for box in boxes.tolist()}) == 64  # a (0, 6, 2)-net: one point in every box of 8 by 8
    other = designs.sobol_shares(("a", "b"), 64, seed=6)
    assert not np.array_equal(shares, other)


def test_random_points_are_uniform():
    shares = designs.random_shares(("a", "b"), 4000, seed=1)
    assert abs(shares.mean(axis=0) - 0.5).max() < 0.02
    assert abs(shares.var(axis=0) - 1 / 12).max() < 0.005
    assert abs(np.corrcoef(shares.T)[0, 1]) < 0.05


def test_axes():
    assert Axis(2, 4).at(0.5) == 3
    assert Axis(1, 100, log=True).at(0.5) == pytest.approx(10)
    assert [Axis(1, 3, whole=True).at(u) for u in (0, 0.34, 0.67, 0.999999)] == [1, 2, 3, 3]


def test_replicates_share_their_seeds_or_not():
    points = [{"a": 1}, {"a": 2}]
    same = designs.replicated(points, 3, seed=9)
    assert [p["a"] for p in same] == [1, 2] * 3
    assert [p["seed"] for p in same[::2]] == [p["seed"] for p in same[1::2]]
    assert len({p["seed"] for p in same}) == 3
    own = designs.replicated(points, 3, seed=9, common=False)
    assert len({p["seed"] for p in own}) == 6
    assert designs.replicated(points, 4, seed=9)[:6] == same
    assert all(0 <= s < 1 << 53 for s in designs.seeds(range(1000)))


def test_mistakes_are_named():
    for wrong, message in (
        (lambda: Axis(1, 1), "two ends"),
        (lambda: Axis(0, 1, log=True), "above 0"),
        (lambda: Axis(0.5, 2, whole=True), "whole ends"),
        (lambda: designs.grid({"a": []}), "a: needs values"),
        (lambda: designs.grid({"a": [1, 1]}), "each of them once"),
        (lambda: designs.grid({name: range(1000) for name in "abc"}), "count"),
        (lambda: designs.random(AXES, -1), "count"),
        (lambda: designs.random(AXES, 1, seed=-1), "seed"),
        (lambda: designs.random({}, 1), "axes"),
        (lambda: designs.latin_hypercube(AXES, 4, block=0), "block"),
    ):
        with pytest.raises(InputError, match=message):
            wrong()


def test_sobol_without_scipy_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(InputError, match="needs SciPy"):
        designs.sobol(AXES, 4)
