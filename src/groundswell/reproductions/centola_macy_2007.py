"""Centola & Macy (2007): how high a threshold may be on a lattice, how fast a front goes, and what long ties do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from groundswell import Network, networks, simulate
from groundswell.models.centola_macy_2007 import LAST, REACHED, SETTLED, centola_macy_2007, world
from groundswell.reproductions.drawing import band, curve, labels, legend
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell, mean_and_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

View = Literal["moore", "von_neumann"]
LATTICES: tuple[tuple[str, View, int, int], ...] = (
    ("Moore neighbours, r = 1", "moore", 1, 3),
    ("Moore neighbours, r = 2", "moore", 2, 10),
    ("Moore neighbours, r = 3", "moore", 3, 21),
    ("von Neumann neighbours", "von_neumann", 1, 1),
)
SIDE, WORLDS = 60, 40  # of the lattices that are rewired
THRESHOLDS = (1, 2, 3)
TRADED = (0.0, 0.001, 0.003, 0.01, 0.03, 0.05, 0.07, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 1.0)
CASCADE = 0.9  # of all people
IMPEDED = 0.5  # of what the lattice reaches
FRONT = "closed form, r (2r + 1): who stands before a straight front has so many active neighbours; von Neumann: 1"
SMALL = "the same closed form, which holds for a straight front and promises nothing for a small start"
CORNERS = (
    "A single neighbourhood has short sides: the person at the middle of a side joins, its neighbours there see too few. "
    "It takes a square of 7 by 7 (r = 2) or 11 by 11 (r = 3) before corners no longer matter."
)


def spread(thresholds: int, ties: Network, seeds: npt.ArrayLike | None = None, worlds: int = 1) -> dict[str, npt.NDArray[Any]]:
    """People reached in each world, and the steps it took."""
    people = world(thresholds, ties, seeds, worlds=worlds)
    run = simulate(centola_macy_2007(), people, seed=1, steps=10_000, until=SETTLED, keep=(REACHED, LAST))
    return {"reached": run.final[REACHED.name], "steps": run.final[LAST.name]}


def largest(view: View, radius: int, seeds: npt.ArrayLike | None) -> int:
    """The largest threshold with which everyone is reached on a torus of 40 by 40."""
    ties, a = networks.lattice(40, 40, view, radius), 0
    while spread(a + 1, ties, seeds)["reached"][0] == ties.nodes:
        a += 1
    return a


def critical_thresholds() -> list[Comparison]:
    """From a wide front, and from one seeded neighbourhood."""
    table = []
    for name, view, radius, exact in LATTICES:
        wide = largest(view, radius, np.arange(40 * radius))
        table.append(Comparison(f"{name}: largest threshold that a wide front passes", exact, wide, FRONT, unit="persons"))
    for name, view, radius, exact in LATTICES:
        one, reason = largest(view, radius, None), CORNERS if radius > 1 else ""
        table.append(Comparison(f"{name}: the same from one seeded neighbourhood", exact, one, SMALL, unit="persons", reason=reason))
    return table


def fronts() -> list[Comparison]:
    """Twenty steps on rings with up to eight neighbours a side, all thresholds."""
    off = 0
    for r in range(1, 9):
        ties = networks.ring(400, r)
        for a in range(1, r + 2):
            run = simulate(centola_macy_2007(), world(a, ties), seed=1, steps=20)
            joined = np.diff(run.series["total"][:, 0], prepend=2 * r + 1)
            off = max(off, int(abs(joined - 2 * (r - a + 1)).max()))
    what = "rings, r = 1 to 8 neighbours a side, a = 1 to r + 1: largest error of 2 (r - a + 1) people joining a step"
    return [Comparison(what, 0, off, "closed form: both ends move on by r - a + 1", unit="persons")]


def rewiring(tell: Tell) -> dict[str, npt.NDArray[Any]]:
    """Share of worlds with a cascade, share reached, and steps of the cascades; shape (thresholds, shares traded)."""
    shape = (len(THRESHOLDS), len(TRADED))
    data = {name: np.full(shape, np.nan) for name in ("cascades", "cascades_error", "reached", "steps", "steps_error")}
    lattice = networks.lattice(SIDE, SIDE)
    for j, p in enumerate(TRADED):
        tell(0.2 + 0.8 * j / len(TRADED), f"lattices with {100 * p:g} % of the ties traded")
        ties = networks.beside([networks.traded(lattice, p, seed=1000 + k) for k in range(WORLDS)])
        for i, a in enumerate(THRESHOLDS):
            found = spread(a, ties, worlds=WORLDS)
            share = found["reached"] / lattice.nodes
            all_through = share >= CASCADE
            data["cascades"][i, j], data["cascades_error"][i, j] = mean_and_error(all_through)
            data["reached"][i, j] = share.mean()
            if all_through.sum() > 1:
                data["steps"][i, j], data["steps_error"][i, j] = mean_and_error(found["steps"][all_through])
    return data


def compute(tell: Tell) -> Outcome:
    """The closed forms, and the paper's two statements on long ties."""
    tell(0.0, "critical thresholds of lattices, fronts on rings")
    table = [*critical_thresholds(), *fronts()]
    data = rewiring(tell)
    steps, reached = data["steps"], data["reached"]
    simple, where = "faster" if steps[0, -1] < steps[0, 0] else "not faster", "abstract: long ties let information diffuse rapidly"
    table.append(Comparison("a = 1, 8 neighbours, all ties traded: the contagion is", "faster", simple, where))
    for i, a in enumerate(THRESHOLDS[1:], 1):
        lost = "impeded" if reached[i, -1] < IMPEDED * reached[i, 0] else "not impeded"
        where = "abstract: as thresholds increase, long ties can impede diffusion"
        table.append(Comparison(f"a = {a}, 8 neighbours, all ties traded: the contagion is", "impeded", lost, where))
    return Outcome(tuple(table), {"p": np.array(TRADED), **data})


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """How often a cascade runs, and how long it takes, against the share of ties traded."""
    left, right = figure.subplots(1, 2)
    labels(left, "Worlds with a cascade", "share of ties traded p", "share of worlds")
    labels(right, "Steps that a cascade takes", "share of ties traded p", "steps")
    x = np.where(data["p"] > 0, data["p"], 0.0005)
    for k, a in enumerate(THRESHOLDS):
        for ax, name in ((left, "cascades"), (right, "steps")):
            y, error = data[name][k], 2 * data[f"{name}_error"][k]
            curve(ax, x, y, f"a = {a}", k)
            band(ax, x, np.maximum(y - error, 0), np.minimum(y + error, 1) if ax is left else y + error, k)
    for ax in (left, right):
        ax.set_xscale("log")
        ax.set_xticks([0.0005, 0.01, 0.1, 1], ["0", ".01", ".1", "1"])
        ax.minorticks_off()
    left.set_ylim(-0.03, 1.05)
    right.set_ylim(0, None)
    legend(left, "center left")


