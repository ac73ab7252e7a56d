"""Granovetter 1978: the crowd of 100, normal thresholds and their critical deviation, and crowds drawn at random."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import Draws, Stream, simulate
from groundswell.models.granovetter_1978 import RIOTERS, SETTLED, granovetter_1978, normal_crowd, uniform_crowd, world
from groundswell.reproductions.drawing import curve, down, labels, legend, note, points
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
GIVEN = Stream("given_thresholds", 3000, "The thresholds of random crowds, by person and crowd.")
MEAN = 25.0  # of normal thresholds, per cent of the crowd, as in figure 2
DEVIATIONS = np.round(np.arange(1.0, 100.01, 0.1), 1)
CROWDS, PEOPLE, LARGE = 20_000, 100, 2_000_000


def rioters(thresholds: npt.ArrayLike, steps: int) -> npt.NDArray[np.int64]:
    """The final number of rioters of each crowd."""
    run = simulate(granovetter_1978(), world(thresholds), seed=1, steps=steps, until=SETTLED, keep=(RIOTERS,))
    return np.asarray(run.final[RIOTERS.name], np.int64)


def random_crowds(people: int, crowds: int, seed: int) -> npt.NDArray[np.int64]:
    """Crowds of independent thresholds, each of 0 to people - 1 equally likely; shape (crowds, people)."""
    u = Draws(seed).uniform(GIVEN, 0, np.arange(people)[None, :], np.arange(crowds)[:, None])
    return (u * people).astype(np.int64)


def chance_of_final(people: int) -> list[Fraction]:
    """Exactly: how likely each final number 0 to N of rioters is where thresholds are independent and uniform on 0 to N - 1.

    P(r) = C(N, r) (r + 1)^(r - 1) (N - r - 1)^(N - r) / N^N: r people who draw one another in are a parking function of length r,
    and the others have thresholds above r.
    """
    n = people
    ways = [Fraction(r + 1) ** (r - 1) * math.comb(n, r) * (n - r - 1) ** (n - r) for r in range(n)]
    return [w / n**n for w in (*ways, Fraction(n + 1) ** (n - 1))]


def limit(mean: float, deviation: float) -> float:
    """Per cent of an endless crowd with normal thresholds (per cent) who riot in the end: the smallest r with 100 F(r) = r."""
    r = 0.0
    while True:
        after = 50.0 * math.erfc((mean - r) / (deviation * math.sqrt(2.0)))
        if after - r < 1e-10:
            return after
        r = after


def critical(mean: float) -> tuple[float, float]:
    """The deviation at which the endless crowd jumps, and the per cent who riot just there.

    There the distribution function touches the diagonal: 100 F(z) = mean + z s and 100 f(z) = s in units z of the deviation s.
    """
    low, high = -6.0, 0.0
    for _ in range(200):
        z = (low + high) / 2.0
        above = math.erfc(-z / math.sqrt(2.0)) / 2.0 - z * _density(z) > mean / 100.0
        low, high = (low, z) if above else (z, high)
    return 100.0 * _density(z), mean + z * 100.0 * _density(z)


def _density(z: float) -> float:
    return math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)


def compute(tell: Tell) -> Outcome:
    """The table and the figure's data."""
    tell(0.0, "the crowd of 100")
    one_at_two = uniform_crowd()
    one_at_two[1] = 2
    all_of_them, alone = rioters([uniform_crowd(), one_at_two], PEOPLE + 1).tolist()
    tell(0.1, "normal thresholds")
    hundred = rioters(np.array([normal_crowd(PEOPLE, MEAN, s) for s in DEVIATIONS]), PEOPLE + 1)
    tell(0.3, "crowds of two million")
    large = {s: float(rioters(normal_crowd(LARGE, MEAN, s), 5000)[0]) / LARGE * 100 for s in (10.0, 12.0, 12.2, 12.3, 30.0, 50.0, 100.0)}
    tell(0.8, "20,000 crowds drawn at random")
    final = rioters(random_crowds(PEOPLE, CROWDS, seed=1978), PEOPLE + 1)
    table = (
        Comparison("riot, thresholds 0, 1, ... 99", 100, all_of_them, "p. 1424 (page from memory)", unit="persons"),
        Comparison("riot, the person with threshold 1 has 2", 1, alone, "pp. 1424-1425 (pages from memory)", unit="persons"),
        *_normal_lines(hundred, large),
        *_random_lines(final),
    )
    exact = np.array([float(p) for p in chance_of_final(PEOPLE)])
    data: dict[str, npt.NDArray[Any]] = {
        "deviation": DEVIATIONS,
        "hundred": hundred,
        "endless": np.array([limit(MEAN, s) for s in DEVIATIONS]),
        "large": np.array(list(large.items())),
        "exact": exact,
        "drawn": np.bincount(final, minlength=PEOPLE + 1) / CROWDS,
    }
    return Outcome(table, data)


