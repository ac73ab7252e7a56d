"""What the compiled loops of this package share: counted draws without replacement, apportionment, fitting.

Every function is plain Python over arrays; `compiled` gives its compiled twin, with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import F64, U8, U32
from groundswell.core.draws import Stream, bump, philox_round


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The compiled twin of a plain function; the one place where this package asks for a compiler."""
    from groundswell.core.compile import compiled as compile_function

    return compile_function(function)


def take(available: Any, weight: Any, total: int) -> Any:
    """Choose `total` from groups so that a group's share has the odds its weight says, times one common factor.

    Expected numbers are available * k w / (1 - w + k w) with the k that makes them add up to `total`; cumulative
    rounding makes them whole. A group of weight 1 is taken whole, before all others; one of weight 0 never.

    Args:
        available: whole numbers at hand, int64.
        weight: prior probabilities of being taken, float64, 0 to 1.
        total: how many to take; fewer are taken where the groups of positive weight hold fewer.

    Returns:
        numbers taken, int64, none above those available.
    """
    n = len(available)
    taken = np.zeros(n, np.int64)
    most = 0
    for i in range(n):
        if weight[i] > F64(0.0):
            most += available[i]
    goal = min(total, most)
    if goal <= 0:
        return taken
    low, high = F64(0.0), F64(1.0)
    expected = np.zeros(n, np.float64)
    for step in range(64):
        t = F64(0.5) * (low + high)
        reached = F64(0.0)
        for i in range(n):
            w = weight[i]
            up = t * w
            down = (F64(1.0) - t) * (F64(1.0) - w) + up
            expected[i] = F64(available[i]) * (up / down) if w > F64(0.0) else F64(0.0)
            reached += expected[i]
        if step >= 40 and reached > F64(goal) - F64(1e-7) and reached < F64(goal) + F64(1e-7):
            break
        if reached < F64(goal):
            low = t
        else:
            high = t
    before, cumulative = 0, F64(0.0)
    for i in range(n):
        cumulative += expected[i]
        upto = min(int(cumulative + F64(0.5)), goal)
        taken[i] = min(upto - before, available[i])
        before += taken[i]
    for i in range(n):  # what rounding of the sum left over
        more = min(goal - before, available[i] - taken[i]) if weight[i] > F64(0.0) else 0
        taken[i] += more
        before += more
    return taken


def fit(weight: Any, rows: Any, columns: Any, rounds: int) -> Any:
    """Iterative proportional fitting of a table to two margins; the cumulated distribution of every row.

    Args:
        weight: how much each pair is liked, float64, shape (r, c), not negative.
        rows, columns: the margins, int64, of equal sum.
        rounds: sweeps over both margins.

    Returns:
        float64, shape (r, c): for each row the cumulated shares, the last exactly 1.
    """
    r, c = weight.shape
    table = weight.copy()
    factor = np.ones(c, np.float64)
    for _ in range(rounds):
        sums = np.zeros(c, np.float64)
        for i in range(r):
            if rows[i] > 0:
                total = F64(0.0)
                for j in range(c):
                    total += table[i, j] * factor[j]
                scale = F64(rows[i]) / total if total > F64(0.0) else F64(0.0)
                for j in range(c):
                    sums[j] += table[i, j] * scale
        for j in range(c):
            factor[j] = F64(columns[j]) / sums[j] if sums[j] > F64(0.0) else F64(0.0)
    for i in range(r):
        total = F64(0.0)
        for j in range(c):
            total += table[i, j] * factor[j]
            table[i, j] = total
        for j in range(c):  # a row that likes no column is spread over all
            table[i, j] = table[i, j] / total if total > F64(0.0) else F64(j + 1) / F64(c)
        table[i, c - 1] = F64(1.0)
    return table


def addressed(index: Any, lane: Any, place: int, stream: int, key0: Any, key1: Any) -> Any:
    """Two uniform numbers in [0, 1) with 53 bits for each address; the one kernel here that draws.

    The rounds of `draws.philox4x32` in a loop: nothing here is bound by draws, and it compiles in half the time.

    Args:
        index, lane: of each address within the place, uint32.

    Returns:
        float64, shape (n, 2).
    """
    out = np.empty((len(index), 2), np.float64)
    for i in range(len(index)):
        x0, x1, x2, x3 = U32(index[i]), U32(U32(place) << U32(16)), U32(lane[i]), U32(stream)
        k0, k1 = key0, key1
        for _ in range(10):
            x0, x1, x2, x3 = philox_round(x0, x1, x2, x3, k0, k1)
            k0, k1 = bump(k0, 0x9E3779B9), bump(k1, 0xBB67AE85)
        out[i, 0] = (F64(x0 >> U32(5)) * F64(67108864.0) + F64(x1 >> U32(6))) / F64(9007199254740992.0)
        out[i, 1] = (F64(x2 >> U32(5)) * F64(67108864.0) + F64(x3 >> U32(6))) / F64(9007199254740992.0)
    return out


