"""Hawkes 1971: the rate, the variance and the families of a self-exciting process."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell import Run, simulate
from groundswell.models.hawkes_1971 import EVENTS, EXTINCT, HAPPENED, hawkes_1971, world
from groundswell.reproductions.drawing import SOFT, curve, labels, legend, points
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell, mean_and_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
DAYS = 400_000
STRETCH = (0.0, 60.0)  # of the figure
COVARIANCE = "closed form, from the covariance density of the exponential kernel; for long windows it nears 1/(1-n)^2 = 6.25"


def excite(days: int, seed: int = 1971, **values: float) -> Run:
    """All families to their end; by default rate 1, branching ratio 0.6 and decay 1 a day."""
    named = {f"self_excitation.{name}": value for name, value in values.items()}
    return simulate(hawkes_1971(), world(days), seed=seed, steps=10_000, until=EXTINCT, keep=(EVENTS,), values=named)


def fano(window: float, ratio: float, decay: float) -> float:
    """Variance over mean of the events in a window: the mean, plus the covariance density (window - t) from both sides."""
    c = decay * (1 - ratio)
    return 1 + ratio * (2 - ratio) / (1 - ratio) ** 2 * (1 - (1 - math.exp(-c * window)) / (c * window))


def borel(ratio: float, size: int) -> float:
    """The chance that a family has so many members, the first one included."""
    return math.exp(-ratio * size + (size - 1) * math.log(ratio * size) - math.lgamma(size + 1))


def variance_ratio(counts: npt.NDArray[np.int64], window: int) -> tuple[float, float]:
    """Variance over mean of events in windows of so many days, and its standard error from 40 blocks."""
    sums = counts.reshape(-1, window).sum(axis=1)
    blocks = np.array([b.var(ddof=1) for b in np.array_split(sums, 40)]) / sums.mean()
    return float(sums.var(ddof=1) / sums.mean()), float(blocks.std(ddof=1) / math.sqrt(40))


def compute(tell: Tell) -> Outcome:
    """The table and the figure's data."""
    tell(0.0, f"{DAYS:,} days of self-exciting events")
    run = excite(DAYS)
    counts = run.final[EVENTS.name]
    table = [_rate(counts)]
    for window in (1, 10, 50, 200):
        ours, error = variance_ratio(counts, window)
        what = f"variance over mean of events in {window} day{'s' * (window > 1)}"
        table.append(Comparison(what, fano(window, 0.6, 1.0), ours, COVARIANCE, 3 * error, error))
    tell(0.5, "families")
    family, sizes = {}, {}
    for ratio in (0.5, 0.9):
        journal = excite(100_000, ratio=ratio, warm_up=0).journals[HAPPENED.name]
        family[ratio] = np.unique(journal["family"], return_counts=True)[1]
        sizes[f"sizes {ratio:g}"] = _binned(family[ratio])
    times = run.journals[HAPPENED.name]["time"]
    data: dict[str, npt.NDArray[Any]] = {"times": np.sort(times[(times > STRETCH[0] - 40) & (times < STRETCH[1])]), **sizes}
    return Outcome((*table, *_families(family[0.5])), data)


def _rate(counts: npt.NDArray[np.int64]) -> Comparison:
    """Events a day, with an error from blocks of 1000 days, which are as good as independent."""
    mean, error = mean_and_error(counts.reshape(-1, 1000).mean(axis=1))
    return Comparison("events a day, mu = 1, n = 0.6", 2.5, mean, "mu/(1-n), closed form", 3 * error, error, "events/day")


def _families(size: npt.NDArray[np.int64]) -> list[Comparison]:
    """Sizes of families for n = 1/2 against Borel's law."""
    where = "closed form: Borel's law"
    lines = []
    for k in (1, 2, 3):
        mean, error = mean_and_error(size == k)
        lines.append(Comparison(f"families of {k}, n = 0.5", borel(0.5, k), mean, where, 3 * error, error))
    mean, error = mean_and_error(size)
    lines.append(Comparison("mean size of a family, n = 0.5", 2, mean, "closed form: 1/(1-n)", 3 * error, error, "events"))
    squares, error = mean_and_error((size - 2.0) ** 2)
    lines.append(Comparison("variance of that size", 4, squares, "closed form: n/(1-n)^3", 3 * error, error))
    return lines


def _binned(size: npt.NDArray[np.int64]) -> Floats:
    """Shares of families in bins of sizes that double: middle, share a size, its standard error."""
    edges = np.unique(np.concatenate([[1, 2, 3], (2 ** np.arange(2, 12, 0.5)).astype(int)]))
    rows = []
    for low, high in pairwise(edges.tolist()):
        n = int(((size >= low) & (size < high)).sum())
        if n >= 10:
            rows.append((math.sqrt(low * (high - 1)), n / len(size) / (high - low), math.sqrt(n) / len(size) / (high - low)))
    return np.array(rows)


