"""Chwe (1999), Structure and strategy in collective action, American Journal of Sociology 105(1): 128-156.

People choose at the same time whether to revolt. A person with threshold e wants to revolt when at least e people in all, herself
included, do; to revolt with fewer is so bad that she revolts only when certain of it. Each is willing or unwilling (the unwilling
never revolt). Everybody knows the network, the thresholds of the willing and the rule of the game; whether a person is willing is
known to herself and to her neighbours only. A strategy is thus a choice for each pattern of willingness in one's own neighbourhood,
and knowledge of knowledge matters: I must know that my neighbour knows enough to revolt.

The paper studies the equilibrium with the most revolt. It is found here by brute force over all 2^n willingness states: begin with
every willing person revolting whatever she knows, and strike out, round by round, each (person, what she knows) that is consistent
with a state in which too few revolt, until nothing is struck out.

Entered from memory of the article; of its text only the working paper's abstract (SFI 96-12-092) was at hand to check.

Readings chosen:
- neighbours know each other (ties without direction) and knowledge reaches one step, along ties only;
- the threshold includes the person herself (threshold 1 revolts alone);
- the paper lets an unknown threshold be anything up to n + 1 ("never"). Only that worst case bears on certainty, and so an unknown
  person may here be unwilling, and no further values are needed;
- the result is the set that revolts in the state in which everybody is willing.
"""


def revolters(neighbours: list[list[int]], thresholds: list[int]) -> set[int]:
    """Who revolts in the greatest equilibrium when everybody is willing; states are bit masks, for n up to about 14."""
    n = len(neighbours)
    sees = [sum(1 << j for j in {i, *neighbours[i]}) for i in range(n)]
    revolts = [{state & sees[i] for state in range(1 << n) if state >> i & 1} for i in range(n)]
    while True:
        struck: list[set[int]] = [set() for _ in range(n)]
        for state in range(1 << n):
            out = [i for i in range(n) if state & sees[i] in revolts[i]]
            for i in out:
                if len(out) < thresholds[i]:
                    struck[i].add(state & sees[i])
        if not any(struck):
            return {i for i in range(n) if sees[i] in revolts[i]}
        for i in range(n):
            revolts[i] -= struck[i]


SQUARE = [[1, 3], [0, 2], [1, 3], [2, 0]]
KITE = [[1, 2], [0, 2], [0, 1, 3], [2]]


def test_the_square_with_threshold_three_stays_at_home():
    assert revolters(SQUARE, [3, 3, 3, 3]) == set()


def test_the_kite_with_threshold_three_moves_its_triangle():
    assert revolters(KITE, [3, 3, 3, 3]) == {0, 1, 2}


def test_a_clique_moves_up_to_its_size_and_a_tie_moves_two():
    full = [[j for j in range(4) if j != i] for i in range(4)]
    assert revolters(full, [4, 4, 4, 4]) == {0, 1, 2, 3}
    assert revolters(full, [5, 5, 5, 5]) == set()
    assert revolters(SQUARE, [2, 2, 2, 2]) == {0, 1, 2, 3}
    assert revolters([[], []], [1, 2]) == {0}


def test_insurgents_carry_those_who_know_them():
    # A line of thresholds 1, 2, 3: each knows that the one before her moves.
    assert revolters([[1], [0, 2], [1]], [1, 2, 3]) == {0, 1}
    assert revolters([[1, 2], [0, 2], [0, 1]], [1, 2, 3]) == {0, 1, 2}
