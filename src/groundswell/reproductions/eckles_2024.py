"""Eckles, Mossel, Rahimian & Sen (2024): times to spread on circles, exact, and on rewired ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import Network, networks, simulate
from groundswell.models.eckles_2024 import SPREAD, TOOK, eckles_2024, rewired, world
from groundswell.reproductions.drawing import SOFT, band, curve, labels, legend
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell, mean_and_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PEOPLE, WORLDS = 500, 40
POWERS = (0.25, 0.3, 0.4, 0.5)  # q = n**-power
ETAS = (0.0, 10.0, 20.0, 50.0, 100.0, 200.0, 400.0, 1000.0)
SIZES = (250, 500, 1000, 2000)
FACTORS = (1.0, 2.0, 4.0)  # q = factor / n**0.5
LARGE = 20  # worlds of each size
EXACT = "closed form: both ends of the gap move on independently, recursion over what is left of it"
ABSTRACT = (
    "abstract of the preprint (arXiv 1810.03579): noise of order n to the power of -1/θ (here 1/√n) along short ties is enough "
    "that random rewiring accelerates the spread"
)
CONSTANT = (
    "This does not contradict the paper: the statement is on the order of the noise and leaves its constant open. At 1 random ties still "
    "slow the spread at these sizes."
)


def times(ties: Network, worlds: int, q: float, noise_along: str, seed: int = 1) -> npt.NDArray[Any]:
    """Steps until 99.9 % of each world have adopted."""
    values = {"noisy_contagion.q": q, "noisy_contagion.noise_along": noise_along}
    people = world(ties, worlds=worlds)
    return simulate(eckles_2024(), people, seed=seed, steps=50_000, until=SPREAD, keep=(TOOK,), values=values).final[TOOK.name]


def one_circle(gap: int, q: float) -> float:
    """Mean steps to close a gap on a circle of next neighbours: each end follows with probability q, the last person surely."""
    mean = [0.0, 1.0]
    for k in range(2, gap + 1):
        mean.append((1 + 2 * q * (1 - q) * mean[k - 1] + q * q * mean[k - 2]) / (1 - (1 - q) ** 2))
    return mean[gap]


def two_circle(gap: int, q: float) -> float:
    """The same on C₂ with noise along every tie: each end follows surely, and the one behind it with probability q."""
    mean = [0.0, 1.0, 1.0, 1.0]
    for k in range(4, gap + 1):
        mean.append(1 + (1 - q) ** 2 * mean[k - 2] + 2 * q * (1 - q) * mean[k - 3] + q * q * mean[k - 4])
    return mean[gap]


def circles() -> list[Comparison]:
    """Without rewiring: what the model takes, and what it must take on average."""
    table, worlds = [], 200
    for q in (0.05, 0.2):
        for name, reach, noise, exact in (
            ("C₁, next neighbours", 1, "all", one_circle(98, q)),
            ("C₂, noise along all ties", 2, "all", two_circle(98, q)),
            ("C₂, noise along the cycle", 2, "short", 49.0),
        ):
            took = times(networks.beside([networks.ring(100, reach)] * worlds), worlds, q, noise)
            mean, error = mean_and_error(took)
            what = f"{name}, n = 100, q = {q:g}: mean time to spread"
            table.append(Comparison(what, exact, mean, EXACT, 3 * error, error or None, "steps"))
    return table


def large(tell: Tell) -> tuple[list[Comparison], dict[str, npt.NDArray[Any]]]:
    """C₁ with random ties, two a person on average, against C₂, whose front takes (n - 2) / 2 steps, at q = factor / n**0.5."""
    found = np.zeros((2, len(FACTORS), len(SIZES)))
    for k, n in enumerate(SIZES):
        tell(0.05 + 0.15 * k / len(SIZES), f"fully rewired circles of {n:,} people")
        circle = networks.ring(n, 1).edges()
        random = [networks.random_p(n, 2.0 / n, seed=500 + w).edges() for w in range(LARGE)]
        ties = networks.beside([networks.from_edges(n, np.concatenate([circle, more])) for more in random])
        for i, factor in enumerate(FACTORS):
            found[:, i, k] = mean_and_error(times(ties, LARGE, factor * n**-0.5, "short"))
    ratio, error = found / (np.array(SIZES) // 2 - 1)
    table = []
    for i, factor in enumerate(FACTORS):
        for k, n in enumerate(SIZES):
            came_out = "accelerates" if ratio[i, k] < 1 else "slows"
            what = f"n = {n:,}, q = {factor:g}/√n along the cycle: random rewiring"
            table.append(Comparison(what, "accelerates", came_out, ABSTRACT, reason=CONSTANT if factor == 1 else ""))
    return table, {"sizes": np.array(SIZES), "ratio": ratio, "ratio_error": error}


def compute(tell: Tell) -> Outcome:
    """Exact means on circles, the theorem's direction, and the figure's curves."""
    tell(0.0, "circles without rewiring")
    table = circles()
    more, data = large(tell)
    time = np.zeros((len(POWERS), len(ETAS)))
    error = np.zeros_like(time)
    for j, eta in enumerate(ETAS):
        tell(0.2 + 0.8 * j / len(ETAS), f"rewiring η = {eta:g}")
        ties = networks.beside([rewired(PEOPLE, eta, seed=100 + k) for k in range(WORLDS)])
        for i, power in enumerate(POWERS):
            time[i, j], error[i, j] = mean_and_error(times(ties, WORLDS, PEOPLE**-power, "short"))
    return Outcome((*table, *more), {"etas": np.array(ETAS), "time": time, "error": error, **data})


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """Time to spread against rewiring, for more and less noise; and full rewiring against size."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    labels(left, f"Rewired circles of {PEOPLE} people", "rewiring η", "steps until 99.9 % have adopted")
    for k, power in enumerate(POWERS):
        curve(left, data["etas"], data["time"][k], f"q = {PEOPLE**-power:.3f}", k)
        band(left, data["etas"], data["time"][k] - 2 * data["error"][k], data["time"][k] + 2 * data["error"][k], k)
    left.set_xscale("symlog", linthresh=20)
    left.set_xticks([0, 10, 20, 50, 100, 200, 400, 1000], ["0", "10", "20", "50", "100", "200", "400", "1000"])
    left.minorticks_off()
    left.set(xlim=(0, 1000), ylim=(0, None))
    legend(left, "lower left")
    labels(right, "All long ties random", "people n", "time relative to C₂")
    for k, factor in enumerate(FACTORS):
        curve(right, data["sizes"], data["ratio"][k], f"q = {factor:g}/√n", k)
        band(right, data["sizes"], data["ratio"][k] - 2 * data["ratio_error"][k], data["ratio"][k] + 2 * data["ratio_error"][k], k)
    right.set_xscale("log")
    right.set_xticks(list(data["sizes"]), [f"{n}" for n in data["sizes"]])
    right.minorticks_off()
    right.axhline(1, color=SOFT, linewidth=0.9)
    right.set_ylim(0, 1.6)
    legend(right, "upper right")


