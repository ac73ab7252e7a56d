"""Centola and Macy (2007), Complex contagions and the weakness of long ties, American Journal of Sociology 113(3): 702-734.

A node becomes active once at least a given NUMBER of its neighbours is active (a simple contagion has threshold 1, a complex one a
higher threshold), and stays active. Seeds are active from the start.

Readings chosen:
- the threshold counts distinct active neighbours, "at least";
- rounds are simultaneous. Activation is monotone and final, so that the final set does not depend on it;
- which nodes are seeds is the caller's: the paper starts from a focal node with its whole neighbourhood;
- a threshold of 0 activates every node in the first round, also one without neighbours.
"""


def spread(neighbours: list[list[int]], threshold: int, seeds: list[int]) -> list[int]:
    """Number of active nodes after each round, from the first; the last round that changed something is the last entry.

    Where already the first round changes nothing, the list holds the number of seeds alone.
    """
    active = set(seeds)
    course: list[int] = []
    while True:
        new = {node for node, near in enumerate(neighbours) if node not in active and len(active.intersection(near)) >= threshold}
        if course and not new:
            return course
        active |= new
        course.append(len(active))


def _ring(n: int) -> list[list[int]]:
    """A ring in which each node is tied to the two next on either side (degree 4)."""
    return [[(i + step) % n for step in (-2, -1, 1, 2)] for i in range(n)]


def _torus(side: int) -> list[list[int]]:
    """A square lattice with the eight nearest as neighbours."""
    steps = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]
    return [[((r + a) % side) * side + (c + b) % side for a, b in steps] for r in range(side) for c in range(side)]


def test_on_the_ring_a_complex_contagion_goes_half_as_fast_as_a_simple_one():
    assert spread(_ring(12), 1, [0, 1]) == [6, 10, 12]
    assert spread(_ring(12), 2, [0, 1]) == [4, 6, 8, 10, 12]


def test_a_single_seed_carries_a_simple_contagion_only():
    assert spread(_ring(12), 1, [0]) == [5, 9, 12]
    assert spread(_ring(12), 2, [0]) == [1]


def test_the_ring_of_degree_four_breaks_above_threshold_two():
    assert spread(_ring(40), 3, [0, 1, 2, 3, 4]) == [5]


def test_long_ties_stop_what_short_ties_carry():
    n = 40
    ring = _ring(n)
    long = [[(i - 1) % n, (i + 1) % n, (i + n // 2) % n, (i + n // 4 * (1 if (i // (n // 4)) % 2 == 0 else -1)) % n] for i in range(n)]
    assert all(i in long[j] for i in range(n) for j in long[i])
    assert spread(ring, 2, [0, 1])[-1] == n
    assert spread(long, 2, [0, 1]) == [2]
    assert len(spread(long, 1, [0, 1])) < len(spread(ring, 1, [0, 1]))


def test_the_lattice_of_eight_carries_threshold_three_and_not_four():
    torus = _torus(9)
    block = [0, *torus[0]]
    assert spread(torus, 3, block)[-1] == 81
    assert spread(torus, 4, block) == [9]
