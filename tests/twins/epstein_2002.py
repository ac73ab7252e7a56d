"""Epstein (2002), Modeling civil violence: an agent-based computational approach, PNAS 99 (suppl. 3): 7243-7250; Model I, without
its draws (places, movement, arrests, jail terms).

Grievance G = H (1 - L) for hardship H and legitimacy L. The estimated probability of arrest is P = 1 - exp(-k C / A), C cops and A
actives within vision; an agent counts herself among the actives, so that A is at least 1, and k is set so that P is about 0.9 at
C = A = 1 (k = 2.3). Net risk is N = R P for risk aversion R. Rule A: be active where G - N > T, otherwise quiet.

Readings chosen:
- strictly above T;
- `actives` holds the agent herself, once, whether she is quiet or active at that moment;
- rounding of C / A. The formula has none ("none"). Widely used programmes round the ratio, without which the outbursts of the
  figures do not appear: NetLogo's Rebellion downwards ("floor"), Mesa's example with Python's rule ("half_even"); "half_up" is
  common rounding. The ratio is exact before it is rounded;
- vision: the paper speaks of lattice positions an agent can inspect and names no distance. "euclid" is NetLogo's disc,
  "von_neumann" Mesa's diamond, "moore" the full square. The own position is not counted, and no edge cuts the view.
"""

from fractions import Fraction
from math import ceil, exp, floor


def grievance(hardship: float, legitimacy: float) -> float:
    """G = H (1 - L)."""
    return hardship * (1.0 - legitimacy)


def arrest_probability(cops: int, actives: int, k: float, rounding: str = "none") -> float:
    """P = 1 - exp(-k C / A), the ratio rounded as asked; `actives` includes the agent herself."""
    if actives < 1:
        raise ValueError("an agent counts herself among the actives")
    ratio = Fraction(cops, actives)
    rounded = {"none": ratio, "floor": floor(ratio), "half_up": floor(ratio + Fraction(1, 2)), "half_even": round(ratio)}[rounding]
    return 1.0 - exp(-k * float(rounded))


def is_active(grievance: float, risk_aversion: float, probability: float, threshold: float) -> bool:
    """Rule A: G - R P > T."""
    return grievance - risk_aversion * probability > threshold


def cells_in_view(radius: float, shape: str) -> int:
    """Number of positions of the square lattice within the radius, the own one left out."""
    reach = ceil(radius)
    inside = {
        "euclid": lambda x, y: x * x + y * y <= radius * radius,
        "von_neumann": lambda x, y: abs(x) + abs(y) <= radius,
        "moore": lambda x, y: max(abs(x), abs(y)) <= radius,
    }[shape]
    return sum(1 for x in range(-reach, reach + 1) for y in range(-reach, reach + 1) if inside(x, y)) - 1


def test_one_cop_and_one_active_make_about_nine_in_ten():
    assert abs(arrest_probability(1, 1, 2.3) - 0.9) < 0.001
    assert arrest_probability(0, 1, 2.3) == 0.0


def test_roundings_of_the_ratio():
    assert arrest_probability(1, 2, 2.3, "floor") == arrest_probability(1, 2, 2.3, "half_even") == 0.0
    assert arrest_probability(1, 2, 2.3, "half_up") == arrest_probability(3, 2, 2.3, "floor") == arrest_probability(1, 1, 2.3)
    assert arrest_probability(3, 2, 2.3, "half_even") == arrest_probability(5, 2, 2.3, "half_even") == arrest_probability(2, 1, 2.3)
    assert arrest_probability(1, 2, 2.3) == 1.0 - exp(-1.15)


def test_rule_a_is_strict():
    assert is_active(grievance(1.0, 0.5), 0.5, 0.5, 0.125)
    assert not is_active(grievance(1.0, 0.5), 0.5, 0.5, 0.25)
    assert not is_active(grievance(0.9, 0.9), 0.0, 1.0, 0.1)


def test_positions_in_view():
    assert [cells_in_view(7, shape) for shape in ("euclid", "von_neumann", "moore")] == [148, 112, 224]
    assert cells_in_view(1.7, "euclid") == 8
    assert cells_in_view(1, "von_neumann") == 4
