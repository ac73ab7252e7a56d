"""Randomness that is addressed, never consumed: a draw is a pure function of what it is for.

Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011) maps a counter of four words and a key of two to four random words.
The key is the seed; the counter is the address:

    word 0   index of the person within its place (or of a block of people)
    word 1   code of the place << 16 | code of the other's place
    word 2   index of the other (the captive's contact, the far end of a tie), or a lane
    word 3   day << 16 | stream

so that adding a person, a place, a mechanism or a thread changes no other draw. Days are counted from 1900-01-01.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import F64, I64, U16, U32, U64

BLOCK = 1024  # people whose 16-bit draws come from one run of 128 Philox calls
CALLS = BLOCK // 8
PART = 1 << 11  # draws of `Draws.fill` at once
EPOCH = date(1900, 1, 1)
LAST_DAY = 65535

Words = npt.NDArray[np.uint32]
Addresses = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stream:
    """A named purpose of randomness; its number is part of every address and never changes.

    Args:
        name: the name under which a compiled step receives its 16-bit draws.
        number: 1 to 65535, unique in a model.
        doc: what is drawn.
    """

    name: str
    number: int
    doc: str = ""


def day_number(when: date) -> int:
    """Days since 1900-01-01."""
    return (when - EPOCH).days


def day_date(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


def philox_round(x0: Any, x1: Any, x2: Any, x3: Any, k0: Any, k1: Any) -> Any:
    """One round; works on scalars and on arrays."""
    p0 = U64(0xD2511F53) * U64(x0)
    p1 = U64(0xCD9E8D57) * U64(x2)
    return U32(U32(p1 >> U64(32)) ^ x1 ^ k0), U32(p1 & U64(0xFFFFFFFF)), U32(U32(p0 >> U64(32)) ^ x3 ^ k1), U32(p0 & U64(0xFFFFFFFF))


def bump(key: Any, step: int) -> Any:
    """The key of a later round: key + step modulo 2**32, without overflow in any mode of execution."""
    return U32((U64(key) + U64(step)) & U64(0xFFFFFFFF))


def philox4x32(x0: Any, x1: Any, x2: Any, x3: Any, k0: Any, k1: Any) -> Any:
    """Ten rounds, written out: a loop over rounds keeps compilers from vectorising over people (8 times slower)."""
    x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, k0, k1)
    x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, bump(k0, 0x9E3779B9), bump(k1, 0xBB67AE85))
    x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, bump(k0, 0x3C6EF372), bump(k1, 0x76CF5D0A))
    x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, bump(k0, 0xDAA66D2B), bump(k1, 0x32370B8F))
    x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, bump(k0, 0x78DDE6E4), bump(k1, 0xED9EBA14))
    x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, bump(k0, 0x1715609D), bump(k1, 0xA9066899))
    x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, bump(k0, 0xB54CDA56), bump(k1, 0x646E171E))
    x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, bump(k0, 0x5384540F), bump(k1, 0x1FD5C5A3))
    x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, bump(k0, 0xF1BBCDC8), bump(k1, 0xDB3D7428))
    x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, bump(k0, 0x8FF34781), bump(k1, 0x96A522AD))
    return x0, x1, x2, x3


def word(key0: Any, key1: Any, place: int, index: int, day: int, stream: int, lane: int) -> Any:
    """One 32-bit word for one person, inside a compiled step."""
    x = philox4x32(U32(index), U32(U32(place) << U32(16)), U32(lane), U32((U32(day) << U32(16)) | U32(stream)), key0, key1)
    return x[0]


def fraction(x0: Any, x1: Any, x2: Any, x3: Any, k0: Any, k1: Any) -> Any:
    """A float64 in [0, 1) from the 53 first bits of an address's words; apart, so that it is compiled once for all who draw."""
    x = philox4x32(x0, x1, x2, x3, k0, k1)
    return (F64(x[0] >> U32(5)) * F64(67108864.0) + F64(x[1] >> U32(6))) / F64(9007199254740992.0)


def uniform(key0: Any, key1: Any, place: int, index: int, day: int, stream: int, lane: int) -> Any:
    """One float64 in [0, 1) with 53 random bits for one person, inside a compiled step."""
    return fraction(U32(index), U32(U32(place) << U32(16)), U32(lane), U32((U32(day) << U32(16)) | U32(stream)), key0, key1)


def two_uniforms(key0: Any, key1: Any, place: int, index: int, day: int, stream: int, lane: int) -> Any:
    """Two float64 in [0, 1) with 53 random bits each from one address, inside a compiled step; the first is that of `uniform`."""
    x = philox4x32(U32(index), U32(U32(place) << U32(16)), U32(lane), U32((U32(day) << U32(16)) | U32(stream)), key0, key1)
    one = (F64(x[0] >> U32(5)) * F64(67108864.0) + F64(x[1] >> U32(6))) / F64(9007199254740992.0)
    return one, (F64(x[2] >> U32(5)) * F64(67108864.0) + F64(x[3] >> U32(6))) / F64(9007199254740992.0)


