"""The voter model: how long agreement takes in complete groups and on rings, and who wins."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import Network, networks, simulate
from groundswell.models.voter import AGREED, OPINION, UPDATES, voter, world
from groundswell.reproductions.drawing import curve, labels, legend, points
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell, mean_and_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
GROUPS = 3000
WALKS = "closed form: coalescing walks"
CHAIN = "closed form: birth-death chain"
SHARE = "closed form: the opinion's share at the start"


def vote(opinions: npt.ArrayLike, groups: int = GROUPS, ties: Network | None = None) -> tuple[Ints, Ints]:
    """Updates until each group agreed, and the opinion that won in it."""
    people = world(opinions, groups, ties)
    run = simulate(voter(), people, seed=1975, steps=60_000, until=AGREED, keep=(UPDATES, OPINION))
    return np.asarray(run.final[UPDATES.name]), np.asarray(run.final[OPINION.name]).reshape(groups, -1)[:, 0]


def half(people: int) -> Ints:
    """Two opinions, each held by half."""
    return np.arange(people) % 2


def expected_updates(people: int, holders: int) -> float:
    """Mean updates of two opinions in a complete group: the visits of a fair walk to each k, times how long it waits there."""
    visits = [2 * min(holders, k) * (people - max(holders, k)) / people for k in range(1, people)]
    waits = [people * (people - 1) / (2 * k * (people - k)) for k in range(1, people)]
    return sum(v * w for v, w in zip(visits, waits, strict=True))


def still_divided(people: int, updates: Ints) -> Floats:
    """The chance that a complete group with two opinions from half is divided after so many updates."""
    k = np.arange(1, people)
    move = k * (people - k) / (people * (people - 1))
    chance, found = (k == people // 2).astype(np.float64), np.empty(int(updates.max()) + 1)
    for t in range(len(found)):
        found[t] = chance.sum()
        up, down = chance * move, chance * move
        chance = chance - up - down
        chance[1:] += up[:-1]
        chance[:-1] += down[1:]
    return found[updates]


def compute(tell: Tell) -> Outcome:
    """The table and the figure's data."""
    table: list[Comparison] = []
    sizes: dict[str, list[tuple[float, ...]]] = {"all": [], "two": [], "ring": []}
    for n in (5, 10, 20, 50):
        tell(n / 100, f"complete groups of {n}")
        updates, _ = vote(np.arange(n))
        sizes["all"].append((n, *mean_and_error(updates)))
        if n < 50:  # of 50 the time is compared as it was printed
            table.append(_line(f"{n} people with {n} opinions agree after", (n - 1) ** 2, updates, f"(N-1)^2, {WALKS}", "updates"))
    table += _published_variance(updates)
    for n in (100, 20):
        tell(0.8 - n / 500, f"two opinions in groups of {n}")
        updates, winner = vote(half(n), GROUPS if n == 20 else GROUPS // 2)
        table.append(_line(f"{n} people, two opinions from half, agree after", expected_updates(n, n // 2), updates, CHAIN, "updates"))
        table.append(_line(f"the first of two wins, {n} people", 0.5, winner == 0, SHARE))
        sizes["two"].append((n, *mean_and_error(updates)))
    for n in (4, 8, 16):
        tell(0.8 + n / 100, f"rings of {n}")
        ring, _ = vote(np.arange(n), GROUPS // 2, networks.ring(n, 1))
        sizes["ring"].append((n, *mean_and_error(ring)))
        where = "N (N^2 - 1)/6, closed form: the winner's stretch is a fair walk"
        table.append(_line(f"a ring of {n}, all different, agrees after", n * (n * n - 1) / 6, ring, where, "updates"))
    t = np.arange(0, 1400, 20)
    data: dict[str, npt.NDArray[Any]] = {name: np.array(rows) for name, rows in sizes.items()}
    data |= {"t": t, "exact": still_divided(20, t), "divided": (updates[None] > t[:, None]).mean(axis=1)}
    return Outcome((*table, *_winners()), data)


def _winners() -> list[Comparison]:
    """Who wins where opinions are not from half, or ties not equally many."""
    three, hub = (np.arange(10) < 3).astype(np.int64), (np.arange(10) < 1).astype(np.int64)
    star = networks.from_edges(10, [(0, k) for k in range(1, 10)])
    where = "closed form: the opinion's share of the ends of ties (Suchecki et al. 2005; Sood & Redner 2005)"
    return [
        _line("an opinion held by 3 of 10 wins", 0.3, vote(three)[1] == 1, SHARE),
        _line("the hub of a star of 10 wins alone", 0.5, vote(hub, GROUPS, star)[1] == 1, where),
    ]


def _line(what: str, published: float, values: npt.ArrayLike, where: str, unit: str = "") -> Comparison:
    mean, error = mean_and_error(values)
    return Comparison(what, published, mean, where, 3 * error, error, unit)


def _published_variance(updates: Ints) -> list[Comparison]:
    """Mean and variance as printed, in time units of N updates, for 50 people with 50 opinions."""
    time = updates / 50
    mean, error = mean_and_error(time)
    squares = (time - mean) ** 2
    spread = float(squares.std(ddof=1)) / math.sqrt(len(time))
    where = "Pickering & Lim 2016, abstract"
    return [
        Comparison("mean time, 50 people with 50 opinions", 49**2 / 50, mean, f"{where}: (N-1)^2/N", 3 * error, error, "N updates"),
        Comparison(
            "variance of that time",
            (math.pi**2 - 9) / 3 * 49**2,
            float(time.var(ddof=1)),
            f"{where}: (π² - 9)(N-1)^2/3",
            3 * spread,
            spread,
        ),
    ]


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """Time to agreement by size, and how many groups are still divided."""
    left, right = figure.subplots(1, 2)
    n = np.unique(2 * np.geomspace(2, 50, 40).astype(int))
    curves = {"ring": "ring, all different", "all": "complete, all different", "two": "complete, two from half"}
    exact = {"ring": n * (n * n - 1) / 6, "all": (n - 1) ** 2, "two": np.array([expected_updates(k, k // 2) for k in n.tolist()])}
    for k, (name, label) in enumerate(curves.items()):
        some = exact[name] < 12_000
        curve(left, n[some], exact[name][some], label, k)
        points(left, data[name][:, 0], data[name][:, 1], k=k, error=3 * data[name][:, 2])
    left.set(xscale="log", yscale="log", xlim=(3.5, 120), ylim=(4, 3e4))
    left.set_xticks([5, 10, 20, 50, 100], ["5", "10", "20", "50", "100"])
    left.set_yticks([10, 100, 1000, 10_000], ["10", "100", "1,000", "10,000"])
    left.minorticks_off()
    labels(left, "Mean updates until all agree", "people in a group", "updates")
    legend(left, "upper left")
    error = 3 * np.sqrt(data["divided"] * (1 - data["divided"]) / GROUPS)
    points(right, data["t"][::3], data["divided"][::3], "3,000 groups, ± 3 s.e.", 2, error=error[::3], markersize=4)
    curve(right, data["t"], data["exact"], "exact", 1, linewidth=1.2)
    right.set(ylim=(0, 1.03), xlim=(0, 1400))
    labels(right, "Twenty people, two opinions from half", "updates", "share of groups still divided")
    legend(right, "upper right")


REPRODUCTION = Reproduction(
    name="voter",
    title="The voter model: agreement by copying, how long it takes and who wins",
    citation="Clifford, P. & Sudbury, A. (1973). A model for spatial conflict. Biometrika 60(3), 581-588. Holley, R. A. & Liggett, T. M. "
    "(1975). Ergodic theorems for weakly interacting infinite systems and the voter model. Annals of Probability 3(4), 643-663.",
    doi="10.1093/biomet/60.3.581",
    rule="""Everyone holds an opinion. In an update one person, drawn at random, takes over the opinion of a random neighbour, equal or
not. A finite connected group agrees in the end, and all questions are about how long that takes and which opinion it is.

Followed back in time, where each person's opinion came from is a random walk, and walks that meet stay together. All exact results here
rest on that. In a complete group k ancestors become k - 1 with chance k(k - 1)/N(N - 1) an update, so that N different opinions take
(N - 1)² updates on average. An opinion wins with its share of the people where all have equally many neighbours, and in general with its
share of the ends of ties.

Updates are sequential and people are drawn with replacement. Were everyone to copy at once from a snapshot, agreement would take about
twice as many turns; the papers have no snapshot. They speak of infinite lattices in continuous
time. Finite groups and the numbers below are from the later literature (Aldous & Fill; Pickering & Lim 2016, doi
10.1103/PhysRevE.93.032318; Sood & Redner 2005, doi 10.1103/PhysRevLett.94.178701) and follow from the rule by a few lines of algebra.""",
    use="""import numpy as np
from groundswell import networks, simulate
from groundswell.models.voter import AGREED, OPINION, UPDATES, voter, world

groups = world(opinions=np.arange(8), groups=500, ties=networks.ring(8, 1))
run = simulate(voter(), groups, seed=1, steps=5000, until=AGREED, keep=(UPDATES, OPINION))
print(run.final["updates"].mean())  # about 8 * 63 / 6 = 84""",
    caption="""Left: mean updates until all agree, simulated (dots, with three standard errors, smaller than the dots) and exact (lines), in
complete groups and on rings. Right: the share of groups of twenty with two opinions from half that are still divided, against the exact
birth-death chain. The figure is ours.""",
    left_out="""The theorems of the two papers, which are about infinite lattices: in one and two dimensions any two places agree in the
end, in three or more opinions coexist. A finite lattice always agrees; Cox (1989) gives how long it takes on a torus as its side grows, and
the approach to that limit is too slow (logarithmic in two dimensions) to be a test.""",
    compute=compute,
    draw=draw,
)
