"""Watts 2002: the cascade window, with simulated cascades over it, and the final sizes of Gleeson and Cahalane (2007)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import Network, networks, simulate
from groundswell.models.watts_2002 import SETTLED, SIZE, needed, watts_2002, world
from groundswell.reproductions.drawing import CURVES, PAPER, curve, down, labels, legend, points
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
PHI = np.round(np.arange(0.10, 0.301, 0.02), 2)
DEGREES = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0])
PEOPLE, WORLDS = 1000, 25  # of each simulated point of the window
SHOCKED = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0])  # mean degrees at which 1 % are active at first
MOST = 60  # neighbours: hardly any Poisson degree of mean up to 15 is so large
PASCAL = np.array([[float(math.comb(n, k)) for k in range(MOST + 1)] for n in range(MOST + 1)])


def random_network(people: int, mean_degree: float, seed: int) -> Network:
    """The paper's uniform random graph: every pair is tied with the same probability."""
    return networks.random_p(people, mean_degree / max(people - 1, 1), seed=seed)


def poisson(mean: float, most: int = MOST) -> Floats:
    """The chance of each degree 0 to `most`."""
    return math.exp(-mean) * np.cumprod(np.append(1.0, mean / np.arange(1, most + 1)))


def vulnerable_up_to(phi: float) -> int:
    """The largest degree at which one active neighbour is enough, by the model's own rule."""
    degree = np.arange(1, MOST + 1)
    return int(degree[needed(degree, phi) == 1].max())


@cache
def window(largest: int) -> tuple[float, float] | None:
    """The mean degrees between which global cascades are possible in a large random graph, or None where there are none.

    The condition (equation 5): the sum of k (k - 1) p(k) over vulnerable degrees k exceeds the mean degree z. With Poisson degrees
    it is z P(degree <= largest - 2) > 1.
    """

    def excess(z: float) -> float:
        return z * float(poisson(z, largest - 2).sum()) - 1.0

    grid = np.arange(0.01, 60.0, 0.01) if largest >= 2 else np.empty(0)
    inside = np.flatnonzero([excess(z) > 0 for z in grid])
    if not len(inside):
        return None
    return _root(excess, *grid[inside[0] - 1 : inside[0] + 1]), _root(excess, *grid[inside[-1] : inside[-1] + 2])


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function changes its sign between two points."""
    sign = function(low) > 0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (function(middle) > 0) == sign else (low, middle)
    return (low + high) / 2


def final_size(z: float, phi: float, share: float) -> float:
    """The final active share of a large random graph where a share is active from the start (Gleeson & Cahalane 2007).

    q is the chance that whoever is at the far end of a tie is active, seen from the end that is not:
    q = share + (1 - share) sum over k of k p(k) / z P(at least the needed of k - 1 others are active, each with chance q).
    """
    degree = np.arange(MOST + 1)
    need = np.where(degree > 0, needed(degree, phi), 1)  # nobody alone joins
    p, q, before = poisson(z), share, -1.0
    while q - before > 1e-12:
        before = q
        q = share + (1 - share) * float((degree * p / z)[1:] @ _at_least(degree[1:] - 1, need[1:], q))
    return share + (1 - share) * float(p @ _at_least(degree, need, q))


def _at_least(trials: Ints, so_many: Ints, q: float) -> Floats:
    """The chance of at least so many successes, for each number of trials."""
    successes = np.arange(MOST + 1)
    left = trials[:, None] - successes
    chance = PASCAL[trials] * q**successes * (1 - q) ** np.maximum(left, 0)
    return np.asarray(np.where(successes >= so_many[:, None], chance, 0.0).sum(axis=1))


def sizes(parts: list[Network], phi: npt.ArrayLike, seeds: int, seed: int = 1) -> Floats:
    """The final active share of each network."""
    values = {"joining.seeds": seeds, "joining.updating": "together"}  # it ends in the same state, sooner
    run = simulate(watts_2002(), world(parts, phi), seed=seed, steps=10_000, until=SETTLED, keep=(SIZE,), values=values)
    return np.asarray(run.final[SIZE.name] / parts[0].nodes)


def over_the_window(tell: Tell) -> Floats:
    """The share of single seeds that set off more than a tenth of the people; shape (degrees, thresholds)."""
    found = np.zeros((len(DEGREES), len(PHI)))
    for row, z in enumerate(DEGREES):
        tell(0.05 + 0.6 * row / len(DEGREES), f"mean degree {z:g}")
        parts = [random_network(PEOPLE, z, seed=100 * row + k) for k in range(WORLDS)]
        phi = np.repeat(PHI, WORLDS * PEOPLE)
        found[row] = (sizes(parts * len(PHI), phi, 1, seed=row).reshape(len(PHI), WORLDS) > 0.1).mean(axis=1)
    return found


def compute(tell: Tell) -> Outcome:
    """The table and the figure's data."""
    tell(0.0, "the window")
    cascades = over_the_window(tell)
    tell(0.65, "final sizes")
    many = np.array([sizes([random_network(20_000, z, seed=k) for k in range(6)], 0.18, 200) for z in SHOCKED])
    large = {z: float(sizes([random_network(100_000, z, seed=8)], 0.18, 1000)[0]) for z in (2.0, 4.0, 6.0)}
    tell(0.85, "single seeds near the upper edge")
    single = sizes([random_network(10_000, 5.5, seed=k) for k in range(100)], 0.18, 1)
    phi, fine = np.arange(0.10, 0.3001, 0.0005), np.arange(0.5, 11.51, 0.05)
    data = {
        "cascades": cascades,
        "phi": phi,
        "edges": np.array([window(vulnerable_up_to(x)) or (np.nan, np.nan) for x in phi]),
        "fine": fine,
        "theory": np.array([final_size(float(z), 0.18, 0.01) for z in fine]),
        "final": many,
    }
    return Outcome((*_window_lines(), *_size_lines(large, many), _bimodal(single)), data)