def shuffle(cards: Any, random: Any) -> None:
    """Fisher and Yates's shuffle of an array by one uniform a card, shape (n, 2)."""
    for i in range(len(cards) - 1, 0, -1):
        j = min(int(random[i, 0] * F64(i + 1)), i)
        card = cards[i]
        cards[i] = cards[j]
        cards[j] = card


def couple(targets: Any, actual: Any) -> Any:
    """The monotone coupling of two histograms of equal sum: how many of target t get the value a; shape (t, a), int64."""
    table = np.zeros((len(targets), len(actual)), np.int64)
    a, left = 0, actual[0]
    for t in range(len(targets)):
        want = targets[t]
        while want > 0 and a < len(actual):
            n = min(want, left)
            table[t, a] += n
            want -= n
            left -= n
            if left == 0:
                a += 1
                if a < len(actual):
                    left = actual[a]
    return table


def match(key: Any, shares: Any, actual: Any, lane: Any, of: Any, random: Any) -> Any:
    """Give each of n slots one of n values without replacement, each liking the values as its key says.

    A slot first draws the value it would like from the row of its key (brothers and sisters draw from different parts of
    it, so that they are spaced). Wishes and values are then coupled in order, so that the values are used up exactly
    and a wish is missed by little; among equal wishes the draw is random, so the last slots fare as the first.

    Args:
        key: row of `shares` of each slot, uint16.
        shares: cumulated distribution over values for each key (`fit`).
        actual: how often each value exists, int64; adds up to n.
        lane, of: number of each slot among its brothers and sisters, and their number, uint8.
        random: two uniforms a slot, shape (n, 2).

    Returns:
        the value of each slot, uint8.
    """
    n, width = len(key), len(actual)
    values = np.zeros(n, np.uint8)
    wishes = np.zeros(width, np.int64)
    for i in range(n):
        u = (F64(lane[i]) + random[i, 0]) / F64(of[i])
        row = shares[key[i]]
        low, high = 0, width - 1
        while low < high:
            middle = (low + high) >> 1
            if u < row[middle]:
                high = middle
            else:
                low = middle + 1
        values[i] = U8(low)
        wishes[low] += 1
    table = couple(wishes, actual)
    first = np.zeros(width, np.int64)
    for t in range(width):
        while first[t] < width - 1 and table[t, first[t]] == 0:
            first[t] += 1
    for i in range(n):
        t = values[i]
        pick = min(int(random[i, 1] * F64(wishes[t])), wishes[t] - 1)
        a = first[t]
        while pick >= table[t, a]:
            pick -= table[t, a]
            a += 1
        table[t, a] -= 1
        wishes[t] -= 1
        values[i] = U8(a)
    return values


@dataclass(frozen=True)
class Source:
    """The draws of one province.

    Args:
        place: its code.
        keys: the two words of the seed.
    """

    place: int
    keys: tuple[np.uint32, np.uint32]

    def uniforms(self, stream: Stream, index: Any, lane: Any = 0, offset: int = 0) -> npt.NDArray[np.float64]:
        """Two uniforms for each address (`addressed`).

        Args:
            stream: what for; `offset` is added to its number where a purpose has several.
            index: whole numbers below 2**32, or how many there are, from 0 on.
            lane: one for all, or one each.
        """
        at = np.arange(index, dtype=np.uint32) if isinstance(index, int) else np.ascontiguousarray(index, np.uint32)
        lanes = np.full(len(at), lane, np.uint32) if np.ndim(lane) == 0 else np.ascontiguousarray(lane, np.uint32)
        drawn: npt.NDArray[np.float64] = compiled(addressed)(at, lanes, self.place, stream.number + offset, *self.keys)
        return drawn

    def deal(self, counts: Any, stream: Stream) -> npt.NDArray[np.uint16]:
        """A shuffled deck: every position of `counts` as often as it counts."""
        deck = np.repeat(np.arange(len(counts), dtype=np.uint16), counts)
        compiled(shuffle)(deck, self.uniforms(stream, len(deck)))
        return deck
