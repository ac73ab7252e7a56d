"""Friends are computed, not stored: circles of people by keyed permutations of a province's addresses.

A kind of circle puts the real persons of a province in a secret order, either the whole province (`wide`) or each
window of consecutive addresses on its own (`local`), and cuts that order into circles whose sizes repeat a fixed
pattern. Everyone in a circle is a friend of all others in it. So ties are symmetric, degrees vary, clustering is known
exactly, the friends of one person cost about ten evaluations of a permutation, and a province's ties depend on its
code, its own number of people and the seed only.

Two people who share circles of two kinds are friends once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import I64, U32, U64
from groundswell.core.columns import PROVINCE
from groundswell.core.draws import Draws, Stream
from groundswell.core.errors import InputError, ModelError
from groundswell.core.permute import (
    GOLDEN,
    LOW32,
    permute,
    permute_many,
    permutes,
    round_keys,
    side,
    sides,
    unpermute,
    unpermute_many,
    unpermutes,
)
from groundswell.core.places import Places

CIRCLES = Stream("circles", 2000, "the order in which a province's people are cut into circles, by kind of circle")
ABREAST = 64  # people whose friends are found side by side in compiled code
CHUNK = 2048  # people whose ties are found at once: their arrays stay in the cache

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Circle:
    """A kind of circle of friends.

    Args:
        name: what it stands for.
        reach: `local`, among the addresses of a window, or `wide`, among all of a province.
        sizes: people in consecutive circles, a pattern that repeats; the last circle of a domain may be cut short.
    """

    name: str
    reach: Literal["local", "wide"]
    sizes: tuple[int, ...]


DEFAULT_KINDS = (Circle("street", "local", (3, 4, 5, 6)), Circle("club", "local", (3, 4, 5, 6)), Circle("scattered", "wide", (2, 3, 4, 5)))


@dataclass(frozen=True)
class Circles:
    """The friends of every real person: 10.4 each by default, and 29 % of the pairs of friends of one person are friends.

    Args:
        seed: of the population, 64 bits; not of a run.
        kinds: every person is in one circle of each kind.
        window: addresses in a local window, about a neighbourhood. A square such as 45**2 is permuted without walking.
    """

    seed: int = 0
    kinds: tuple[Circle, ...] = DEFAULT_KINDS
    window: int = 2025

    def __post_init__(self) -> None:
        if self.window < 2:
            raise InputError(f"a window of {self.window} addresses holds no circle", key="window")
        for kind in self.kinds:
            if kind.reach not in ("local", "wide"):
                raise InputError(f"{kind.reach!r} is neither local nor wide", key=f"kinds.{kind.name}.reach")
            if not kind.sizes or min(kind.sizes) < 1 or max(kind.sizes) > 10_000:
                raise InputError("sizes of circles are whole numbers from 1 to 10000", key=f"kinds.{kind.name}.sizes")

    def friends(self, addresses: npt.ArrayLike, population_by_place: Mapping[int, int]) -> tuple[Ints, Ints]:
        """The friends of a list of people.

        Args:
            addresses: real persons; any order, repeats allowed.
            population_by_place: real persons that the rows of each province represent, by province code.

        Returns:
            owner: position in `addresses`, and friend: the address, one element a tie, sorted by owner, then friend.

        Raises:
            ModelError: an address is not in the population.
        """
        people = np.asarray(addresses, np.int64).reshape(-1)
        codes, at = np.unique(people >> 32, return_inverse=True)
        missing = [int(c) for c in codes if int(c) not in population_by_place]
        if missing:
            raise ModelError(f"no province has the code {missing[0]}")
        size = np.array([population_by_place[int(c)] for c in codes], np.int64)
        tables = [(pattern_table(kind.sizes), self._keys(codes, number)) for number, kind in enumerate(self.kinds)]
        owners, friends = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for first in range(0, len(people), CHUNK):
            part, place = people[first : first + CHUNK], at[first : first + CHUNK]
            index, n = part & 0xFFFFFFFF, _one(size[place])
            found = [
                self._of_kind(kind, index, n, pattern, [_one(k[place]) for k in keys])
                for kind, (pattern, keys) in zip(self.kinds, tables, strict=True)
            ]
            ties = np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)
            ties = ties[np.append(True, ties[1:] != ties[:-1])] if len(ties) else ties
            owners.append((ties >> 32) + first)
            friends.append((part & ~0xFFFFFFFF)[ties >> 32] | (ties & 0xFFFFFFFF))
        return np.concatenate(owners), np.concatenate(friends)

    def kernel_tables(self, code: int) -> tuple[Any, ...]:
        """What `list_friends` and `push_friends` take after `window` for a province: wide, periods, first, sizes, keys, buffer."""
        patterns = [pattern_table(kind.sizes) for kind in self.kinds]
        longest = max((len(p[0]) for p in patterns), default=0)
        first, sizes = (np.zeros((len(patterns), longest), np.int64) for _ in range(2))
        for k, (starts, lengths) in enumerate(patterns):
            first[k, : len(starts)], sizes[k, : len(starts)] = starts, lengths
        wide = np.array([kind.reach == "wide" for kind in self.kinds], np.int64)
        periods = np.array([len(p[0]) for p in patterns], np.int64)
        keys = np.array([[w[0] for w in self._keys(np.array([code]), k)] for k in range(len(patterns))], np.uint32).reshape(-1, 4)
        return wide, periods, first, sizes, keys, np.empty(max(sum(max(kind.sizes) for kind in self.kinds), 1), np.int64)

    def mean_degree(self, people: int) -> float:
        """Expected number of friends a person, in a province of so many, each pair counted once; exact over keys."""
        if people < 2:
            return 0.0
        wide = _either([_falling(k.sizes, people, 2) / _descending(people, 2) for k in self.kinds if k.reach == "wide"])
        total = (_descending(people, 2) - sum(count * _descending(m, 2) for m, count in self._windows(people))) * wide
        for m, count in self._windows(people):
            if m > 1:
                local = [_falling(k.sizes, m, 2) / _descending(m, 2) for k in self.kinds if k.reach == "local"]
                total += count * _descending(m, 2) * _either([wide, *local])
        return total / people

    def clustering(self, people: int) -> float:
        """Expected closed triples over expected triples (transitivity): how often two friends of one person are friends.

        Exact for uniformly random orders: the ties of three people are a union over kinds, by where the three live.
        """
        closed = triples = 0.0
        for weight, same, m in self._triples(people):
            union = np.array([1.0] + [0.0] * 7)
            for kind in self.kinds:
                domain, edges = (people, 7) if kind.reach == "wide" else (m, same)
                union = _joined(union, _ties_of_three(kind.sizes, domain, edges))
            closed += weight * float(union[7])
            triples += weight * float(union[3] + union[7])
        return closed / triples if triples else 0.0

    def _windows(self, people: int) -> list[tuple[int, int]]:
        """Sizes of windows and how many there are of each."""
        full, rest = divmod(people, self.window)
        return [(self.window, full), (rest, 1 if rest else 0)]

    def _triples(self, people: int) -> list[tuple[float, int, int]]:
        """Ordered triples (i, j, k) of people: how many, which of the ties ij, ik, jk (bits 0, 1, 2) lie within a window, its size."""
        if people < 3:
            return []
        parts: list[tuple[float, int, int]] = []
        for m, count in self._windows(people):
            parts.append((count * _descending(m, 3), 7, m))
            parts.extend((count * _descending(m, 2) * (people - m), 1 << edge, m) for edge in range(3))
        return [*parts, (_descending(people, 3) - sum(p[0] for p in parts), 0, 0)]

    def _keys(self, codes: Ints, number: int) -> tuple[Any, ...]:
        """The round keys of a kind of circle for each province code."""
        keys: tuple[Any, ...] = round_keys(codes.astype(np.uint32), U32(number), 0, CIRCLES.number, *Draws(self.seed).keys)
        return keys

    def _of_kind(self, kind: Circle, index: Ints, n: Any, pattern: tuple[Ints, Ints], keys: Sequence[Any]) -> Ints:
        """Ties of one kind as position of the owner << 32 | index of the friend."""
        block, base, size, offset = self._domain(kind, index, n)
        low, (first, sizes) = sides(size), pattern
        place = permutes(offset, size, low, block, *keys)
        within = place % len(first)
        start = place - within + first[within]
        degree = np.minimum(start + sizes[within], size) - start - 1
        owner = np.repeat(np.arange(len(index)), degree)
        rank = np.arange(len(owner)) - np.repeat(np.cumsum(degree) - degree, degree) + start[owner]
        rank += rank >= place[owner]  # skips the owner
        others = [v[owner] if np.ndim(v) else v for v in (size, low, block, *keys)]
        friend: Ints = unpermutes(rank, *others)
        ties: Ints = (owner << 32) | (friend + (base[owner] if np.ndim(base) else base))
        return ties

    def _domain(self, kind: Circle, index: Ints, n: Any) -> tuple[Any, Any, Any, Ints]:
        """Number, first address and size of the window (or province) of each person, and the place within."""
        if kind.reach == "wide":
            return 0, 0, n, index
        block = index // self.window
        base = block * self.window
        return block, base, _one(np.minimum(n - base, self.window)), index - base


def people_by_place(places: Places) -> dict[int, int]:
    """Real persons that the rows of each province represent, by province code."""
    return dict(zip(places.codes.tolist(), places.represented(PROVINCE).tolist(), strict=True))


def pattern_table(sizes: tuple[int, ...]) -> tuple[Ints, Ints]:
    """For each place in one period of the pattern: where its circle starts, and how many it holds."""
    each = np.array(sizes, np.int64)
    return np.repeat(np.cumsum(each) - each, each), np.repeat(each, each)


def list_friends(index: int, people: int, window: int, wide: Any, periods: Any, first: Any, sizes: Any, keys: Any, buffer: Any) -> int:
    """Writes the friends of one person into `buffer`, as indices in the province, and returns how many; compiles.

    Args:
        index: of the person within its province, 0 to people - 1.
        people: real persons in the province.
        window: of the `Circles`; the other tables from `Circles.kernel_tables`.
    """
    found = 0
    for k in range(len(periods)):
        base, size, block = 0, people, 0
        if wide[k] == 0:
            block = index // window
            base = block * window
            size = min(people - base, window)
        low = side(size)
        r0, r1, r2, r3 = keys[k, 0], keys[k, 1], keys[k, 2], keys[k, 3]
        place = permute(index - base, size, low, block, r0, r1, r2, r3)
        within = place % periods[k]
        start = place - within + first[k, within]
        end = min(start + sizes[k, within], I64(size))
        earlier = found
        for rank in range(start, end):
            if rank != place:
                friend = base + unpermute(rank, size, low, block, r0, r1, r2, r3)
                known = False
                for j in range(earlier):
                    known = known or buffer[j] == friend
                if not known:
                    buffer[found] = friend
                    found += 1
    return found


def find_friends(
    indices: Any, people: int, window: int, wide: Any, periods: Any, first: Any, sizes: Any, keys: Any, friends: Any, found: Any
) -> None:
    """`list_friends` of many persons, whose permutations a processor then computes side by side; compiles.

    Those in a last window of fewer people are done one by one.

    Args:
        indices: of persons within the province.
        people, window, wide, periods, first, sizes, keys: as in `list_friends`.
        friends: row j receives the friends of person j, in the order of `list_friends`; as wide as its buffer.
        found: receives how many they are.
    """
    count = len(indices)
    place, tweak, base = np.empty(count, np.uint64), np.empty(count, np.uint64), np.empty(count, np.int64)
    rank, tweaks, begin = np.empty(friends.size, np.uint64), np.empty(friends.size, np.uint64), np.empty(count + 1, np.int64)
    last = people // window * window  # first of the last window
    found[:] = 0
    for k in range(len(periods)):
        size = people if wide[k] else window
        for j in range(count):
            block = 0 if wide[k] else indices[j] // window
            base[j] = block * window
            place[j] = U64(indices[j] - base[j] if indices[j] < last else 0)
            tweak[j] = (U64(block) * U64(GOLDEN)) & U64(LOW32)
        permute_many(place, tweak, size, keys[k, 0], keys[k, 1], keys[k, 2], keys[k, 3])
        n = 0
        for j in range(count):
            begin[j] = n
            at = I64(place[j])
            within = at % periods[k]
            start = at - within + first[k, within]
            for other in range(start, min(start + sizes[k, within], size) if indices[j] < last else start):
                rank[n], tweaks[n] = U64(other), tweak[j]
                n += other != at
        begin[count] = n
        unpermute_many(rank[:n], tweaks[:n], size, keys[k, 0], keys[k, 1], keys[k, 2], keys[k, 3])
        for j in range(count):
            earlier = found[j]
            for t in range(begin[j], begin[j + 1]):
                friend, known = base[j] + I64(rank[t]), False
                for f in range(earlier):
                    known = known or friends[j, f] == friend
                if not known:
                    friends[j, found[j]] = friend
                    found[j] += 1
    for j in range(count):
        if indices[j] >= last:
            found[j] = list_friends(indices[j], people, window, wide, periods, first, sizes, keys, friends[j])


def push_friends(
    indices: Any, counts: Any, people: int, scale: int, window: int, wide: Any, periods: Any, first: Any, sizes: Any, keys: Any,
    buffer: Any, out: Any,
) -> None:  # fmt: skip
    """Adds each listed person's count to the row of each of its friends, for one province; compiles.

    Args:
        indices: of real persons within the province.
        counts: whole numbers, one a person; -1 takes back what 1 added.
        scale: real persons a row.
        out: one whole number a row of the province; changed.
    """
    friends, found = np.empty((ABREAST, buffer.size), np.int64), np.empty(ABREAST, np.int64)
    for low in range(0, len(indices), ABREAST):
        part = indices[low : low + ABREAST]
        find_friends(part, people, window, wide, periods, first, sizes, keys, friends[: len(part)], found[: len(part)])
        for j in range(len(part)):
            for f in range(found[j]):
                out[friends[j, f] // scale] += counts[low + j]


def _one(values: Any) -> Any:
    """A single number where all are equal, which saves the passes that would repeat it for every tie."""
    if np.ndim(values) == 0 or len(values) == 0 or (values != values[0]).any():
        return values
    return values[0]


def _descending(m: float, order: int) -> float:
    """m (m - 1) ... with `order` factors."""
    product = 1.0
    for k in range(order):
        product *= m - k
    return product


def _falling(sizes: tuple[int, ...], people: int, order: int) -> float:
    """The sum over all circles of a domain of s (s - 1) ... with `order` factors."""
    full, rest = divmod(people, sum(sizes))
    total = full * sum(_descending(s, order) for s in sizes)
    for s in sizes:
        total += _descending(min(s, rest), order)
        rest -= min(s, rest)
    return total


def _either(chances: Sequence[float]) -> float:
    """The probability that at least one of several independent events happens, without cancellation."""
    total = 0.0
    for p in chances:
        total += p - total * p
    return total


def _ties_of_three(sizes: tuple[int, ...], domain: int, edges: int) -> npt.NDArray[np.float64]:
    """Probability of each set of the ties ij, ik, jk (bits) that one kind makes, where only `edges` lie in its domain."""
    p = np.zeros(8)
    pair = _falling(sizes, domain, 2) / _descending(domain, 2) if edges and domain > 1 else 0.0
    three = _falling(sizes, domain, 3) / _descending(domain, 3) if edges == 7 and domain > 2 else 0.0
    for edge in (1, 2, 4):
        if edges & edge:
            p[edge] = pair - three
    p[7] = three
    p[0] = 1.0 - p.sum()
    return p


def _joined(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The distribution of the union of two independent sets of ties."""
    union = np.zeros(8)
    for a in range(8):
        for b in range(8):
            union[a | b] += one[a] * other[b]
    return union
