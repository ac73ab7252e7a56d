"""Lindelauf, Borm & Hamers (2009): the theorem on star and complete graph, over all connected graphs of four to seven people."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import Network, networks
from groundswell.models.lindelauf_2009 import balance, best, star
from groundswell.reproductions.drawing import curve, down, labels, legend
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES = (4, 5, 6, 7)
HALF = Fraction(1, 2)
THEOREM = "theorem on uniform exposure (abstract; 1/2 from an account of the preprint, CentER 2008-23, and from the closed forms)"
BELOW = tuple(Fraction(k, 20) for k in range(10))
ABOVE = tuple(Fraction(k, 20) for k in range(11, 21))
GRAPHS = {"star": star(7), "complete": networks.complete(7), "ring": networks.ring(7, 1)}


def kind(network: Network) -> str:
    """Whether it is a star or complete."""
    n = network.nodes
    if network.ties == n * (n - 1) // 2:
        return "complete"
    return "star" if sorted(network.degree.tolist()) == [1] * (n - 1) + [n - 1] else "another"


def best_kind(n: int, probabilities: tuple[Fraction, ...]) -> str:
    """What is best at all of these probabilities."""
    return " or ".join(sorted({kind(network) for p in probabilities for network in best(n, p)[1]}))


def compute(tell: Tell) -> Outcome:
    """The best graph on both sides of a half, and the balances that the theorem gives; fractions throughout."""
    table: list[Comparison] = []
    for done, n in enumerate(SIZES):
        tell(done / len(SIZES), f"all connected graphs of {n} people")
        tied = max(abs(best(n, HALF)[0] - balance(graph, HALF)) for graph in (star(n), networks.complete(n)))
        table += [
            Comparison(f"n = {n}: best for p = 0, .05, ... .45", "complete", best_kind(n, BELOW), THEOREM),
            Comparison(f"n = {n}: best for p = .55, .6, ... 1", "star", best_kind(n, ABOVE), THEOREM),
            Comparison(f"n = {n}: how far star and complete lie below the best at p = 1/2", 0.0, float(tied), "closed form"),
            Comparison(f"n = {n}: best balance at p = 1/2", (n - 1) / (2 * n), float(best(n, HALF)[0]), "closed form, (n-1)/(2n)"),
            Comparison(f"n = {n}: best balance at p = 1", (n - 2) / (2 * n), float(best(n, 1)[0]), "closed form, (n-2)/(2n)"),
        ]
    chances = [Fraction(k, 50) for k in range(51)]
    data = {name: np.array([float(balance(graph, p)) for p in chances]) for name, graph in GRAPHS.items()}
    data["best"] = np.array([float(best(7, p)[0]) for p in chances])
    return Outcome(tuple(table), {"p": np.array([float(p) for p in chances]), **data})


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """The balance of three graphs of seven people, and the best of all."""
    ax = figure.subplots()
    labels(ax, "Balance of secrecy and information, seven people", "link detection probability p", "balance S · I")
    curve(ax, data["p"], data["best"], "best of all connected graphs", 0, linewidth=5, alpha=0.3, linestyle="-")
    for k, (name, label) in enumerate((("star", "star"), ("complete", "complete graph"), ("ring", "ring")), 1):
        curve(ax, data["p"], data[name], label, k)
    down(ax, 0.5, "p = 1/2")
    ax.set(xlim=(0, 1), ylim=(0, 0.9))
    legend(ax, "upper right")


RULE = """
A covert network is a connected graph of n people. **Information** is I = n(n-1) / Σ d(i, j), the sum taken over the distances of all
ordered pairs; it is 1 in the complete graph. **Secrecy** is the expected share of the network that stays unexposed when one person is
found, each with probability 1/n, and each tie of that person is detected with probability p: S = 1 - 1/n - 2pm/n² with m ties. The best
graph has the largest **balance** S · I, which is Nash's bargaining solution.

The theorem: the complete graph is best below p = 1/2, the star above, and at 1/2 they tie. On the way one sees more: for a number of ties
nothing beats a graph in which nobody is farther than two ties away, and at 1/2 all such graphs tie. All labelled graphs are looked at
(2 097 152 for seven people), in fractions, so that "best" and "tie" are exact. The grid of p is ours.

In a second scenario (`exposure="degree"`, p = 1) those with d ties are found with probability (d+1)/(2m+n), as a random walk that may rest
would find them. The abstract says that a "reinforced ring or wheel graph" is best. We find a ring for five people; for six, two people
joined by three separate ways (a ring of five and one more person across it); for seven, a person with three arms that end on a triangle.
What the paper calls reinforced could not be looked up, so this is no line of the table.

These are statements about small graphs and dimensionless measures; they are not advice, and nothing in them speaks of real organisations.
"""

REPRODUCTION = Reproduction(
    name="lindelauf_2009",
    title="Covert networks: the star, the complete graph, and a tie at one half",
    citation="Lindelauf, R., Borm, P. & Hamers, H. (2009). The influence of secrecy on the communication structure of covert networks. "
    "Social Networks 31(2), 126-137.",
    doi="10.1016/j.socnet.2008.12.003",
    rule=RULE,
    use="""from fractions import Fraction
from groundswell.models.lindelauf_2009 import balance, best, star

value, graphs = best(6, Fraction(3, 4))
print(value, graphs[0].edges().tolist())
print(balance(star(6), Fraction(3, 4)))""",
    caption="The balance of three graphs of seven people by link detection probability, and the best of all 1 866 256 connected ones: the "
    "complete graph to the left of 1/2, the star to the right.",
    left_out="The paper's scenarios in which information is judged by the worst case (windmill graphs come near the best), and in which "
    "the two aims weigh differently: the abstract gives their results, but the text with the rules could not be had. Graphs of more "
    "than seven people with exposure by degree.",
    compute=compute,
    draw=draw,
)
