"""Chwe (1999): his square and kite, and what holds in every network of four."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import Network, networks, simulate
from groundswell.models.chwe_1999 import KITE, REVOLTS, SETTLED, SQUARE, chwe_1999, world
from groundswell.reproductions.drawing import CURVES, INK, PAPER, SOFT, curve, labels, legend
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAIRS = tuple(combinations(range(4), 2))
MEMORY = "from memory, page unverified"
CORNERS = np.array([[0.0, 1.0], [0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
PLACES = {"square": CORNERS, "kite": np.array([[0.0, 1.0], [0.0, 0.0], [0.6, 0.5], [1.3, 0.5]])}


def who(thresholds: npt.ArrayLike, ties: Network) -> npt.NDArray[np.bool_]:
    """Who revolts in the equilibrium."""
    run = simulate(chwe_1999(), world(thresholds, ties), seed=1, steps=99, until=SETTLED, keep=(REVOLTS,))
    return np.asarray(run.final["revolts"])


def every_network(threshold: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Ties, those who revolt, and whether three know one another, in each of the 64 networks of four; each of shape (64,)."""
    chosen = [edges for k in range(7) for edges in combinations(PAIRS, k)]
    total = [int(who((threshold,) * 4, networks.from_edges(4, list(edges))).sum()) for edges in chosen]
    triangle = [any(set(combinations(three, 2)) <= set(edges) for three in combinations(range(4), 3)) for edges in chosen]
    return np.array([len(edges) for edges in chosen]), np.array(total), np.array(triangle)


def most_that_agree(thresholds: tuple[int, ...]) -> int:
    """The largest number k of which at least k people have a threshold of k or less."""
    return max(k for k in range(len(thresholds) + 1) if k <= sum(t <= k for t in thresholds))


def compute(tell: Tell) -> Outcome:
    """The two examples, and three things that can be proved."""
    square, kite = who((3,) * 4, SQUARE), who((3,) * 4, KITE)
    one_way = networks.from_edges(2, [(0, 1)], directed=True)
    crowd = np.arange(1, 13)
    moved = np.where(crowd == 2, 3, crowd)
    everybody = networks.complete(12)
    tell(0.2, "every network of four people")
    found = {t: every_network(t) for t in (2, 3, 4)}
    _, revolting, triangle = found[3]
    tell(0.6, "everyone knows everyone, all thresholds")
    agree = [int(who(t, networks.complete(4)).sum()) == most_that_agree(t) for t in product(range(1, 6), repeat=4)]
    alone = "the one with a single tie" if kite.tolist() == [True, True, True, False] else "another"
    table = (
        Comparison("square, thresholds 3: who revolts", 0, int(square.sum()), f"example of the square ({MEMORY})", unit="persons"),
        Comparison("kite, thresholds 3: who revolts", 3, int(kite.sum()), f"example of the kite ({MEMORY})", unit="persons"),
        Comparison("kite: who stays at home", "the one with a single tie", alone, f"example of the kite ({MEMORY})"),
        Comparison("two people, thresholds 2, each knows the other's", 2, int(who((2, 2), networks.complete(2)).sum()), "closed form"),
        Comparison("the same, only one knows the other's", 0, int(who((2, 2), one_way).sum()), "closed form"),
        Comparison(
            "thresholds 3: networks of four with a clique of three in which those three revolt",
            23,
            int((revolting[triangle] >= 3).sum()),
            "closed form (a clique is sufficient); 23 of the 64 labelled networks have a triangle",
            unit="networks",
        ),
        Comparison(
            "everyone knows everyone: thresholds of four people for which the largest k with k thresholds up to k revolt",
            625,
            sum(agree),
            "closed form",
            unit="of 625",
        ),
        Comparison("thresholds 1 to 12, all know all", 12, int(who(crowd, everybody).sum()), "closed form", unit="persons"),
        Comparison(
            "the same with 3 instead of 2 (in Granovetter's crowd: 1)", 12, int(who(moved, everybody).sum()), "closed form", unit="persons"
        ),
    )
    means = {f"mean_{t}": np.array([of[1][of[0] == m].mean() for m in range(7)]) for t, of in found.items()}
    return Outcome(table, {"square": square, "kite": kite, "ties": np.arange(7), **means})


