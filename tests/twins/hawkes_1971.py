"""Hawkes (1971), Spectra of some self-exciting and mutually exciting point processes, Biometrika 58: 83-90; as clusters, Hawkes and
Oakes (1974), Journal of Applied Probability 11: 493-503. Sizes of clusters: Borel (1942); Otter (1949).

Events come at a constant background rate, and each event brings on average `branching` further events, their number Poisson, whatever
the shape of the delay. A background event with all that follows from it is a cluster.

Readings chosen:
- a cluster's size counts the event that began it;
- the rate and the Fano factor are those of the stationary process (branching below 1); the Fano factor, variance over mean of the
  number of events in a window, is the limit of long windows, in which the delays no longer matter.
"""

from math import exp, lgamma, log


def borel(n: int, branching: float) -> list[float]:
    """Probabilities of cluster sizes 1, ..., n: exp(-b s) (b s)^(s-1) / s!."""
    if branching == 0.0:
        return [1.0] + [0.0] * (n - 1)
    return [exp((s - 1) * log(branching * s) - branching * s - lgamma(s + 1)) for s in range(1, n + 1)]


def mean_size(branching: float) -> float:
    """Mean cluster size."""
    return 1.0 / (1.0 - branching)


def rate(background: float, branching: float) -> float:
    """Mean rate of all events."""
    return background / (1.0 - branching)


def fano(branching: float) -> float:
    """Variance over mean of the number of events in a long window."""
    return 1.0 / (1.0 - branching) ** 2


def test_sizes_add_up_and_have_their_moments():
    for b in (0.0, 0.3, 0.5, 0.8):
        p = borel(2000, b)
        mean = sum(s * q for s, q in enumerate(p, 1))
        second = sum(s * s * q for s, q in enumerate(p, 1))
        assert abs(sum(p) - 1.0) < 1e-9
        assert abs(mean - mean_size(b)) < 1e-8
        assert abs(second - mean * mean - b / (1.0 - b) ** 3) < 1e-5
        # Clusters arrive as a Poisson process, so that variance over mean is the second moment over the first.
        assert abs(second / mean - fano(b)) < 1e-5


def test_the_first_sizes_by_hand():
    b = 0.6
    expected = [exp(-b), b * exp(-2 * b), 1.5 * b * b * exp(-3 * b)]
    assert all(abs(p - q) < 1e-14 for p, q in zip(borel(3, b), expected, strict=True))
    assert rate(2.0, 0.75) == 8.0
    assert fano(0.75) == 16.0
