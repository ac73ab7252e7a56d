from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from groundswell.core.compile import compiled
from groundswell.core.errors import ModelError
from groundswell.core.permute import fill_permutation, permute, permutes, round_keys, side, sides, unpermute, unpermutes

KEY0, KEY1 = np.uint32(0x12345678), np.uint32(0x9ABCDEF0)


def keys(number: int = 0, place: int = 3):
    return round_keys(place, number, 0, 2000, KEY0, KEY1)


@given(st.integers(1, 3000), st.integers(0, 2**31), st.integers(1, 65535), st.integers(0, 2**20))
def test_is_a_bijection_with_its_inverse(n, number, place, block):
    i = np.arange(n)
    image = permutes(i, n, side(n), block, *keys(number, place))
    np.testing.assert_array_equal(np.sort(image), i)
    np.testing.assert_array_equal(unpermutes(image, n, side(n), block, *keys(number, place)), i)


@given(st.integers(1, 2**31), st.data())
def test_large_domains_invert_and_scalars_have_the_bits_of_arrays(n, data):
    i = data.draw(st.integers(0, n - 1))
    image = permute(i, n, side(n), 5, *keys())
    assert 0 <= image < n
    assert unpermute(image, n, side(n), 5, *keys()) == i
    assert permutes(np.array([i]), np.array([n]), sides([n]), np.array([5]), *keys())[0] == image


@pytest.mark.compiled
def test_compiled_has_the_bits_of_the_plain_function():
    for n in (1, 2, 3, 50, 1000):
        plain, fast = np.empty(n, np.int64), np.empty(n, np.int64)
        fill_permutation(plain, *keys())
        compiled(fill_permutation)(fast, *keys())
        np.testing.assert_array_equal(plain, fast)
        np.testing.assert_array_equal(plain, permutes(np.arange(n), n, side(n), 0, *keys()))


@pytest.mark.parametrize("n", [2, 3, 5, 36, 97])
def test_images_of_one_number_are_uniform_over_keys(n):
    number = np.arange(50_000, dtype=np.uint32)
    image = permutes(np.zeros(len(number), np.int64), n, side(n), 0, *round_keys(1, number, 0, 2000, KEY0, KEY1))
    expected = len(number) / n
    chi = float(((np.bincount(image, minlength=n) - expected) ** 2 / expected).sum())
    assert abs(chi - (n - 1)) < 4.5 * np.sqrt(2 * (n - 1))


@pytest.mark.parametrize(("n", "excess"), [(5, 0.09), (12, 0.06), (100, 0.03)])
def test_images_of_two_numbers_are_nearly_uniform(n, excess):
    number = np.arange(200_000, dtype=np.uint32)
    k = round_keys(1, number, 0, 2000, KEY0, KEY1)
    one, other = (permutes(np.full(len(number), i), n, side(n), 0, *k) for i in (0, 1))
    counts = np.bincount(one * n + other, minlength=n * n).reshape(n, n)[~np.eye(n, dtype=bool)]
    expected, df = len(number) / (n * (n - 1)), n * (n - 1) - 1
    chi = float(((counts - expected) ** 2 / expected).sum())
    assert np.sqrt(max(chi - df, 0.0) / df / expected) < excess


def test_places_numbers_and_blocks_are_independent():
    n, i = 10_000, np.arange(10_000)
    first = permutes(i, n, side(n), 0, *keys(0, 1))
    for place, number, block in ((2, 0, 0), (1, 1, 0), (1, 0, 1)):
        other = permutes(i, n, side(n), block, *keys(number, place))
        assert (first == other).sum() < 8  # Poisson of mean 1
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.045
        shift = np.bincount((first - other) % n % 100, minlength=100)
        assert abs(float(((shift - 100.0) ** 2 / 100).sum()) - 99) < 65


def test_neighbours_are_parted():
    n = 10_000
    image = permutes(np.arange(n), n, side(n), 0, *keys())
    gap = np.abs(np.diff(image))
    assert abs(gap.mean() - n / 3) < 4.5 * n / np.sqrt(18 * n)


def test_refuses_what_is_outside_the_domain():
    with pytest.raises(ModelError):
        permutes(np.array([5]), 5, side(5), 0, *keys())
    assert len(permutes(np.empty(0, np.int64), 7, side(7), 0, *keys())) == 0
