"""Kuran (1991), Now out of never: the element of surprise in the East European revolution of 1989, World Politics 44(1): 7-48.

Each person has a revolutionary threshold: the size of the public opposition, in percent of the population, at which she turns
against the regime in public. The opposition settles where no further person's threshold is reached.

Readings chosen:
- a person turns when the opposition is at or above her threshold;
- the size she compares is that of the whole public opposition before the round, over the whole population (herself included);
- rounds are simultaneous and begin with no opposition;
- a threshold given as a float is the decimal it is written as (0.1 is one tenth), so that no comparison is rounded.

The paper's own sequences were entered from memory of the article.
"""

from fractions import Fraction


def opposition(thresholds_percent: list[float]) -> list[int]:
    """Number in public opposition after each round, from the first; the last round that changed something is the last entry."""
    exact = [Fraction(str(t)) for t in thresholds_percent]

    def after(count: int) -> int:
        return sum(1 for t in exact if 100 * count >= t * len(exact))

    course = [after(0)]
    while after(course[-1]) != course[-1]:
        course.append(after(course[-1]))
    return course


def test_the_sequence_that_stays_at_ten_percent():
    assert opposition([0, 20, 20, 30, 40, 50, 60, 70, 80, 100]) == [1]


def test_one_threshold_from_twenty_to_ten_makes_a_revolution():
    assert opposition([0, 10, 20, 30, 40, 50, 60, 70, 80, 100]) == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_the_same_change_in_a_hardly_different_society_ends_at_twenty_percent():
    assert opposition([0, 20, 30, 30, 40, 50, 60, 70, 80, 100]) == [1]
    assert opposition([0, 10, 30, 30, 40, 50, 60, 70, 80, 100]) == [1, 2]


def test_a_decimal_is_what_it_is_written_as():
    assert opposition([0.0, 0.1, *[100.0] * 998]) == [1, 2]
