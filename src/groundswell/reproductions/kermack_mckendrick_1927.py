"""Kermack and McKendrick 1927: the final size of an epidemic, its threshold, and the chance that it never starts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import simulate
from groundswell.models.kermack_mckendrick_1927 import CASES, ILL, OVER, kermack_mckendrick_1927, world
from groundswell.reproductions.drawing import curve, down, labels, legend, points
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell, mean_and_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
LARGE = 100_000  # people, where the law of large groups is tested
SIZE = "closed form: 1 - z = exp(-R0 z)"


def spread(people: int, groups: int, r0: float, duration: float = 1.0, infected: int = 1) -> Floats:
    """The share of each group that was ever infected; each R0 has draws of its own."""
    values = {"contagion.r0": r0, "contagion.duration": duration}
    population = world(people, groups, infected)
    seed = 1927 + round(100 * r0)
    run = simulate(kermack_mckendrick_1927(), population, seed=seed, steps=5000, until=OVER, keep=(CASES,), values=values)
    return np.asarray(run.final[CASES.name], np.float64) / people


def days(people: int, groups: int, r0: float, duration: float, infected: int, steps: int) -> Floats:
    """Infectious people of each group at the end of each day, as shares; shape (steps, groups)."""
    seen: list[Floats] = []
    simulate(
        kermack_mckendrick_1927(),
        world(people, groups, infected),
        seed=1927,
        steps=steps,
        values={"contagion.r0": r0, "contagion.duration": duration},
        observe=lambda engine, _: seen.append(engine.view(ILL) / people),
    )
    return np.array(seen)


def endless(r0: float, duration: float, infected: float, steps: int) -> Floats:
    """The same share in an endless group, by the rule of a day."""
    susceptible, ill, found = 1.0 - infected, infected, []
    for _ in range(steps):
        spared = susceptible * math.exp(-r0 / duration * ill)
        susceptible, ill = spared, ill * (1 - 1 / duration) + susceptible - spared
        found.append(ill)
    return np.array(found)


def final_share(r0: float, infected: float = 0.0) -> float:
    """The largest z with 1 - z = (1 - infected) exp(-r0 z)."""
    z, before = 1.0, 2.0
    while before - z > 1e-13:
        before, z = z, 1 - (1 - infected) * math.exp(-r0 * z)
    return z


def fades(r0: float, duration: float) -> float:
    """The chance that one case among very many brings few: a branching process with Poisson cases on each of D days on average."""
    q = 0.0
    for _ in range(5000):
        e = math.exp(-r0 / duration * (1 - q))
        q = e / duration / (1 - (1 - 1 / duration) * e)
    return q


def compute(tell: Tell) -> Outcome:
    """The table and the figure's data."""
    table = []
    for k, (r0, duration) in enumerate(((1.5, 1.0), (2.0, 1.0), (3.0, 1.0), (2.0, 5.0))):
        tell(k / 10, f"groups of {LARGE:,} people, R0 = {r0:g}")
        table.append(_size(r0, duration))
    tell(0.5, "how much outbreaks vary")
    table.append(_spread())
    for duration in (1.0, 5.0):
        tell(0.6, f"outbreaks from one case, {duration:g} days")
        table.append(_fading(2.0, duration))
    cases = spread(3000, 1500, 0.5, 2.0) * 3000
    mean, error = mean_and_error(cases)
    table.append(Comparison("R0 = 0.5: all cases of one outbreak", 2, mean, "closed form: 1/(1-R0)", 3 * error, error, "persons"))
    rows = []
    for k, r0 in enumerate((0.6, 0.8, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0)):
        tell(0.75 + k / 40, f"final size for R0 = {r0:g}")
        large = spread(20_000, 20, r0, infected=200)
        some = spread(2000, 500, r0) > 0.1
        rows.append((r0, *mean_and_error(large), *mean_and_error(some)))
    data = {"sizes": np.array(rows), "days": days(5000, 25, 2.0, 4.0, 50, 90), "endless": endless(2.0, 4.0, 0.01, 90)}
    return Outcome(tuple(table), data)


def _size(r0: float, duration: float) -> Comparison:
    """Large outbreaks from few cases: the smaller of two modes is left out."""
    share = spread(LARGE, 20, r0, duration, infected=5)
    mean, error = mean_and_error(share[share > final_share(r0) / 2])
    what = f"infected in all, R0 = {r0:g}, D = {duration:g} day{'s' * (duration > 1)}"
    return Comparison(what, final_share(r0), mean, SIZE, 3 * error, error, "of all")


def _spread() -> Comparison:
    """The deviation between epidemics of 5,000 people."""
    z = final_share(2.0, 20 / 5000)
    share = spread(5000, 800, 2.0, infected=20)
    expected = math.sqrt(z * (1 - z) / 5000) / (1 - 2 * (1 - z))
    ours = float(share.std(ddof=1))
    error = ours / math.sqrt(2 * len(share))
    where = "Reed-Frost, in large groups: von Bahr & Martin-Löf 1980"
    return Comparison("standard deviation of the share, R0 = 2, 5,000 people", expected, ours, where, 3 * error, error)


