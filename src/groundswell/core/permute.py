"""Keyed permutations of 0..n-1, computed element by element and never stored.

A generalised Feistel network (Black & Rogaway 2002): a number is written as left * low + right and six rounds add
a keyed hash of one half to the other, modulo that half's range. Its domain, high * low with low near sqrt(n), exceeds
n by less than sqrt(n), so a walk along the cycle back into 0..n-1 is rarely needed (with 2**k instead, up to half of
all numbers would walk). The round keys come from one Philox draw, so a permutation is addressed like any other draw.

The image of one number is uniform. The images of two numbers together are uniform within 1 % for n >= 64 and within
7 % below (root mean square over all pairs); four rounds would leave 12 % for any n.

`permute` and `unpermute` run on scalars as they stand and compile; `permutes` and `unpermutes` take arrays. All use
the same rounds on unsigned 64-bit integers and give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import I64, U32, U64
from groundswell.core.draws import philox4x32
from groundswell.core.errors import ModelError

LARGEST = 2**31  # of a domain
LOW32 = 0xFFFFFFFF
GOLDEN = 0x9E3779B9  # between the keys of blocks
LATER = 0x3C6EF372  # between the keys of the first four rounds and of the last two

Ints = npt.NDArray[np.int64]


def round_keys(place: Any, number: Any, day: int, stream: int, key0: Any, key1: Any) -> Any:
    """The four round keys of the permutation that belongs to a place code, a number and a stream; scalars or arrays."""
    x1 = U32(U32(place) << U32(16))
    return philox4x32(U32(number), x1, U32(0), U32(U32(U32(day) << U32(16)) | U32(stream)), key0, key1)


def side(size: int) -> int:
    """The range of the right half for a domain of `size`: the whole part of its square root, at least 2."""
    return max(int(math.sqrt(size)), 2)


def sides(size: npt.ArrayLike) -> Ints:
    """`side` of an array."""
    return np.maximum(np.sqrt(np.asarray(size, np.float64)).astype(np.int64), 2)


def keyed_share(other: Any, key: Any, span: Any) -> Any:
    """A hash of a half and a key, spread over 0..span-1.

    Multiplications by odd numbers modulo 2**32 and a shift: one to one in the key, so uniform over keys; the products
    of numbers below 2**32 cannot overflow 64 bits in any mode of execution.
    """
    x = (((other + key) & U64(LOW32)) * U64(0xD2511F53)) & U64(LOW32)
    x = ((x ^ (x >> U64(16))) * U64(0xCD9E8D57)) & U64(LOW32)
    return (x * (span & U64(LOW32))) >> U64(32)


def add_modulo(part: Any, share: Any, span: Any) -> Any:
    """(part + share) modulo span for two numbers below span."""
    total = part + share
    return total - span * U64(total >= span)


def reciprocal(low: Any) -> Any:
    """The whole part of 2**32 / low, with which `split` divides by low."""
    return U64(1 << 32) // U64(low)


def split(x: Any, low: Any, inverse: Any) -> Any:
    """x // low and x % low for x below 2**32, without a division, which processors cannot do for many numbers at once.

    The product falls short of the quotient by at most one, since x (2**32 / low - inverse) < 2**32.
    """
    left = (x * (inverse & U64(LOW32))) >> U64(32)
    right = x - left * (low & U64(LOW32))
    short = U64(right >= low)
    return left + short, right - low * short


def permute_once(x: Any, high: Any, low: Any, inverse: Any, tweak: Any, r0: Any, r1: Any, r2: Any, r3: Any) -> Any:
    """Six rounds over 0..high*low-1; scalars or arrays of uint64."""
    left, right = split(x & U64(LOW32), low, inverse)
    left = add_modulo(left, keyed_share(right, U64(r0) + tweak, high), high)
    right = add_modulo(right, keyed_share(left, U64(r1) + tweak, low), low)
    left = add_modulo(left, keyed_share(right, U64(r2) + tweak, high), high)
    right = add_modulo(right, keyed_share(left, U64(r3) + tweak, low), low)
    left = add_modulo(left, keyed_share(right, U64(r0) + tweak + U64(LATER), high), high)
    right = add_modulo(right, keyed_share(left, U64(r1) + tweak + U64(LATER), low), low)
    return (left & U64(LOW32)) * (low & U64(LOW32)) + right


def unpermute_once(x: Any, high: Any, low: Any, inverse: Any, tweak: Any, r0: Any, r1: Any, r2: Any, r3: Any) -> Any:
    """The inverse of `permute_once`."""
    left, right = split(x & U64(LOW32), low, inverse)
    right = add_modulo(right, low - keyed_share(left, U64(r1) + tweak + U64(LATER), low), low)
    left = add_modulo(left, high - keyed_share(right, U64(r0) + tweak + U64(LATER), high), high)
    right = add_modulo(right, low - keyed_share(left, U64(r3) + tweak, low), low)
    left = add_modulo(left, high - keyed_share(right, U64(r2) + tweak, high), high)
    right = add_modulo(right, low - keyed_share(left, U64(r1) + tweak, low), low)
    left = add_modulo(left, high - keyed_share(right, U64(r0) + tweak, high), high)
    return (left & U64(LOW32)) * (low & U64(LOW32)) + right


def permute(index: int, size: int, low: int, block: int, r0: Any, r1: Any, r2: Any, r3: Any) -> Any:
    """The image of one number below `size` (1 to 2**31) as an int64.

    Args:
        index: 0 to size - 1; not checked.
        low: `side(size)`, which the caller computes once.
        block: which of many permutations under the same keys, such as the window of addresses that is permuted.
        r0, r1, r2, r3: `round_keys`.
    """
    n, width, tweak = U64(size), U64(low), (U64(block) * U64(GOLDEN)) & U64(LOW32)
    high, inverse = (n + width - U64(1)) // width, reciprocal(low)
    x, outside = U64(index), True
    while outside:
        x = permute_once(x, high, width, inverse, tweak, r0, r1, r2, r3)
        outside = x >= n
    return I64(x)


def unpermute(image: int, size: int, low: int, block: int, r0: Any, r1: Any, r2: Any, r3: Any) -> Any:
    """The number whose image under `permute` with the same arguments is `image`."""
    n, width, tweak = U64(size), U64(low), (U64(block) * U64(GOLDEN)) & U64(LOW32)
    high, inverse = (n + width - U64(1)) // width, reciprocal(low)
    x, outside = U64(image), True
    while outside:
        x = unpermute_once(x, high, width, inverse, tweak, r0, r1, r2, r3)
        outside = x >= n
    return I64(x)


def permute_many(x: Any, tweak: Any, size: int, r0: Any, r1: Any, r2: Any, r3: Any) -> None:
    """`permute` of many numbers below `size` in place, `tweak` being block * GOLDEN modulo 2**32; a loop that compilers vectorise."""
    n, low = U64(size), U64(side(size))
    high, inverse = (n + low - U64(1)) // low, reciprocal(low)
    within, outside = U64(0), 1
    while outside > 0:  # mostly one pass
        outside = 0
        for i in range(x.size):
            image = permute_once(x[i], high, low, inverse, tweak[i], r0, r1, r2, r3)
            x[i] = image if x[i] >= within else x[i]
            outside += x[i] >= n
        within = n


def unpermute_many(x: Any, tweak: Any, size: int, r0: Any, r1: Any, r2: Any, r3: Any) -> None:
    """`unpermute` of many numbers in place."""
    n, low = U64(size), U64(side(size))
    high, inverse = (n + low - U64(1)) // low, reciprocal(low)
    within, outside = U64(0), 1
    while outside > 0:  # mostly one pass
        outside = 0
        for i in range(x.size):
            image = unpermute_once(x[i], high, low, inverse, tweak[i], r0, r1, r2, r3)
            x[i] = image if x[i] >= within else x[i]
            outside += x[i] >= n
        within = n


def fill_permutation(out: Any, r0: Any, r1: Any, r2: Any, r3: Any) -> None:
    """A whole permutation of 0..len(out)-1, such as an order of activation."""
    size = len(out)
    low = side(size)
    for i in range(size):
        out[i] = permute(i, size, low, 0, r0, r1, r2, r3)


def _part(value: Any, at: Any) -> Any:
    """The elements of an array at some positions; a scalar stays what it is."""
    return value[at] if np.ndim(value) else value


def _walked(once: Callable[..., Any], index: npt.ArrayLike, size: Any, low: Any, block: Any, keys: tuple[Any, ...]) -> Ints:
    """One pass for all, and further passes for those that left the domain."""
    x, n, width = np.asarray(index).astype(np.uint64), U64(size), U64(low)
    if x.size and (bool(np.any(x >= n)) or bool(np.any(n > LARGEST))):
        raise ModelError(f"a permutation takes numbers from 0 to its size - 1, and sizes up to {LARGEST}")
    tweak, high = (U64(block) * U64(GOLDEN)) & U64(LOW32), (n + width - U64(1)) // width
    inverse = reciprocal(width)
    x = np.asarray(once(x, high, width, inverse, tweak, *keys))
    shape, x = x.shape, x.reshape(-1)
    arguments = [np.broadcast_to(v, shape).reshape(-1) if np.ndim(v) else v for v in (n, high, width, inverse, tweak, *keys)]
    bad = np.flatnonzero(x >= arguments[0])
    while len(bad):
        inner = [_part(v, bad) for v in arguments]
        x[bad] = again = once(x[bad], *inner[1:])
        bad = bad[again >= inner[0]]
    return x.astype(np.int64).reshape(shape)


def permutes(index: npt.ArrayLike, size: Any, low: Any, block: Any, r0: Any, r1: Any, r2: Any, r3: Any) -> Ints:
    """`permute` on arrays; every argument may be an array or a scalar.

    Raises:
        ModelError: a number is outside its domain, or a domain is larger than 2**31.
    """
    return _walked(permute_once, index, size, low, block, (r0, r1, r2, r3))


def unpermutes(image: npt.ArrayLike, size: Any, low: Any, block: Any, r0: Any, r1: Any, r2: Any, r3: Any) -> Ints:
    """`unpermute` on arrays."""
    return _walked(unpermute_once, image, size, low, block, (r0, r1, r2, r3))
