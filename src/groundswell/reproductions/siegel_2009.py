"""Siegel (2009): participation in four families of networks, and Granovetter's crowd as the limit of them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import Network, networks, simulate
from groundswell.models.siegel_2009 import SETTLED, SHARE, normal_motivations, siegel_2009, world
from groundswell.reproductions.drawing import band, curve, labels, note
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell, mean_and_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PEOPLE, WORLDS = 1000, 30
MOTIVATIONS = {"weak": (0.5, 0.25), "middling": (0.6, 0.25), "strong": (0.7, 0.25)}  # mean and standard deviation of b


def _village(size: int, far: float, seed: int) -> Network:
    """Villages in which everyone knows everyone, and a share `far` of all pairs from different ones."""
    return networks.islands(PEOPLE // size, size, round(far * PEOPLE * (PEOPLE - size) / 2), seed=seed)


FAMILIES: dict[str, tuple[str, tuple[float, ...], Callable[[float, int], Network]]] = {
    "small world": ("contacts a side", (1, 2, 5, 10, 20, 40), lambda x, k: networks.small_world(PEOPLE, int(x), 0.1, seed=k)),
    "villages": ("people a village", (4, 5, 10, 20, 40, 100), lambda x, k: _village(int(x), 0.001, k)),
    "opinion leaders": ("contacts, mean", (2, 4, 8, 16, 32, 64), lambda x, k: networks.power_law(PEOPLE, 2.5, x, seed=k)),
    "hierarchy": ("people below each", (2, 3, 5, 10, 20, 40), lambda x, k: networks.hierarchy(PEOPLE, int(x), 0.01, seed=k)),
}
TIES = "abstract: in some contexts additional network ties decrease participation (one context, chosen by us)"
ENDS = "closed form: the smallest set that holds itself up, found by a queue"


def shares(ties: Network, motives: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Share of participants in the end, in each world; motivations are the same for all networks."""
    people = world(normal_motivations(ties.nodes, *motives, seed=7), ties, worlds=WORLDS)
    run = simulate(siegel_2009(), people, seed=1, steps=10_000, until=SETTLED, keep=(SHARE,), values={"deciding.inertia": 0.0})
    return run.final[SHARE.name]


def least(b: npt.NDArray[np.float64], ties: Network) -> int:
    """Who ends up taking part, one joining after the other: a queue of those who have seen somebody join."""
    taking, around, degree = b > 1, np.zeros(len(b), np.int64), ties.degree
    queue = np.flatnonzero(taking).tolist()
    while queue:
        for j in ties.neighbours(queue.pop()).tolist():
            around[j] += 1
            if not taking[j] and b[j] > 1.0 - around[j] / degree[j]:
                taking[j] = True
                queue.append(j)
    return int(taking.sum())


def crowd(b: npt.NDArray[np.float64]) -> int:
    """Granovetter's crowd with thresholds 1 - b, as shares of the others: who takes part in the end."""
    needed, taking = np.sort(1.0 - b), 0
    while taking < len(b) and needed[taking] < taking / (len(b) - 1):
        taking += 1
    return taking


def ends() -> list[Comparison]:
    """The fixed point, whatever the inertia; and the complete network."""
    off, ties = 0.0, [FAMILIES[name][2](5, 3) for name in FAMILIES]
    for network in ties:
        b = normal_motivations(PEOPLE, 0.6, 0.3, seed=11)
        exact = least(b, network) / PEOPLE
        for inertia in (0.0, 0.5, 0.9):
            values = {"deciding.inertia": inertia}
            run = simulate(siegel_2009(), world(b, network), seed=1, steps=10_000, until=SETTLED, keep=(SHARE,), values=values)
            off = max(off, abs(float(run.final[SHARE.name][0]) - exact))
    apart = 0.0
    for seed in range(10):
        b = normal_motivations(300, 0.7, 0.25, seed=seed)
        run = simulate(siegel_2009(), world(b, networks.complete(300)), seed=1, steps=10_000, until=SETTLED, keep=(SHARE,))
        apart = max(apart, abs(float(run.final[SHARE.name][0]) - crowd(b) / 300))
    return [
        Comparison("four networks, λ = 0, .5, .9: largest error of the final participation", 0.0, off, ENDS),
        Comparison(
            "complete network, 10 crowds of 300: largest distance from Granovetter's equilibrium",
            0.0,
            apart,
            "closed form: thresholds 1 - b",
        ),
    ]


