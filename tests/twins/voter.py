"""The voter model on the complete graph: Clifford and Sudbury (1973), Biometrika 60: 581-588; Holley and Liggett (1975), Annals of
Probability 3: 643-663; for many opinions Pickering and Lim (2016), Physical Review E 93: 032318.

In each update one of n nodes, at random, takes over the opinion of another node, at random. With k holders of an opinion, k rises by
one and falls by one with probability k (n - k) / (n (n - 1)) each.

Two opinions from half: the expected time of this walk until 0 or n. All different: consensus comes when the number of holders of the
opinion that wins reaches n, and every opinion may win alike; the time is thus that of the walk from k = 1 given that it reaches n,
where reaching n from k has probability k / n. The result is (n - 1)^2 updates, (n - 1)^2 / n a node, which is the published value.

Readings chosen:
- time counts updates, also those that change nothing; the copied node is never the copying one;
- for odd n, "half" is n // 2 against the rest.
"""

from fractions import Fraction


def _walk(n: int, gain: list[Fraction]) -> list[Fraction]:
    """Solve u(k) = gain(k) + p (u(k-1) + u(k+1)) + (1 - 2p) u(k) for k = 1..n-1, with u(0) = u(n) = 0, by elimination."""
    right: list[Fraction] = []
    upper: list[Fraction] = []
    for k in range(1, n):
        source = gain[k] * Fraction(n * (n - 1), k * (n - k))  # 2 u(k) - u(k-1) - u(k+1)
        pivot = 2 - (upper[-1] if upper else 0)
        right.append((source + (right[-1] if right else 0)) / pivot)
        upper.append(Fraction(1) / pivot)
    u = [Fraction(0)] * (n + 1)
    for k in range(n - 1, 0, -1):
        u[k] = right[k - 1] + upper[k - 1] * u[k + 1]
    return u


def mean_updates(n: int) -> tuple[Fraction, Fraction]:
    """Expected number of updates to consensus: from n different opinions, and from two opinions held by half each."""
    wins = [Fraction(k, n) for k in range(n + 1)]
    return _walk(n, wins)[1] / wins[1], _walk(n, [Fraction(1)] * (n + 1))[n // 2]


def test_all_different_is_the_square_of_n_minus_one():
    assert all(mean_updates(n)[0] == (n - 1) ** 2 for n in range(2, 30))


def test_twenty_from_half():
    assert abs(float(mean_updates(20)[1]) - 254.133) < 0.0005


def test_two_and_four_by_hand():
    # Two nodes: any update ends it. Four from 2:2: 1/3 up, 1/3 down, then from 1:3 (p = 1/4): u1 = 2 + u2/2, u2 = 3/2 + u1.
    assert mean_updates(2) == (1, 1)
    assert mean_updates(4)[1] == 7
