"""Kermack and McKendrick (1927), A contribution to the mathematical theory of epidemics, Proceedings of the Royal Society A 115:
700-721.

In a closed population of susceptible, infected and removed people, of whom a vanishing share is infected at first, the share z ever
infected solves z = 1 - exp(-R0 z). There is a solution above 0 only where R0 > 1.

Readings chosen:
- everybody is susceptible at first (the limit of a vanishing seed);
- the larger solution, found by bisection between log(R0) / R0, where 1 - exp(-R0 z) - z is greatest, and 1;
- the middle of the last interval, which is no longer than 1e-12.
"""

from math import exp, log


def final_size(r0: float) -> float:
    """Share ever infected."""
    if r0 <= 1.0:
        return 0.0
    low, high = log(r0) / r0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2.0
        if 1.0 - exp(-r0 * middle) > middle:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def test_known_sizes():
    assert abs(final_size(2.0) - 0.796812130020) < 1e-11
    assert abs(final_size(1.5) - 0.582811643866) < 1e-11
    assert final_size(1.0) == final_size(0.4) == 0.0


def test_it_solves_its_equation_and_grows():
    sizes = [final_size(r0) for r0 in (1.01, 1.1, 1.3, 2.0, 3.0, 5.0, 10.0)]
    assert all(abs(z - 1.0 + exp(-r0 * z)) < 1e-11 for z, r0 in zip(sizes, (1.01, 1.1, 1.3, 2.0, 3.0, 5.0, 10.0), strict=True))
    assert sizes == sorted(sizes)


def test_just_above_one_it_is_twice_the_excess():
    assert abs(final_size(1.001) / 0.002 - 1.0) < 0.002