def compute(tell: Tell) -> Outcome:
    """The closed forms, the statement on ties, and participation against the size of what surrounds a person."""
    tell(0.0, "the least set that holds itself up")
    table = ends()
    data: dict[str, npt.NDArray[Any]] = {}
    for done, (family, (_, sizes, build)) in enumerate(FAMILIES.items()):
        tell(0.1 + 0.9 * done / len(FAMILIES), f"networks: {family}")
        networks_ = [networks.beside([build(x, k) for k in range(WORLDS)]) for x in sizes]
        means, errors = np.zeros((2, len(MOTIVATIONS), len(sizes)))
        for i, motives in enumerate(MOTIVATIONS.values()):
            runs = [shares(ties, motives) for ties in networks_]
            means[i], errors[i] = np.transpose([mean_and_error(run) for run in runs])
            if (family, i) == ("small world", 0):
                change, error = mean_and_error(runs[-1] - runs[0])
                came_out = "fewer" if change < -3 * error else "not fewer"
                table.append(
                    Comparison("small world, weak motivations: with 40 contacts a side instead of 1 take part", "fewer", came_out, TIES)
                )
        data |= {f"{family} x": np.array(sizes), f"{family} mean": means, f"{family} error": errors}
    return Outcome(tuple(table), data)


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """Participation in each family, for three kinds of people."""
    axes = figure.subplots(2, 2, sharey=True)
    for ax, (family, (what, _, _)) in zip(axes.flat, FAMILIES.items(), strict=True):
        labels(ax, family.capitalize(), what, "participants, %")
        x, y, error = data[f"{family} x"], 100 * data[f"{family} mean"], 200 * data[f"{family} error"]
        for k, kind in enumerate(MOTIVATIONS):
            curve(ax, x, y[k], kind, k)
            band(ax, x, np.maximum(y[k] - error[k], 0), np.minimum(y[k] + error[k], 100), k)
        ax.set_xscale("log")
        ax.set_xticks(list(x), [f"{v:g}" for v in x])
        ax.minorticks_off()
        ax.set_ylim(0, 103)
    for k, (kind, up) in enumerate(zip(MOTIVATIONS, (5, 12, -17), strict=True)):
        note(axes[0, 1], 20, 100 * data["villages mean"][k, 3], f"{kind} motivations", xytext=(0, up), ha="center")


RULE = """
Everyone has a net internal motivation **b**, drawn once from a normal distribution, and faces an external motivation **c** not to take
part, which starts at 1. From step to step c becomes λ c + (1 - λ)(1 - *local participation rate*), where that rate is the share of one's
contacts who took part in the step before; and one takes part where **b > c**. All decide at once.

Those with b > 1 start. From there participation can only grow, and it ends in the smallest set of people that holds itself up: all in it
have b > 1 - share of contacts in it, and nobody outside has. Neither λ nor the order changes where it ends. On the complete network this
is Granovetter's crowd with thresholds 1 - b.

Four families of networks are looked at, those of the paper by name: a *small world*, a ring with some ties rewired; *villages* in which
everyone knows everyone, with some ties between them; *opinion leaders*, a network with a power law of contacts; and a *hierarchy*, a tree
with ties within its levels. They are built by `small_world`, `islands`, `power_law` and `hierarchy` of `groundswell.networks`. The paper's
own recipes and values could not be read, so ours may differ in detail.
"""

REPRODUCTION = Reproduction(
    name="siegel_2009",
    title="Social networks and collective action",
    citation="Siegel, D. A. (2009). Social networks and collective action. American Journal of Political Science 53(1), 122-138.",
    doi="10.1111/j.1540-5907.2008.00361.x",
    rule=RULE,
    use="""from groundswell import networks, simulate
from groundswell.models.siegel_2009 import SETTLED, normal_motivations, siegel_2009, world

motivations = normal_motivations(1000, 0.6, 0.25, seed=1)
for contacts in (1, 5, 20):
    ties = networks.small_world(1000, contacts, 0.1, seed=1)
    run = simulate(siegel_2009(), world(motivations, ties), seed=1, steps=1000, until=SETTLED)
    print(contacts, run.total("turnout")[-1])""",
    caption=f"Participation in the end, of {PEOPLE:,} people in {WORLDS} networks a point, against the size of what surrounds a person; "
    "motivations have the means .5, .6 and .7 and standard deviation .25, and are the same people in every network. Bands: two standard "
    "errors. More contacts help where motivations are strong, and lower participation where they are weak: a single participant is a "
    "smaller share of one's contacts. (After the paper's figures by family; our parameters, so no value is compared.)",
    left_out="Every value of the paper's figures, its parameters and its own recipes of the four families: only the abstract and "
    "accounts of the rule could be read. That all decide at once is how a published program that follows the paper describes it. The "
    "later extension to repression (Siegel 2011), whose rules could not be had.",
    compute=compute,
    draw=draw,
)