def intensity(times: Floats, at: Floats) -> Floats:
    """The rate of Hawkes' definition, 1 + the sum of 0.6 exp(-age) over past events."""
    age = at[:, None] - times[None]
    added: Floats = 0.6 * np.where(age > 0, np.exp(-np.maximum(age, 0)), 0).sum(axis=1)
    return 1 + added


def draw(figure: Figure, data: Mapping[str, npt.NDArray[Any]]) -> None:
    """Two months of events with their rate, and the sizes of families."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    at = np.linspace(*STRETCH, 3000)
    curve(left, at, intensity(data["times"], at), "rate", 0, linewidth=1.1)
    shown = data["times"][data["times"] > STRETCH[0]]
    left.plot(shown, np.full(len(shown), -0.5), "|", color=SOFT, markersize=7, markeredgewidth=0.7, label="events")
    left.axhline(2.5, color=SOFT, linewidth=0.9, linestyle=(0, (3, 2)), label="its mean, μ/(1−n)")
    left.set(xlim=STRETCH, ylim=(-1, 8), yticks=range(0, 9, 2))
    labels(left, "Sixty days: μ = 1 a day, n = 0.6, β = 1 a day", "day", "rate, events a day")
    legend(left, "upper right")
    for k, ratio in enumerate((0.5, 0.9)):
        rows = data[f"sizes {ratio:g}"]
        size = np.arange(1, int(rows[-1, 0] * 1.5))
        curve(right, size, [borel(ratio, int(s)) for s in size], f"Borel, n = {ratio:g}", k)
        points(
            right, rows[:, 0], rows[:, 1], f"simulated, n = {ratio:g}", k, error=np.minimum(3 * rows[:, 2], 0.9 * rows[:, 1]), markersize=4
        )
    right.set(xscale="log", yscale="log", ylim=(1e-6, 2))
    right.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    right.set_yticks([1, 0.01, 0.0001, 1e-6], ["1", "0.01", "0.0001", "0.000001"])
    right.minorticks_off()
    labels(right, "Families", "events in a family", "share of families")
    legend(right, "lower left")


REPRODUCTION = Reproduction(
    name="hawkes_1971",
    title="Hawkes' self-exciting process: events that bring events",
    citation="Hawkes, A. G. (1971). Spectra of some self-exciting and mutually exciting point processes. Biometrika 58(1), 83-90.",
    doi="10.1093/biomet/58.1.83",
    rule="""Events happen at the rate λ(t) = μ + Σ α exp(-β(t - s)), the sum taken over all earlier events s. The branching ratio n = α/β
is how many further events one event brings directly; below 1 the process is stationary with the rate μ/(1-n).

It is drawn by Hawkes and Oakes' cluster representation (1974, doi 10.2307/3212693), which is exact: immigrants at the rate μ, and
independent families in which every event has a Poisson number of children with mean n at exponential delays. A step of the run is a
generation. Every draw belongs to its parent, so that a longer run repeats the shorter one and adds to it.

Both ends need care. Families that begin before the first day reach into it: immigrants begin 100 days early. The last day cuts families:
for their sizes they are followed to the end, and only the count by day is cut.

In research on protest the process is the usual answer to "does unrest spread, or do causes come in clusters?"; Campedelli & D'Orsogna
(2021, doi 10.1371/journal.pone.0250433) fit it to disorder in India, Israel and Mexico. A good fit is no proof of contagion: rates that
vary by themselves give clusters, too. Hawkes' own summary warns of it: a certain doubly stochastic process has the same second-order
properties, and no analysis of these tells the two apart.""",
    use="""from groundswell import simulate
from groundswell.models.hawkes_1971 import EVENTS, EXTINCT, hawkes_1971, world

half = {"self_excitation.rate": 1, "self_excitation.ratio": 0.5}
run = simulate(hawkes_1971(), world(days=10_000), seed=1, steps=500, until=EXTINCT, keep=(EVENTS,), values=half)
print(run.final["events"].mean())  # about 2
print(run.journals["happened"]["time"][:3])  # with family and generation of each event""",
    caption="""Left: sixty days of a simulated process, its events and the rate that they make by Hawkes' definition. Right: how many events
a family has, simulated (bins of sizes, three standard errors) and by Borel's law. The figure is ours.""",
    left_out="""The spectra, which are the paper's subject; mutually exciting processes; kernels other than the exponential. To estimate μ,
n and β from real events is another matter than to draw such events.""",
    compute=compute,
    draw=draw,
)