def _window_lines() -> list[Comparison]:
    """The edges of the window, from the degrees that the model takes for vulnerable."""
    known = {0.10: (1.0000, 13.6593), 0.14: (1.0006, 9.0970), 0.18: (1.0207, 5.7647), 0.24: (1.1141, 3.8631)}
    where = "closed form: equation 5 with Poisson degrees; ours with the degrees that the model takes for vulnerable, without a run"
    lines = []
    for phi, edges in known.items():
        for which, edge, ours in zip(("lower", "upper"), edges, window(vulnerable_up_to(phi)) or (math.nan, math.nan), strict=True):
            lines.append(Comparison(f"{which} edge of the window, φ = {phi:.2f}", edge, ours, where, 1e-4, unit="neighbours"))
    return lines


def _size_lines(final: Mapping[float, float], small: Floats) -> list[Comparison]:
    where = "closed form: Gleeson & Cahalane 2007, equations for q and the final share"
    what = "final active share, φ = 0.18, 1 % active at first, 100,000 people"
    lines = []
    for z, ours in final.items():
        error = float(small[z == SHOCKED].std(ddof=1)) * math.sqrt(20_000 / 100_000)  # of one network, from how smaller ones differ
        lines.append(Comparison(f"{what}, z = {z:g}", round(final_size(z, 0.18, 0.01), 4), ours, where, 0.003, error))
    return lines


