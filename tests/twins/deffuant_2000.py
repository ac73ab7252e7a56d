"""Deffuant, Neau, Amblard and Weisbuch (2000), Mixing beliefs among interacting agents, Advances in Complex Systems 3: 87-98.

Two people with opinions x and y who meet move towards each other where their opinions differ by less than d:
x + mu (y - x) and y + mu (x - y); otherwise both stay as they are.

Readings chosen:
- strictly less than d;
- both move from the opinions they had when they met;
- floats in the order written above: the difference, times mu, added. (At mu = 1/2 the two may thus differ in the last place.)
"""


def meet(x: float, y: float, d: float, mu: float) -> tuple[float, float]:
    """Opinions of the two after they met."""
    if abs(x - y) < d:
        return x + mu * (y - x), y + mu * (x - y)
    return x, y


def run(opinions: list[float], pairs: list[tuple[int, int]], d: float, mu: float) -> list[list[float]]:
    """All opinions after each meeting, in the order of the pairs (for long runs, call `meet` in a loop instead)."""
    course: list[list[float]] = []
    now = list(opinions)
    for i, j in pairs:
        now[i], now[j] = meet(now[i], now[j], d, mu)
        course.append(list(now))
    return course


def test_they_meet_half_way_or_not_at_all():
    assert meet(0.25, 0.75, 0.75, 0.5) == (0.5, 0.5)
    assert meet(0.25, 0.75, 0.5, 0.5) == (0.25, 0.75)
    assert meet(0.0, 1.0, 1.5, 0.25) == (0.25, 0.75)


def test_the_sum_is_kept_and_groups_further_apart_than_d_never_mix():
    start = [0.0, 0.125, 0.25, 0.75, 0.875, 1.0]
    pairs = [(i, j) for _ in range(60) for i in range(6) for j in range(i + 1, 6)]
    end = run(start, pairs, 0.5, 0.5)[-1]
    assert abs(sum(end) - sum(start)) < 1e-12
    assert max(abs(x - 0.125) for x in end[:3]) < 1e-9
    assert max(abs(x - 0.875) for x in end[3:]) < 1e-9
    assert all(max(run(start, pairs, 2.0, 0.5)[-1]) - x < 1e-9 for x in run(start, pairs, 2.0, 0.5)[-1])


def test_the_course_has_one_entry_a_meeting():
    assert run([0.0, 0.5, 1.0], [(0, 1), (1, 2)], 0.6, 0.5) == [[0.25, 0.25, 1.0], [0.25, 0.25, 1.0]]
