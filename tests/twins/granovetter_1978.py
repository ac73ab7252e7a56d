"""Granovetter (1978), Threshold models of collective behavior, American Journal of Sociology 83(6): 1420-1443.

Each person has a threshold: the number of others who must already be rioting before she joins. In a round everyone whose
threshold is at most the number rioting at its start is rioting at its end.

Readings chosen:
- "at most", so that a threshold of 0 starts a riot and a threshold of n joins when n others riot (the paper's 0, 1, ..., 99);
- the number is that of the whole crowd; one person's own act never carries her, since she joins on what stood before it;
- rounds are simultaneous and begin with nobody rioting. Nobody leaves: the number never falls, so that leaving would never occur.
"""


def riot(thresholds: list[int]) -> list[int]:
    """Number rioting after each round, from the first; the last round that changed something is the last entry.

    Where already the first round changes nothing (nobody has threshold 0) the list is [0].
    """
    course = [sum(1 for t in thresholds if t <= 0)]
    while True:
        rioting = sum(1 for t in thresholds if t <= course[-1])
        if rioting == course[-1]:
            return course
        course.append(rioting)


def test_a_hundred_thresholds_one_apart_bring_everybody():
    assert riot(list(range(100))) == list(range(1, 101))


def test_one_threshold_of_one_turned_to_two_leaves_a_single_rioter():
    assert riot([0, 2, *range(2, 100)]) == [1]


def test_without_an_instigator_nothing_happens():
    assert riot([1, 1, 1]) == [0]
    assert riot([]) == [0]


def test_a_jump_and_a_gap():
    assert riot([0, 0, 2, 3, 5]) == [2, 3, 4]