def _network(ax: Axes, name: str, ties: Network, revolts: npt.NDArray[Any], up: float) -> None:
    """One example: filled dots revolt."""
    at = PLACES[name] + [0.0, up]
    for one, other in ties.edges():
        ax.plot(*at[[one, other]].T, color=SOFT, linewidth=1.4, zorder=1)
    paint = [CURVES[0] if revolting else PAPER for revolting in revolts]
    ax.scatter(at[:, 0], at[:, 1], s=230, c=paint, edgecolors=INK, linewidths=1.2, zorder=2)
    ax.annotate(f"{name}: {int(revolts.sum())} revolt", (0.5, up - 0.5), ha="center", color=INK)


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """The two examples, and the mean over all networks of four."""
    left, right = figure.subplots(1, 2, width_ratios=(1, 2.2))
    labels(left, "Thresholds 3", "", "")
    _network(left, "square", SQUARE, data["square"], 2.1)
    _network(left, "kite", KITE, data["kite"], 0.0)
    left.set(xlim=(-0.4, 1.6), ylim=(-0.75, 3.4), xticks=[], yticks=[], aspect="equal")
    left.grid(visible=False)
    left.spines[:].set_visible(False)
    labels(right, "All 64 networks of four", "ties", "persons who revolt, mean over networks")
    for k, t in enumerate((2, 3, 4)):
        curve(right, data["ties"], data[f"mean_{t}"], f"thresholds {t}", k, marker="o", markersize=4)
    right.set(ylim=(0, 4.2), xticks=range(7), yticks=range(5))
    legend(right, "outside", columnspacing=0.8)


RULE = """
Each person has a threshold, the number of people (oneself included) who must revolt before the person wants to. Everyone knows the
network, their own threshold and the thresholds of those from whom they hear, and nothing of other thresholds. To revolt with too few is
so bad that a person revolts only when **sure** that enough do. A strategy says who revolts in each state of the world, and a person acts
alike in states that look alike. There may be several equilibria; the one in which most people revolt is taken.

It is computed from the top: everyone who is willing revolts, and in each round those leave who are not sure of enough others, until
nobody leaves. What one does not know is taken at its worst, so the states that matter are the sets of those who have their given
threshold, while all others never revolt; a test compares this with all thresholds as states.

In the square everyone sees three people of threshold three, and yet nobody revolts: each knows that a neighbour does not know the person
across. In the kite the three of the triangle know of one another, and know that they know.
"""

REPRODUCTION = Reproduction(
    name="chwe_1999",
    title="Chwe's square and kite: who knows that others know",
    citation="Chwe, M. S.-Y. (1999). Structure and strategy in collective action. American Journal of Sociology 105(1), 128-156.",
    doi="10.1086/210269",
    rule=RULE,
    use="""from groundswell import networks, simulate
from groundswell.models.chwe_1999 import REVOLTS, SETTLED, chwe_1999, world

path = networks.from_edges(4, [(0, 1), (1, 2), (2, 3)])
run = simulate(chwe_1999(), world((2, 2, 2, 2), path), seed=1, steps=20, until=SETTLED, keep=(REVOLTS,))
print(run.total("total"), run.final["revolts"])""",
    caption="Left: the paper's square and kite, with thresholds of three; filled dots revolt. Right: our own count over every network of "
    "four people. With thresholds of three a network needs a triangle; with four everyone must know everyone.",
    left_out="The paper's text could not be had. Thresholds, communication by the network and the role of cliques are in its abstract; "
    "that people revolt only when sure, the square and the kite are from memory. Its examples of insurgents who are dispersed or kept "
    "together, and of strong and weak links in a random network of many people, are not reproduced. Every state of the world is written "
    "out, so groups are of 16 people at most.",
    compute=compute,
    draw=draw,
)
