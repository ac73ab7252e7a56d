"""Indices of functions whose indices are known exactly, and designs that grow."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.studies import sensitivity

NAMES = ("one", "two", "three")
FIRST, TOTAL = np.array([0.3139, 0.4424, 0.0]), np.array([0.5576, 0.4424, 0.2437])  # Ishigami & Homma 1990, a = 7, b = 0.1


def ishigami(shares):
    x = np.pi * (2 * shares - 1)
    return np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])


def indices(count, seed=3):
    both = sensitivity.pairs(NAMES, count, seed=seed)
    return sensitivity.sobol_indices(ishigami(sensitivity.crossed(both[:, 0], both[:, 1])), resamples=200)


def test_the_function_of_ishigami():
    first, total = indices(2048)
    np.testing.assert_allclose(first.value, FIRST, atol=0.02)
    np.testing.assert_allclose(total.value, TOTAL, atol=0.02)


def test_intervals_hold_the_exact_indices():
    held = []
    for seed in range(8):
        for found, exact in zip(indices(256, seed), (FIRST, TOTAL), strict=True):
            assert (found.low <= found.value).all()
            assert (found.value <= found.high).all()
            held += list((found.low <= exact) & (exact <= found.high))
    assert np.mean(held) > 0.85


def test_what_does_not_vary_has_no_indices():
    first, total = sensitivity.sobol_indices(np.ones((8, 5)))
    assert np.isnan(first.value).all()
    assert np.isnan(total.high).all()


def test_crossed_points_differ_in_one_input():
    both = sensitivity.pairs(NAMES, 4, seed=1)
    runs = sensitivity.crossed(both[:, 0], both[:, 1])
    assert runs.shape == (4, 5, 3)
    for k in range(3):
        np.testing.assert_array_equal(np.flatnonzero(runs[0, 2 + k] != runs[0, 0]), [k])
        assert runs[0, 2 + k, k] == runs[0, 1, k]


def test_elementary_effects_of_a_plane_are_its_slopes():
    found = sensitivity.trajectories(NAMES, 20, seed=2)
    slopes = np.array([1.0, -2.0, 0.5])
    effects = sensitivity.morris_effects(sensitivity.elementary_effects(found.shares @ slopes, found), resamples=50)
    np.testing.assert_allclose(effects.mean, [*slopes, 0.0], atol=1e-12)
    np.testing.assert_allclose(effects.size.value, [1.0, 2.0, 0.5, 0.0], atol=1e-12)
    np.testing.assert_allclose(effects.spread, 0.0, atol=1e-12)


def test_effects_that_depend_on_another_input_spread():
    found = sensitivity.trajectories(NAMES, 200, seed=2)
    values = found.shares[..., 0] * found.shares[..., 1] + found.shares[..., 2]
    effects = sensitivity.morris_effects(sensitivity.elementary_effects(values, found), resamples=50)
    assert (effects.spread[:2] > 0.2).all()
    assert effects.spread[2] < 1e-12
    np.testing.assert_allclose(effects.size.value[:2], 0.5, atol=0.06)


def test_chance_is_what_another_seed_changes():
    found = sensitivity.trajectories(NAMES, 5, seed=4)
    later = np.arange(5)[None, :] > np.argmax(found.moved == 3, axis=1)[:, None]  # runs under the other seed
    effects = sensitivity.elementary_effects(np.where(later, 7.0, 4.0), found)
    np.testing.assert_array_equal(effects, np.tile([0.0, 0.0, 0.0, 3.0], (5, 1)))


def test_every_input_moves_once_and_stays_within_its_range():
    found = sensitivity.trajectories(NAMES, 30, seed=5)
    assert (np.sort(found.moved, axis=1) == np.arange(4)).all()
    assert found.shares.min() == 0
    assert found.shares.max() == 1
    assert set(np.unique(np.rint(found.shares * 3))) == {0, 1, 2, 3}
    steps = np.abs(np.diff(found.shares, axis=1))
    np.testing.assert_allclose(steps.sum(axis=2), np.where(found.moved == 3, 0.0, 2 / 3), atol=1e-12)


def test_longer_designs_begin_with_shorter_ones():
    np.testing.assert_array_equal(sensitivity.pairs(NAMES, 8, seed=1)[:5], sensitivity.pairs(NAMES, 5, seed=1))
    long, short = (sensitivity.trajectories(NAMES, n, seed=1) for n in (8, 5))
    np.testing.assert_array_equal(long.shares[:5], short.shares)
    np.testing.assert_array_equal(long.moved[:5], short.moved)


def test_the_share_between_classes():
    classes = np.repeat(np.arange(4), 50)
    noise = sensitivity.random_shares(("x",), 200, seed=1)[:, 0]
    assert sensitivity.explained(classes, classes * 1.0) == pytest.approx(1.0)
    assert abs(sensitivity.explained(classes, noise)) < 0.1
    assert np.isnan(sensitivity.explained(classes, np.ones(200)))
    assert np.isnan(sensitivity.explained(np.zeros(200, np.int64), noise))