def _fading(r0: float, duration: float) -> Comparison:
    """How often one case leads to few, against the branching process."""
    share = spread(2000, 1500, r0, duration)
    mean, error = mean_and_error(share < 0.1)
    what = f"one case fades out, R0 = {r0:g}, D = {duration:g} day{'s' * (duration > 1)}"
    where = "closed form: branching process of whole days; with D = 1 the chance is one minus the final size"
    return Comparison(what, fades(r0, duration), mean, where, 3 * error, error)


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """Epidemics day by day, and final size by R0."""
    left, right = figure.subplots(1, 2)
    day = np.arange(1, len(data["endless"]) + 1)
    for k, line in enumerate(data["days"].T):
        curve(left, day, 100 * line, "" if k else "25 groups of 5,000", 0, linewidth=0.6, alpha=0.55, linestyle="-")
    curve(left, day, 100 * data["endless"], "endless group", 1)
    labels(left, "Infectious people, R0 = 2, four days", "day", "infectious, % of the group")
    left.set(xlim=(0, len(day)), ylim=(0, None))
    legend(left, "upper right")
    r0, mean, error, large, large_error = data["sizes"].T
    x = np.linspace(0.5, 3.05, 200)
    curve(right, x, [100 * final_share(r, 0.01) for r in x], "infected at last (theorem)", 0)
    points(right, r0, 100 * mean, "20 groups of 20,000", 0, error=300 * error)
    curve(right, x, [100 * final_share(r) if r > 1 else 0 for r in x], "chance to spread (theorem)", 1)
    points(right, r0, 100 * large, "500 groups of 2,000", 1, error=300 * large_error)
    down(right, 1.0)
    labels(right, "Final size and chance, D = 1 day", "basic reproduction number R0", "%")
    right.set(xlim=(0.5, 3.05), ylim=(-2, 104), yticks=range(0, 101, 20))
    legend(right, "lower right")


REPRODUCTION = Reproduction(
    name="kermack_mckendrick_1927",
    title="Kermack and McKendrick's epidemic: a threshold, and an end before everyone is infected",
    citation="Kermack, W. O. & McKendrick, A. G. (1927). A contribution to the mathematical theory of epidemics. Proceedings of the Royal "
    "Society A 115(772), 700-721.",
    doi="10.1098/rspa.1927.0118",
    rule="""People are susceptible, infectious or removed, and everyone meets everyone. An infectious person infects R0 others on average
while all are susceptible. The paper's theory lets infectiousness be any function of the time since infection; its famous special case has
constant rates of infection and removal. Two results carry it: below R0 = 1 nothing spreads, and above it the epidemic ends by itself when
the share z has been infected that solves 1 - z = exp(-R0 z). (R0, and the equation in this form, are later notation.)

We keep people whole and time in days: a day with I infectious people spares each susceptible one with probability exp(-(R0/D) I/N); each
infectious day is a person's last with probability 1/D. Because chances to be spared multiply, the exponents add up over the epidemic to
R0 z whatever D is, and the final-size equation holds exactly in large groups. D = 1 is the Reed-Frost model. A large D nears constant
rates in continuous time, where one case fades out with probability 1/R0 (Whittle 1955); with D = 1 it is 1 - z. Diekmann, Othmer, Planqué
& Bootsma (2021, doi 10.1073/pnas.2106332118) give the theory of 1927 in whole days so.

This is simple contagion: each contact counts by itself. Models with thresholds (Granovetter, Centola & Macy, Watts) are complex contagion,
where one needs several; this is the baseline against which they are seen.""",
    use="""from groundswell import simulate
from groundswell.models.kermack_mckendrick_1927 import CASES, OVER, kermack_mckendrick_1927, world

people = world(people=10_000, groups=20, infected=10)
values = {"contagion.r0": 2.0, "contagion.duration": 4.0}
run = simulate(kermack_mckendrick_1927(), people, seed=1, steps=1000, until=OVER, keep=(CASES,), values=values)
print(run.final["cases"] / 10_000)  # about 0.797 each""",
    caption="""Left: infectious people of 25 groups of 5,000, one in a hundred infected at the start, with the same in an endless group.
Right, by R0: the share that is infected at last where one in a hundred is infected from outside, and the chance that one case alone spreads
to a tenth of the group, with three standard errors. For D = 1 both solve the same equation, but for those from outside. The paper's own
figure, deaths from plague in Bombay, is left out.""",
    left_out="""The paper's curve for plague in Bombay, 890 sech²(0.2t - 3.4) deaths a week: an approximation for small epidemics whose
constants do not determine the model's parameters, and plague is spread by rats and fleas. Births, immunity that is lost, and the later
papers of 1932 and 1933.""",
    compute=compute,
    draw=draw,
)
