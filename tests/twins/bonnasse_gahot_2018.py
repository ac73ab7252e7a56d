"""Bonnasse-Gahot, Berestycki, Depuiset, Gordon, Roche, Rodriguez and Nadal (2018), Epidemiological modelling of the 2005 French
riots: a spreading wave and the role of contagion, Scientific Reports 8: 107 (arXiv:1701.07479); one town alone.

A triggering event at time 0 makes some people riot and others susceptible. The susceptible join at a rate proportional to the riot
activity, rioters leave at rate omega, and those who left do not come back. With lambda the expected number of riot events a day
(proportional to the rioters) and sigma the susceptible in the same unit,

    d lambda / dt = - omega lambda + beta sigma lambda,        d sigma / dt = - beta sigma lambda.

The activity first rises exactly where beta sigma(0) > omega, peaks where sigma = omega / beta, and dies out by itself.

The equations were entered from memory of the article's methods: only its opening was at hand to check.

Readings chosen:
- the linear rate of joining (the paper also has one that saturates), no influence from elsewhere;
- continuous time in days, by the classical fourth-order Runge-Kutta rule with `per_day` equal steps a day;
- `riot` is the activity at the start of each day; `events` is the expected number within each day, exact given the states, since
  d (lambda + sigma) / dt = - omega lambda. A town's constant background is added by the caller.
"""

from itertools import pairwise
from math import log


def states(activity: float, reservoir: float, omega: float, beta: float, days: int, per_day: int = 100) -> list[tuple[float, float]]:
    """The pair (lambda, sigma) at times 0, 1, ..., days."""

    def slope(lam: float, sig: float) -> tuple[float, float]:
        joins = beta * sig * lam
        return joins - omega * lam, -joins

    h = 1.0 / per_day
    lam, sig = activity, reservoir
    course = [(lam, sig)]
    for step in range(1, days * per_day + 1):
        a = slope(lam, sig)
        b = slope(lam + h / 2 * a[0], sig + h / 2 * a[1])
        c = slope(lam + h / 2 * b[0], sig + h / 2 * b[1])
        d = slope(lam + h * c[0], sig + h * c[1])
        lam += h / 6 * (a[0] + 2 * b[0] + 2 * c[0] + d[0])
        sig += h / 6 * (a[1] + 2 * b[1] + 2 * c[1] + d[1])
        if step % per_day == 0:
            course.append((lam, sig))
    return course


def riot(activity: float, reservoir: float, omega: float, beta: float, days: int, per_day: int = 100) -> list[float]:
    """Riot activity at times 0, 1, ..., days."""
    return [lam for lam, _ in states(activity, reservoir, omega, beta, days, per_day)]


def events(activity: float, reservoir: float, omega: float, beta: float, days: int, per_day: int = 100) -> list[float]:
    """Expected number of events within each of the days."""
    total = [lam + sig for lam, sig in states(activity, reservoir, omega, beta, days, per_day)]
    return [(before - after) / omega for before, after in pairwise(total)]


def test_what_the_equations_conserve_is_conserved():
    omega, beta = 0.26, 0.004
    kept = [lam + sig - omega / beta * log(sig) for lam, sig in states(2.0, 250.0, omega, beta, 40)]
    assert max(abs(value - kept[0]) for value in kept) < 1e-7


def test_it_rises_only_above_the_threshold_and_dies_out():
    below, above = riot(2.0, 60.0, 0.26, 0.004, 60), riot(2.0, 250.0, 0.26, 0.004, 200)
    assert all(later < earlier for earlier, later in pairwise(below))
    assert above[1] > above[0] > above[-1]
    assert above[-1] < 1e-6


def test_without_a_reservoir_it_decays_at_the_rate_of_leaving_and_events_add_up():
    assert abs(riot(3.0, 0.0, 0.5, 0.01, 2)[2] - 3.0 * 0.36787944117144233) < 1e-9
    assert abs(sum(events(3.0, 0.0, 0.5, 0.01, 80)) - 6.0) < 1e-9
