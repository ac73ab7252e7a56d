"""Watts (2002), A simple model of global cascades on random networks, PNAS 99(9): 5766-5771.

A node observes its k neighbours and becomes active when at least a fraction phi of them is active. It never turns back. Seeds are
active from the start.

Readings chosen:
- "at least a fraction phi": one active neighbour suffices exactly where k <= 1/phi (the paper's vulnerable nodes);
- the paper updates nodes one by one in random order; here rounds are simultaneous. As activation is monotone and final, the set
  reached at the end is the same, and only the course is a matter of the convention;
- a node without neighbours has nobody to observe: it is active as a seed or never. (The paper counts such nodes among the
  vulnerable ones in its generating functions, where it has no effect: no neighbour can ever reach them.)
- phi given as a float is the decimal it is written as (0.18 is 18/100), and the comparison is exact;
- a neighbour listed twice would count twice; lists are taken to hold each neighbour once.
"""

from fractions import Fraction


def cascade(neighbours: list[list[int]], phi: Fraction | float, seeds: list[int]) -> list[int]:
    """Number of active nodes after each round, from the first; the last round that changed something is the last entry.

    Where already the first round changes nothing, the list holds the number of seeds alone.
    """
    share = Fraction(str(phi))
    active = set(seeds)
    course: list[int] = []
    while True:
        new = {
            node
            for node, near in enumerate(neighbours)
            if node not in active and near and sum(1 for other in near if other in active) >= share * len(near)
        }
        if course and not new:
            return course
        active |= new
        course.append(len(active))


def test_one_active_neighbour_suffices_up_to_degree_one_over_phi():
    def star(leaves: int) -> list[list[int]]:
        return [list(range(1, leaves + 1)), *[[0]] * leaves]

    assert cascade(star(5), 0.18, [1]) == [2, 6]
    assert cascade(star(6), 0.18, [1]) == [1]
    assert cascade(star(5), Fraction(1, 5), [1]) == [2, 6]
    assert cascade(star(10), 0.1, [1]) == [2, 11]


def test_a_path_is_walked_one_node_a_round_on_each_side():
    path = [[1], [0, 2], [1, 3], [2, 4], [3]]
    assert cascade(path, 0.5, [2]) == [3, 5]
    assert cascade(path, 0.51, [2]) == [1]


def test_a_node_without_neighbours_is_never_reached():
    assert cascade([[1], [0], []], 0.18, [0]) == [2]
    assert cascade([[1], [0], []], 0.0, [0]) == [2]
    assert cascade([[], []], 0.18, [1]) == [1]