def _normal_lines(hundred: npt.NDArray[np.int64], large: Mapping[float, float]) -> list[Comparison]:
    """Normal thresholds with mean 25: figure 2, and the limit of large crowds."""
    deviation, share = critical(MEAN)
    jump = float(DEVIATIONS[int(np.argmax(hundred > 50))])
    memory = "pp. 1427-1428 and figure 2; from memory, unverified; tolerance: the last digit"
    whole = "people are whole: up to 12.5 the smooth curve comes within half a person of the diagonal, and there a crowd of 100 stops"
    lines = [
        Comparison("critical deviation, endless crowd", 12.2, deviation, memory, tolerance=0.05, unit="% of the crowd"),
        Comparison("riot just below it, endless crowd", 6, share, memory, tolerance=0.5, unit="%"),
        Comparison("first deviation at which most of 100 people riot", 12.2, jump, memory, tolerance=0.05, unit="%", reason=whole),
    ]
    for s, percent in large.items():
        what = f"riot, deviation {s:g}, 2,000,000 people"
        lines.append(Comparison(what, round(limit(MEAN, s), 4), percent, "closed form: smallest r with F(r) = r", 0.001, unit="%"))
    return lines


def _random_lines(final: npt.NDArray[np.int64]) -> list[Comparison]:
    """Independent thresholds, uniform on 0 to 99, against the exact distribution."""
    p = np.array([float(q) for q in chance_of_final(PEOPLE)])
    mean = float(p @ np.arange(PEOPLE + 1))
    error = float(final.std(ddof=1)) / math.sqrt(CROWDS)
    where = "closed form: parking functions"
    lines = [Comparison("mean final number, random thresholds", mean, float(final.mean()), where, 3 * error, error, "persons")]
    for r, what in ((0, "nobody riots"), (1, "one person riots"), (PEOPLE, "all riot")):
        chance = float(p[r])
        error = math.sqrt(chance * (1 - chance) / CROWDS)
        lines.append(Comparison(f"{what}, random thresholds", chance, float((final == r).mean()), where, 3 * error, error))
    return lines


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """Figure 2 of the paper, and the distribution of final sizes where thresholds are drawn at random."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    curve(left, data["deviation"], data["endless"], "endless crowd (theorem)", 1)
    curve(left, data["deviation"], data["hundred"], "100 people", 0, linewidth=1.2, linestyle="-")
    points(left, data["large"][:, 0], data["large"][:, 1], "2,000,000 people", 2)
    deviation, share = critical(MEAN)
    down(left, deviation, f"critical at {deviation:.2f}", high=0.5)
    note(left, deviation, share, f"{share:.1f} %", xytext=(6, -3))
    labels(left, "Normal thresholds, mean 25", "standard deviation, % of the crowd", "final rioters, % of the crowd")
    left.set(xlim=(0, 100), ylim=(0, 104))
    legend(left, "lower right")
    r = np.arange(len(data["exact"]))
    some = data["drawn"] > 0
    error = 3 * np.sqrt(data["drawn"] * (1 - data["drawn"]) / CROWDS)
    error = np.minimum(error, 0.9 * data["drawn"])
    points(right, r[some], data["drawn"][some], "20,000 crowds, ± 3 s.e.", 0, error=error[some], markersize=3)
    possible = data["exact"] > 0
    curve(right, r[possible], data["exact"][possible], "exact", 1, linewidth=1.2)
    right.set_yscale("log")
    right.set_yticks([0.1, 0.01, 0.001], ["0.1", "0.01", "0.001"])
    right.set(ylim=(2e-4, 0.9), xlim=(-4, 104))
    labels(right, "Random thresholds", "final rioters, persons", "share of crowds")
    legend(right, "upper right")


REPRODUCTION = Reproduction(
    name="granovetter_1978",
    title="Granovetter's riot: two crowds that differ in one person",
    citation="Granovetter, M. (1978). Threshold models of collective behavior. American Journal of Sociology 83(6), 1420-1443.",
    doi="10.1086/226707",
    rule="""Each of N people has a threshold: the number (or share) of others who must riot before he or she does. With F(x) the number of
people whose threshold is at most x, the number of rioters goes by r(t + 1) = F(r(t)) from r(0) = 0 to its equilibrium, the smallest r
with F(r) = r.

Everyone sees everyone. Thresholds and numbers are compared as whole numbers: shares in floating point would stop the crowd with the
thresholds 0, 1, ... 99 at 29 rioters.

For normal thresholds the paper gives a mean and a deviation in a crowd of 100. A whole person cannot have a part of a threshold, so we
give round(N F(r)) people a threshold of at most r; people below 0 act as with 0, and people beyond N never join. How the paper rounds,
if it does, we do not know. As N grows, the rounding loses its importance, and the limit is shown beside it.""",
    use="""from groundswell import simulate
from groundswell.models.granovetter_1978 import RIOTERS, SETTLED, granovetter_1978, uniform_crowd, world

crowd = uniform_crowd(100)
changed = [0, 2, *range(2, 100)]
run = simulate(granovetter_1978(), world([crowd, changed]), seed=1, steps=101, until=SETTLED, keep=(RIOTERS,))
print(run.final["rioters"])  # [100   1]""",
    caption="""Left: the equilibrium number of rioters against the standard deviation of normal thresholds with mean 25, as in the paper's
figure 2. The smooth curve belongs to an endless crowd; where 100 people with thresholds at whole numbers differ from it, that is the
rounding. Right: final rioters where each of 100 people has a threshold drawn at random from 0 to 99, 20,000 crowds against the exact
distribution; this is not in the paper.""",
    left_out="""The paper's text could not be had, so its pages and numbers are from memory, as the table says. Left out are friendship,
which in the paper makes a friend count as more than one person, and its other examples (diffusion, strikes, voting, leaving a lecture),
which use the same rule.""",
    compute=compute,
    draw=draw,
)
