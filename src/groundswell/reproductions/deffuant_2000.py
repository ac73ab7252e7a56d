"""Deffuant, Neau, Amblard and Weisbuch 2000: how many clusters of opinion are left, by the threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import simulate
from groundswell.models.deffuant_2000 import CLUSTERS, OPINION, SETTLED, UNIT, deffuant_2000, world
from groundswell.reproductions.drawing import band, curve, labels, legend, points
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell, mean_and_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
PEOPLE, GROUPS, SHOWN = 1000, 60, 120
MEMORY = "from memory, unverified"
BOUNDS = (0.05, 0.06, 0.07, 0.08, 0.1, 0.12, 0.15, 0.17, 0.2, 0.23, 0.25, 0.27, 0.3, 0.35, 0.4, 0.5)


def settle(bound: float, groups: int = GROUPS, pull: float = 0.5) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Opinions of each group once its clusters are final, sorted, shape (groups, people); and how many clusters there are."""
    values = {"meeting.bound": bound, "meeting.pull": pull}
    run = simulate(
        deffuant_2000(), world(PEOPLE, groups, seed=2000), seed=7, steps=3000, until=SETTLED, keep=(OPINION, CLUSTERS), values=values
    )
    return np.sort(run.final[OPINION.name].reshape(groups, -1), axis=1) / UNIT, run.final[CLUSTERS.name]


def main_clusters(opinions: Floats, bound: float) -> tuple[npt.NDArray[np.int64], float]:
    """How many clusters of each group hold at least a quarter of the 2 d N people that an equal share would be; what share they hold."""
    counts, held = [], 0
    for group in opinions:
        sizes = np.diff(np.flatnonzero(np.concatenate([[True], np.diff(group) >= bound, [True]])))
        large = sizes >= min(2 * bound, 1.0) * PEOPLE / 4
        counts.append(large.sum())
        held += sizes[large].sum()
    return np.array(counts), held / opinions.size


def chart(bound: float, days: int) -> Floats:
    """The opinions of one group after each day, some of its people; shape (days + 1, people)."""
    people = world(PEOPLE, 1, seed=2000)
    seen = [people.columns["first_opinion"]]
    simulate(
        deffuant_2000(),
        people,
        seed=7,
        steps=days,
        values={"meeting.bound": bound},
        observe=lambda engine, _: seen.append(engine.view(OPINION) / UNIT),
    )
    return np.array(seen)[:, :SHOWN]


def compute(tell: Tell) -> Outcome:
    """The table and the figure's data."""
    rows, main = [], {}
    for k, bound in enumerate(BOUNDS):
        tell(k / len(BOUNDS), f"threshold {bound:g}")
        opinions, clusters = settle(bound)
        main[bound], held = main_clusters(opinions, bound)
        rows.append(
            (bound, *mean_and_error(main[bound]), np.quantile(main[bound], 0.05), np.quantile(main[bound], 0.95), clusters.mean(), held)
        )
        if bound == 0.5:
            one = opinions, clusters
    tell(0.97, "one group, day by day")
    data = {"clusters": np.array(rows), "chart": chart(0.2, 25)}
    return Outcome((*_conserved(), *_one_cluster(*one), *_several(main)), data)


def _conserved() -> list[Comparison]:
    """The mean opinion before and after."""
    first = world(PEOPLE, GROUPS, seed=2000).columns["first_opinion"]
    before = np.floor(first * UNIT).astype(np.int64).reshape(GROUPS, -1).sum(axis=1)
    lines = []
    for pull in (0.5, 0.3):
        after = (settle(0.2, GROUPS, pull)[0] * UNIT).astype(np.int64).sum(axis=1)
        drift = float(np.abs(after - before).max()) / UNIT / PEOPLE
        lines.append(
            Comparison(f"largest drift of a group's mean opinion, mu = {pull:g}", 0, drift, "closed form: each meeting conserves it")
        )
    return lines


def _one_cluster(opinions: Floats, clusters: npt.NDArray[np.int64]) -> list[Comparison]:
    """At d = 0.5."""
    middle = np.median(opinions, axis=1)
    mean, error = mean_and_error(middle)
    where = f"figure 1 (d = 0.5, mu = 0.5); {MEMORY}"
    together = (np.abs(opinions - middle[:, None]) < 0.5).mean()
    return [
        Comparison("d = 0.5: clusters, in most of 60 groups", 1, int(np.median(clusters)), where),
        Comparison("d = 0.5: where it lies", 0.5, mean, "closed form: the mean opinion is conserved", 3 * error, error),
        Comparison("d = 0.5: people in it", 1, float(together), "limit of large N, d > 1/2: everyone (Ben-Naim et al. 2003)", 0.001),
    ]