RULE = """
Everyone who has not adopted adopts in a step with probability **ρ** if at least **θ** neighbours have adopted, with probability **q** if
fewer have but at least one, and never if none has; all at once. Here θ = 2 and ρ = 1. Noise runs along all ties, or along the cycle of next
neighbours only (`noise_along = all | short`). Two people next to one another have adopted at the start; the time to spread is the
number of steps until 99.9 % have.

On the circle **C₂** everyone is tied to the two next on each side. Rewiring by η takes each tie of length 2 away with probability
1 - exp(-η/2n) and ties any two people with probability 1 - exp(-η/n²): about η/2 ties go, and as many come. When all of length 2 are gone
and each person has two random ties on average, what is left is **C₁ with a random graph**, which we build as such for the theorem.
These are the rules of the authors' published program.

Where the noise runs along the cycle only it cannot help C₂: the front moves one person a step and side whether or not there is noise.
"""

REPRODUCTION = Reproduction(
    name="eckles_2024",
    title="Long ties accelerate noisy threshold-based contagions",
    citation="Eckles, D., Mossel, E., Rahimian, M. A. & Sen, S. (2024). Long ties accelerate noisy threshold-based contagions. Nature "
    "Human Behaviour 8(6), 1057-1064.",
    doi="10.1038/s41562-024-01865-0",
    rule=RULE,
    use="""from groundswell import networks, simulate
from groundswell.models.eckles_2024 import SPREAD, TOOK, eckles_2024, rewired, world

ties = networks.beside([rewired(500, 400.0, seed=k) for k in range(10)])
values = {"noisy_contagion.q": 0.1, "noisy_contagion.noise_along": "short"}
run = simulate(eckles_2024(), world(ties, worlds=10), seed=1, steps=5000, until=SPREAD, keep=(TOOK,), values=values)
print(run.final["took"].mean(), "steps; 249 without rewiring")""",
    caption=f"Left: the paper's Figure 3 in its set-up, with more rewiring: mean time to spread over {WORLDS} rewired circles C₂ of "
    f"{PEOPLE} people, θ = 2, noise q along the cycle only. A little rewiring slows the spread, since it breaks the front that needs two "
    "neighbours; frequent enough rewiring hastens it, the sooner the more noise there is. Right: the cycle with two random ties a "
    "person, against C₂. Bands: two standard errors.",
    left_out="The values of the paper's figures, which are not printed; its other activation functions (logit, probit), lattices of two "
    "dimensions, reversible adoption and the empirical networks. The theorems are limits for large n and leave constants open; here the "
    "direction is tested up to n = 2,000.",
    compute=compute,
    draw=draw,
)
