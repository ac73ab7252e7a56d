"""Philox4x32-10 against its published known answers, and the draws that are made of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from tests.oracles.stage import share_near

from groundswell.core.arithmetic import U32
from groundswell.core.compile import compiled
from groundswell.core.draws import BLOCK, Draws, Stream, below, fill_uniforms, fill_words, fill_words_plain, philox4x32, uniform

# kat_vectors of Random123 (Salmon et al. 2011): counter, key, output
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]
TEST = Stream("test", 999)
words32 = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_philox_known_answers_scalar(counter, key, expected) -> None:
    with np.errstate(over="ignore"):
        assert tuple(int(x) for x in philox4x32(*map(U32, counter), *map(U32, key))) == expected


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_philox_known_answers_array(counter, key, expected) -> None:
    out = philox4x32(*(np.full(5, c, np.uint32) for c in counter), *map(U32, key))
    for word, value in zip(out, expected, strict=True):
        assert word.dtype == np.uint32
        assert (word == value).all()


@pytest.mark.compiled
@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_philox_known_answers_compiled(counter, key, expected) -> None:
    assert tuple(int(x) for x in compiled(philox4x32)(*map(U32, counter), *map(U32, key))) == expected


def test_draws_are_philox_of_the_address() -> None:
    """The counter is (index, place << 16 | other's place, other's index, day << 16 | stream), the key is the seed."""
    person, other, day = (7 << 32) | 11, (9 << 32) | 13, 36524
    got = Draws(0x0123456789ABCDEF).words(TEST, day, person, other)
    want = philox4x32(
        np.array([11], np.uint32), np.array([7 << 16 | 9], np.uint32), np.array([13], np.uint32), np.array([day << 16 | 999], np.uint32),
        U32(0x89ABCDEF), U32(0x01234567),
    )  # fmt: skip
    assert [int(x) for x in got] == [int(x[0]) for x in want]


@pytest.mark.compiled
def test_compiled_draws_have_the_same_bits() -> None:
    one, other = (np.arange(3000) * 7919) | (5 << 32), np.arange(3000) | (6 << 32)
    plain, fast = Draws(42), Draws(42, compiled(fill_uniforms))
    assert (plain.uniform(TEST, 100, one, other) == fast.uniform(TEST, 100, one, other)).all()
    a, b = np.empty((3, BLOCK // 2), np.uint32), np.empty((3, BLOCK // 2), np.uint32)
    fill_words_plain(a, 4, 3, 100, 999, *plain.keys)
    compiled(fill_words)(b, 4, 3, 100, 999, *plain.keys)
    assert (a == b).all()


@given(words32, words32, st.integers(1, 32767), st.integers(0, 2**31), st.integers(0, 65535))
def test_scalar_and_array_draws_have_the_same_bits(key0, key1, place, index, day) -> None:
    with np.errstate(over="ignore"):
        scalar = uniform(U32(key0), U32(key1), place, index, day, 999, 3)
    assert scalar == Draws(key0 | key1 << 32).uniform(TEST, day, (place << 32) | index, 3)


@given(st.floats(0, 1), words32)
def test_below_has_the_exact_probability(p, index) -> None:
    """Of 65,536 equally likely draws, floor(65536 p) say yes and one leaves the rest of p to 53 further bits."""
    key0, key1 = U32(1), U32(2)
    whole = int(p * 65536.0)
    with np.errstate(over="ignore"):
        answers = {
            d: below(d, p, key0, key1, 1, index, 0, 5) for d in (0, whole - 2, whole - 1, whole, whole + 1, 65535) if 0 <= d <= 65535
        }
        fine = uniform(key0, key1, 1, index, 0, 5, 1)
    for draw, answer in answers.items():
        assert answer == (draw < whole or (draw == whole and float(fine) < p * 65536.0 - whole))


def test_uniforms_are_uniform() -> None:
    u = Draws(5).uniform(TEST, 1, np.arange(100_000))
    assert u.min() >= 0
    assert u.max() < 1
    for q in (0.01, 0.3, 0.5, 0.99):
        share_near((u < q).sum(), u.size, q)
    assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < 3 / np.sqrt(u.size)


def test_pair_coins_belong_to_the_unordered_pair() -> None:
    a, b = np.arange(500) | (1 << 32), np.arange(500)[::-1] | (2 << 32)
    assert (Draws(1).pair_coin(TEST, 1, 0.5, a, b) == Draws(1).pair_coin(TEST, 1, 0.5, b, a)).all()
    assert (Draws(1).coin(TEST, 1, 0.5, a, b) != Draws(1).coin(TEST, 1, 0.5, b, a)).any()