def _several(main: Mapping[float, npt.NDArray[np.int64]]) -> list[Comparison]:
    """The whole part of 1/(2d), which the paper states as a rough rule."""
    lines = []
    spacing = "clusters lie about 2.2 d apart, not 2 d (Ben-Naim, Krapivsky & Redner 2003), so that fewer find room"
    for bound, reason in ((0.3, ""), (0.2, ""), (0.15, ""), (0.1, spacing), (0.05, spacing)):
        usual = int(np.bincount(main[bound]).argmax())
        rule = int(1 / (2 * bound) + 1e-9)
        where = f"the whole part of 1/(2d); {MEMORY}"
        lines.append(Comparison(f"d = {bound:g}: main clusters, most often", rule, usual, where, reason=reason))
    return lines


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """Opinions in time for d = 0.2, and the number of clusters by threshold."""
    left, right = figure.subplots(1, 2, width_ratios=(1, 1))
    days = np.arange(len(data["chart"]))
    for k in range(SHOWN):
        curve(left, days, data["chart"][:, k], linestyle="-", linewidth=0.5, alpha=0.5)
    labels(left, "d = 0.2: 120 of 1,000 people", "days, each of 1,000 meetings", "opinion")
    left.set(xlim=(0, days[-1]), ylim=(0, 1))
    d, mean, error, low, high = data["clusters"].T[:5]
    x = np.linspace(0.048, 0.5, 200)
    band(right, d, low, high, 0)
    points(right, d, mean, "main clusters (band: 90 % of groups)", 0, error=3 * error)
    curve(right, x, 1 / (2 * x), "1/(2d)", 1)
    right.set(ylim=(0, 11), xlim=(0.03, 0.52))
    labels(right, "Clusters by threshold", "threshold d", "clusters in a group")
    legend(right, "upper right")


REPRODUCTION = Reproduction(
    name="deffuant_2000",
    title="Bounded confidence: opinions gather in about 1/(2d) clusters",
    citation="Deffuant, G., Neau, D., Amblard, F. & Weisbuch, G. (2000). Mixing beliefs among interacting agents. Advances in Complex "
    "Systems 3(1-4), 87-98.",
    doi="10.1142/S0219525900000078",
    rule="""Everyone has an opinion from 0 to 1, at the start uniform at random. At each time two people meet at random. If their opinions
x and x' differ by less than the threshold d, x becomes x + μ(x' - x) and x' becomes x' + μ(x - x'); else nothing happens. The mean is
conserved, and the opinions end in clusters that are d or more apart.

Who meets is drawn for each meeting by itself: one person, then one of the others. The paper's time unit is as many meetings as there are
people or a multiple of it; a day here is N meetings. Opinions are whole multiples of 2⁻⁴⁰, so that the mean is conserved exactly, and a
run ends when every cluster is narrower than d: from then on none can split, and none can meet another.

A few people are often left over, alone near the ends of the scale or between clusters. The paper does not count them, nor do we: a "main"
cluster has at least a quarter of 2dN people. That limit is ours. The rule of thumb, the whole part of 1/(2d) clusters, is theirs.""",
    use="""from groundswell import simulate
from groundswell.models.deffuant_2000 import CLUSTERS, SETTLED, deffuant_2000, world

people = world(people=1000, groups=20)
run = simulate(deffuant_2000(), people, seed=1, steps=1000, until=SETTLED, keep=(CLUSTERS,), values={"meeting.bound": 0.25})
print(run.final["clusters"])  # mostly two, and people left over""",
    caption="""Left: opinions of some of 1,000 people over time for d = 0.2 and μ = 0.5, as in the paper's time charts. Right: the number of
main clusters by threshold, mean of 60 groups of 1,000 people with three standard errors (smaller than the dots) and the range of nine
groups in ten, with the paper's rule 1/(2d).""",
    left_out="""The paper's text could not be had: the rule is how later work states it, and what is said of figure 1 and of 1/(2d) is
from memory. Its second half, people on a square lattice and vectors of yes-or-no opinions, is not modelled.""",
    compute=compute,
    draw=draw,
)
