"""The loops that the builder compiles: against their definitions, and compiled against plain."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from groundswell.core.draws import Draws, Stream
from groundswell.populations import kernels, kin, streams
from groundswell.populations.build import build_population
from groundswell.populations.tables import CensusTables

HERE = Stream("here", 1999)


def identity(function: Any) -> Any:
    return function


def test_draws_are_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = Draws(2**40 + 12345)
    index = np.array([0, 1, 77, 2**32 - 1])
    _, _, x2, x3 = draws.words(HERE, 0, (7 << 32) | index, 5)
    for how in (kernels.compiled, identity):
        monkeypatch.setattr(kernels, "compiled", how)
        got = kernels.Source(7, draws.keys).uniforms(HERE, index, 5)
        assert got[:, 0].tolist() == draws.uniform(HERE, 0, (7 << 32) | index, 5).tolist()
        assert got[:, 1].tolist() == [((int(a) >> 5) * 2**26 + (int(b) >> 6)) / 2**53 for a, b in zip(x2, x3, strict=True)]


def test_streams_are_apart() -> None:
    numbers = [s.number for s in streams.ALL]
    assert len({s.name for s in streams.ALL}) == len(numbers)
    taken = [*numbers, *range(streams.GROUP_SIZES.number + 1, streams.GROUP_SIZES.number + 4)]
    assert len(set(taken)) == len(taken)
    assert all(1000 <= n <= 1999 for n in taken)


groups = st.lists(st.tuples(st.integers(0, 500), st.sampled_from([0.0, 1e-6, 0.02, 0.3, 0.7, 0.999, 1.0])), min_size=1, max_size=30)


@settings(max_examples=60)
@given(groups, st.floats(0, 1))
def test_take_is_exact(pairs: list[tuple[int, float]], part: float) -> None:
    available = np.array([n for n, _ in pairs], np.int64)
    weight = np.array([w for _, w in pairs])
    most = int(available[weight > 0].sum())
    total = int(part * (most + 5))
    taken = kernels.take(available, weight, total)
    assert taken.sum() == min(total, most)
    assert (taken >= 0).all()
    assert (taken <= available).all()
    assert (taken[weight == 0] == 0).all()


def test_take_follows_the_odds() -> None:
    available = np.full(3, 10**6, np.int64)
    taken = kernels.take(available, np.array([0.2, 0.5, 0.8]), 1_500_000) / 1e6
    assert taken == pytest.approx([0.2, 0.5, 0.8], abs=1e-5)  # the weights already add up: the common factor is 1
    fewer = kernels.take(available, np.array([0.2, 0.5, 0.8]), 900_000) / 1e6
    odds = fewer / (1 - fewer)
    assert odds[1] / odds[0] == pytest.approx(4, rel=1e-4)
    assert odds[2] / odds[1] == pytest.approx(4, rel=1e-4)


def test_fit_reaches_both_margins() -> None:
    weight = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 1.0], [0.0, 1.0, 9.0], [1.0, 1.0, 1.0]])
    rows, columns = np.array([40, 35, 25, 0]), np.array([30, 30, 40])
    shares = np.diff(kernels.fit(weight, rows, columns, 200), axis=1, prepend=0.0)
    table = shares * rows[:, None]
    assert table.sum(0) == pytest.approx(columns, abs=1e-6)
    ratio = table[:2, :2] / weight[:2, :2]  # fitting keeps the odds ratios of the weights
    assert ratio[0, 0] * ratio[1, 1] == pytest.approx(ratio[0, 1] * ratio[1, 0])
    assert table[2, 0] == 0


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=4, max_size=4), st.permutations(range(4)))
def test_coupling_is_monotone(targets: list[int], order: list[int]) -> None:
    wanted, actual = np.array(targets), np.array(targets)[order]
    table = kernels.couple(wanted, actual)
    assert table.sum(1).tolist() == wanted.tolist()
    assert table.sum(0).tolist() == actual.tolist()
    cells = [(t, a) for t, a in zip(*np.nonzero(table), strict=True)]
    assert all(b[1] >= a[1] for a, b in pairwise(cells))


def test_match_uses_everything_up_and_follows_the_likes() -> None:
    n = 6000
    source = kernels.Source(3, Draws(5).keys)
    key = np.repeat([0, 1], n // 2).astype(np.uint16)
    weights = np.array([[1.0, 0.0, 0.0, 3.0], [0.0, 1.0, 1.0, 0.0]])
    actual = np.array([750, 1500, 1500, 2250])
    shares = kernels.fit(weights, np.bincount(key), actual, 20)
    ones = np.ones(n, np.uint8)
    got = kernels.match(key, shares, actual, ones - ones, ones, source.uniforms(HERE, n))
    assert np.bincount(got).tolist() == actual.tolist()
    ordered = got.reshape(2, -1)
    assert np.isin(ordered[0], [0, 3]).mean() > 0.98  # the rest pays for chance in the wishes
    assert np.isin(ordered[1], [1, 2]).mean() > 0.98
    half = n // 4
    assert (ordered[0, :half] == 0).mean() == pytest.approx((ordered[0, half:] == 0).mean(), abs=0.05)


def test_brothers_and_sisters_are_spaced() -> None:
    n = 4000
    source = kernels.Source(3, Draws(5).keys)
    lane, of = np.tile([0, 1], n // 2).astype(np.uint8), np.full(n, 2, np.uint8)
    shares = np.linspace(0.05, 1.0, 20)[None, :]
    actual = np.full(20, n // 20)
    got = kernels.match(np.zeros(n, np.uint16), shares, actual, lane, of, source.uniforms(HERE, np.arange(n) // 2, lane)).astype(int)
    gaps = got[1::2] - got[::2]
    assert (gaps >= -1).all()
    assert gaps.mean() == pytest.approx(10, abs=0.5)


@pytest.mark.compiled
def test_compiled_and_plain_give_the_same_bits(atlantis: CensusTables, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = build_population(atlantis, scale=20, provinces=["AT-04", "AT-03"], seed=3)
    monkeypatch.setattr(kernels, "compiled", identity)
    plain = build_population(atlantis, scale=20, provinces=["AT-04", "AT-03"], seed=3, threads=1)
    assert plain.digest == compiled.digest


@settings(max_examples=100)
@given(
    st.lists(st.floats(0, 1), min_size=15, max_size=15).filter(lambda s: sum(s) > 0.01),
    st.integers(1, 3000),
    st.one_of(st.none(), st.floats(1.05, 9)),
)
def test_household_sizes_hold_everybody(shares: list[float], rows: int, mean: float | None) -> None:
    if mean is not None and not (shares[0] > 0.001 and shares[-1] > 0.001):
        mean = None
    numbers = kin.household_sizes([0.0, *shares], rows, mean)
    assert (numbers >= 0).all()
    assert numbers[0] == 0
    assert sum(size * int(n) for size, n in enumerate(numbers)) == rows


def test_household_sizes_follow_the_table_and_the_mean() -> None:
    shares = [0.0, 0.1, 0.2, 0.3, 0.25, 0.15] + [0.0] * 10
    numbers = kin.household_sizes(shares, 315_000)
    assert numbers / numbers.sum() == pytest.approx(shares, abs=2e-5)
    tilted = kin.household_sizes(shares, 315_000, 3.5)
    assert tilted.sum() == pytest.approx(90_000, abs=2)
    ratio = tilted[1:6] / (numbers[1:6] / numbers.sum())
    assert ratio[1:] / ratio[:-1] == pytest.approx([ratio[1] / ratio[0]] * 4, rel=1e-3)