RULE = """
Everyone has a threshold **a**, the number of active neighbours that it takes to become active; nobody becomes inactive again. With
a = 1 the contagion is *simple*, with a > 1 *complex*. One person and all of that person's neighbours are active at the start.

Rings have r neighbours a side. Lattices are tori whose people see a square (Moore) or the four next cells (von Neumann). For long ties a
share p of a lattice's ties trade their ends, so that everyone keeps as many neighbours (after Maslov & Sneppen); at p = 1 the network is
random in all else.

We let all decide at once. Who is reached does not depend on that, because nobody ever stops; the number of steps does. In the last lines
of the table, "faster" means fewer steps to the end than on the lattice, and "impeded" means that fewer than half as many people are
reached; both criteria are ours.
"""

REPRODUCTION = Reproduction(
    name="centola_macy_2007",
    title="Complex contagions and the weakness of long ties",
    citation="Centola, D. & Macy, M. (2007). Complex contagions and the weakness of long ties. American Journal of Sociology 113(3), "
    "702-734.",
    doi="10.1086/521848",
    rule=RULE,
    use="""from groundswell import networks, simulate
from groundswell.models.centola_macy_2007 import REACHED, SETTLED, centola_macy_2007, world

ties = networks.traded(networks.lattice(60, 60), 0.05, seed=1)
for threshold in (1, 2, 3):
    run = simulate(centola_macy_2007(), world(threshold, ties), seed=1, steps=1000, until=SETTLED, keep=(REACHED,))
    print(threshold, run.final["reached"])""",
    caption=f"Left: in how many of {WORLDS} tori of {SIDE} by {SIDE} people with eight neighbours at least 90 % are reached when a share p "
    "of the ties trade their ends. Right: the steps until nobody joins any more, in those worlds. Bands: two standard errors. A few long "
    "ties hasten a = 2 as well; many stop it. (The paper's figures show the same quantities; their values are not compared.)",
    left_out="The paper's figures with their values and network sizes, heterogeneous thresholds, and networks with power laws: the text "
    "could not be had, and no value was taken from memory. That ties trade ends with degrees kept and that one neighbourhood is seeded is "
    "how the paper is described by others; an earlier version (2005) rewired one end of a tie, after Watts & Strogatz.",
    compute=compute,
    draw=draw,
)