def pair_uniform(one: Any, other: Any, day: int, stream: int, key0: Any, key1: Any) -> Any:
    """`Draws.uniform` for one address (and another, or a lane) inside a compiled function: the same bits."""
    a, b = U64(one), U64(other)
    x1 = U32(((a >> U64(32)) << U64(16)) | (b >> U64(32)))
    return fraction(U32(a & U64(0xFFFFFFFF)), x1, U32(b & U64(0xFFFFFFFF)), U32((U32(day) << U32(16)) | U32(stream)), key0, key1)


SPAN = 64  # draws compared at once before any is looked at alone


def passing(draw: Any, bound: Any) -> Any:
    """How many 16-bit draws are not above a bound: a loop that compilers vectorise."""
    n = 0
    for i in range(draw.size):
        n += draw[i] <= bound
    return n


def ceiling16(p: Any) -> Any:
    """The largest 16-bit draw that can still mean "happens" at probability p, as a uint16."""
    return U16(min(F64(p) * F64(65536.0), F64(65535.0)))


def below(draw: Any, p: Any, key0: Any, key1: Any, place: int, index: int, day: int, stream: int) -> bool:
    """True with probability p, from a 16-bit draw and, only where that leaves it open, 53 more bits."""
    scaled = F64(p) * F64(65536.0)
    top = F64(draw)
    if top + F64(1.0) <= scaled:
        return True
    if top >= scaled:
        return False
    return bool(top + uniform(key0, key1, place, index, day, stream, 1) < scaled)  # lane 0 holds the 16-bit draws


def toss(draws: Any, p: Any, key0: Any, key1: Any, place: Any, first: Any, day: Any, stream: Any) -> None:
    """Make coins of the 16-bit draws of consecutive people, in place: 1 with probability p, as `below` says of each, but many at a time.

    Where a draw leaves it open, which one in 65,536 does, 53 more bits decide.
    """
    scaled = F64(p) * F64(65536.0)
    bound, undecided = U32(scaled), U32(0)
    for i in range(draws.size):
        open_yet = draws[i] == bound
        draws[i] = U16(2) if open_yet else U16(draws[i] < bound)
        undecided += U32(open_yet)
    if undecided > 0:
        for i in range(draws.size):
            if draws[i] == U16(2):
                draws[i] = U16(F64(bound) + uniform(key0, key1, place, first + i, day, stream, 1) < scaled)


def fill_uniforms(out: Any, one: Any, other: Any, day: Any, stream: Any, key0: Any, key1: Any) -> None:
    """`Draws.uniform` compiled: the same bits, one address or pair an element; `one` or `other` may be a single number."""
    x3 = U32((U32(day) << U32(16)) | U32(stream))
    step, stride = I64(one.size > 1), I64(other.size > 1)
    for i in range(out.size):
        a, b = U64(one[i * step]), U64(other[i * stride])
        x1 = U32(((a >> U64(32)) << U64(16)) | (b >> U64(32)))
        x = philox4x32(U32(a & U64(0xFFFFFFFF)), x1, U32(b & U64(0xFFFFFFFF)), x3, key0, key1)
        out[i] = (F64(x[0] >> U32(5)) * F64(67108864.0) + F64(x[1] >> U32(6))) / F64(9007199254740992.0)


def fill_words(words: Any, first_block: int, place: int, day: int, stream: int, key0: Any, key1: Any) -> None:
    """Random words of `BLOCK // 2` a row for consecutive blocks of people; viewed as uint16 they are one draw a person.

    Person j of a block has word (j >> 1) of its row and the half j & 1, whatever tile it is drawn in.
    """
    q = words.shape[1] // 4
    x1 = U32(U32(place) << U32(16))
    x3 = U32((U32(day) << U32(16)) | U32(stream))
    for b in range(words.shape[0]):
        row = words[b]
        w0, w1, w2, w3 = row[:q], row[q : 2 * q], row[2 * q : 3 * q], row[3 * q :]
        first = U32((first_block + b) * q)
        for i in range(q):
            w0[i], w1[i], w2[i], w3[i] = philox4x32(U32(first + U32(i)), x1, U32(0), x3, key0, key1)


def fill_words_plain(words: Words, first_block: int, place: int, day: int, stream: int, key0: Any, key1: Any) -> None:
    """`fill_words` on whole arrays, for uncompiled runs: the same bits."""
    q = words.shape[1] // 4
    calls = np.arange(words.shape[0] * q, dtype=np.uint32) + U32(first_block * q)
    x1, x3 = np.full_like(calls, place << 16), np.full_like(calls, (int(day) << 16) | stream)
    x = philox4x32(calls, x1, np.zeros_like(calls), x3, np.uint32(key0), np.uint32(key1))
    for k in range(4):
        words[:, k * q : (k + 1) * q] = x[k].reshape(-1, q)