def _bimodal(single: Floats) -> Comparison:
    """Sizes near the upper edge: next to nothing or nearly everybody."""
    small, large = int((single < 0.1).sum()), int((single > 0.9).sum())
    said = "bimodal" if small + large == len(single) and small and large else f"{small} small, {large} large of {len(single)}"
    return Comparison("sizes of cascades near the upper edge (z = 5.5, 100 single seeds of 10,000)", "bimodal", said, "abstract, p. 5766")


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """Figure 1 of the paper, and final sizes against the mean degree."""
    left, right = figure.subplots(1, 2, width_ratios=(1, 1))
    inside = ~np.isnan(data["edges"][:, 0])
    phi, edges = data["phi"][inside], data["edges"][inside]
    outline = np.concatenate([edges[:, 1], edges[::-1, 0]])
    curve(left, np.concatenate([phi, phi[::-1]]), outline, "window (theorem)", 1, linewidth=1.3)
    z, x = np.meshgrid(DEGREES, PHI, indexing="ij")
    some = data["cascades"] > 0
    how = {"color": CURVES[0], "linewidths": 0, "zorder": 3}
    left.scatter(x[some], z[some], s=4 + 40 * data["cascades"][some], label="simulated", **how)
    labels(left, "Global cascades from one seed", "threshold φ", "mean degree z, neighbours")
    left.set(xlim=(0.09, 0.31), ylim=(0, 15.6), xticks=(0.10, 0.15, 0.20, 0.25, 0.30))
    legend(left, "upper right")
    curve(right, data["fine"], data["theory"], "endless network (theorem)", 1)
    points(right, np.repeat(SHOCKED, data["final"].shape[1]), data["final"].reshape(-1), "each of 6 networks of 20,000", 0, markersize=4)
    edge = window(vulnerable_up_to(0.18))
    if edge is not None:
        down(right, edge[1], "upper edge\nfor one seed", high=0.55, left=True)
    labels(right, "φ = 0.18, 1 % active at first", "mean degree z, neighbours", "final active share")
    right.set(xlim=(0.4, 11.4), ylim=(0, 1.04))
    legend(right, "lower center", bbox_to_anchor=(0.5, 0.12), frameon=True, facecolor=PAPER, edgecolor="none", framealpha=1)


REPRODUCTION = Reproduction(
    name="watts_2002",
    title="Watts's global cascades: a window of connectivity",
    citation="Watts, D. J. (2002). A simple model of global cascades on random networks. PNAS 99(9), 5766-5771."
    " Gleeson, J. P. & Cahalane, D. J. (2007). Seed size strongly affects cascades on random networks. Physical Review E 75, 056103.",
    doi="10.1073/pnas.082090499",
    rule="""Everyone is a node of a sparse random network and has a threshold φ. A person with k neighbours joins once at least a fraction
φ of them is active, and then stays. The start is a small shock: one active person, or a share in Gleeson and Cahalane's extension.
People update in random order, one after the other.

Chosen by us, and why:

* The rule is compared in whole numbers: a person needs the least whole number of active neighbours that is at least φ k. A product
  within 10⁻⁹ of a whole number counts as it, so that 7 of 25 neighbours are 28 %.
* Whoever has no neighbours sees no fraction of them. Such people never join unless they are in the shock. This is what the final sizes
  of Gleeson and Cahalane suppose: at z = 2, 13.5 % of people are alone.
* `joining.updating = "together"` lets all look at the same moment. Nobody ever leaves, so that any order ends in the same state.

With one threshold for all, people with k ≤ 1/φ neighbours are vulnerable: one active neighbour is enough. A single seed can set off
a share of an endless network only if the vulnerable percolate, that is, if Σ k (k − 1) p(k) over vulnerable k exceeds z.""",
    use="""from groundswell import networks, simulate
from groundswell.models.watts_2002 import ALL_ACTIVE, SETTLED, watts_2002, world

people = 10_000
ties = networks.random_p(people, 4 / (people - 1), seed=1)
run = simulate(watts_2002(), world(ties, 0.18), seed=1, steps=people + 1, until=SETTLED)
print(run.series[ALL_ACTIVE.name][:, 0])  # one person, and round by round nearly all""",
    caption="""Left: the cascade window in the plane of threshold and mean degree, as in the paper's figure 1. Dots: at least one of 25
single seeds, each in a network of its own of 1,000 people, set off more than a tenth of them; the larger the dot, the more did. Dots
outside the line are an effect of so few people. Right: the final share where 1 % are active at first, beside Gleeson and
Cahalane's equation: a larger shock reaches far beyond the window for one seed, and ends as suddenly.""",
    left_out="""The exponent of the power law of sizes at the lower edge, thresholds that differ between people, and networks with a
power law of degrees (`world` takes both). The paper's own simulated points, in networks of 10,000, are printed as a figure only.""",
    compute=compute,
    draw=draw,
)