def tile_draws(words: Any, first: int, n: int, place: int, day: int, stream: int, key0: Any, key1: Any) -> Any:
    """One 16-bit draw for each of n consecutive people of a place, inside a compiled sweep; `words` has room for them."""
    block = first // BLOCK
    offset = first - block * BLOCK
    fill_words(words[: (offset + n + BLOCK - 1) // BLOCK], block, place, day, stream, key0, key1)
    return words.reshape(-1).view(U16)[offset : offset + n]


def tile_draws_plain(words: Words, first: int, n: int, place: int, day: int, stream: int, key0: Any, key1: Any) -> npt.NDArray[np.uint16]:
    """`tile_draws` on whole arrays, for uncompiled runs: the same bits."""
    block, offset = divmod(first, BLOCK)
    mine = words[: (offset + n + BLOCK - 1) // BLOCK]
    fill_words_plain(mine, block, place, day, stream, key0, key1)
    return halves(mine)[offset : offset + n]


def halves(words: Words) -> npt.NDArray[np.uint16]:
    """The 16-bit draws of consecutive people in rows of words."""
    return words.reshape(-1).view(U16)


def address(place: Any, index: Any) -> Addresses:
    """The key of a person: code of the place << 32 | index within the place."""
    result: Addresses = (np.asarray(place, np.int64) << 32) | np.asarray(index, np.int64)
    return result


def _plain(values: npt.ArrayLike) -> Addresses:
    """Addresses as the one type of array for which the kernel is compiled."""
    array = np.asarray(values, np.int64)
    flags = array.flags
    return array if flags.c_contiguous and flags.writeable else np.array(array)


@dataclass(frozen=True)
class Draws:
    """Addressed draws for lists of people, by NumPy.

    Args:
        seed: 64 bits.
        kernel: `fill_uniforms` compiled, where there is one; the bits are the same.
    """

    seed: int
    kernel: Callable[..., None] | None = None

    @cached_property
    def keys(self) -> tuple[np.uint32, np.uint32]:
        """The two words of the Philox key."""
        return np.uint32(self.seed & 0xFFFFFFFF), np.uint32((self.seed >> 32) & 0xFFFFFFFF)

    def words(self, stream: Stream, day: int, one: npt.ArrayLike, other: npt.ArrayLike = 0) -> tuple[Words, Words, Words, Words]:
        """Four words for each address; `other` makes it a draw for the ordered pair (or for a numbered lane)."""
        a, b = np.broadcast_arrays(np.asarray(one, np.int64), np.asarray(other, np.int64))
        x0, x2 = (a & 0xFFFFFFFF).astype(np.uint32), (b & 0xFFFFFFFF).astype(np.uint32)
        x1 = (((a >> 32) << 16) | (b >> 32)).astype(np.uint32)
        x3 = np.full(a.shape, (int(day) << 16) | stream.number, np.uint32)
        k0, k1 = self.keys
        result: tuple[Words, Words, Words, Words] = philox4x32(x0, x1, x2, x3, k0, k1)
        return result

    def uniform(self, stream: Stream, day: int, one: npt.ArrayLike, other: npt.ArrayLike = 0) -> npt.NDArray[np.float64]:
        """A float64 in [0, 1) with 53 random bits for each address or pair."""
        if self.kernel is not None:
            a, b = _plain(one), _plain(other)
            if a.ndim and b.ndim and a.shape != b.shape:
                a, b = (np.array(v) for v in np.broadcast_arrays(a, b))
            out = np.empty(a.shape if a.ndim else b.shape, np.float64)
            if out.size:
                self.kernel(out.reshape(-1), a.reshape(-1), b.reshape(-1), int(day), stream.number, *self.keys)
            return out
        x0, x1, _, _ = self.words(stream, day, one, other)
        top, low = (x0 >> np.uint32(5)).astype(np.float64), (x1 >> np.uint32(6)).astype(np.float64)
        result: npt.NDArray[np.float64] = (top * 67108864.0 + low) / 9007199254740992.0
        return result

    def fill(self, stream: Stream, day: int, out: npt.NDArray[Any], lane: int = 0) -> None:
        """Into each element of an array, `uniform` of its position and a lane: in parts, which need next to no memory."""
        for first in range(0, len(out), PART):
            part = np.arange(first, min(first + PART, len(out)))
            out[first : first + PART] = self.uniform(stream, day, part, lane)

    def coin(self, stream: Stream, day: int, p: npt.ArrayLike, one: npt.ArrayLike, other: npt.ArrayLike = 0) -> npt.NDArray[np.bool_]:
        """True with probability p for each address or ordered pair."""
        return np.asarray(self.uniform(stream, day, one, other) < np.asarray(p, np.float64))

    def pair_coin(self, stream: Stream, day: int, p: npt.ArrayLike, one: npt.ArrayLike, other: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """True with probability p for each unordered pair: both ends of a tie see the same coin."""
        return self.coin(stream, day, p, np.minimum(one, other), np.maximum(one, other))
