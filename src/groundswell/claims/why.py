"""Which assumption a verdict rests on, and how far it would have to move for another verdict.

The effect, as ranks, is regressed on the drawn parameters (on the scale on which their priors are standard normal) and on the switches.
An assumption's weight is its share of the explained variance, averaged over all orders in which assumptions can be taken up (Shapley;
Lindeman, Merenda and Gold 1980), with a bootstrap interval. Its flip: among draws near a value of the parameter (a Gaussian window, half a
standard deviation of the prior wide), the share beyond; the value closest to what is held now at which that share gives another verdict
is told. It looks only where draws are, and a window holds few of them: a pointer where to look, no proof.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.claims.streams import SHUFFLED
from groundswell.core.draws import Draws

if TYPE_CHECKING:
    from groundswell.claims.judging import ModelVerdict
    from groundswell.claims.reading import Claim

Floats = npt.NDArray[np.float64]
MOST = 8  # assumptions whose orders are gone through; the ones that correlate most
RESAMPLES = 200
FEWEST = 20  # draws below which nothing is told
STEPS = 81  # values of a parameter that are tried
REACH = 2.0  # standard deviations of the prior, on either side, within which a flip is looked for
WINDOW = 0.5  # standard deviations of the prior
ENOUGH = 12.0  # draws that a window must be worth


@dataclass(frozen=True)
class Weight:
    """An assumption and what it explains.

    Args:
        name: parameter or switch.
        share: of the variance of the effect's ranks.
        low, high: 90 % bootstrap bounds.
        correlation: of effect and parameter, by ranks; nan for a switch.
        now: what is held of it: the median of the draws; nan for a switch.
        flip: value closest to `now` at which the verdict would be another; nan where there is none in reach.
        becomes: the verdict there.
        unit: of the parameter.
    """

    name: str
    share: float
    low: float
    high: float
    correlation: float = float("nan")
    now: float = float("nan")
    flip: float = float("nan")
    becomes: str = ""
    unit: str = "1"


@dataclass(frozen=True)
class Why:
    """What a verdict rests on.

    Args:
        weights: assumptions, the heaviest first.
        explained: share of the variance that they explain together.
        switch: which switch changes the verdict, in words; empty where none does.
        words: the whole in plain sentences.
    """

    weights: tuple[Weight, ...]
    explained: float
    switch: str
    words: tuple[str, ...]


def explain(claim: Claim, verdict: ModelVerdict, seed: int = 1) -> Why:
    """Which assumption matters most to a model's verdict, and how far it must move to flip it."""
    contrast = claim.contrast
    assert contrast is not None
    margins, rows, setting = _margins(claim, verdict)
    switch = _switch(verdict)
    if len(margins) < FEWEST or np.ptp(margins) == 0:
        told = "no effect differs between draws" if len(margins) >= FEWEST else f"{len(margins)} draws are too few to weigh assumptions"
        return Why((), 0.0, switch, (_opening(claim, verdict), *((switch,) if switch else ()), f"{told[0].upper()}{told[1:]}."))
    names, table = _table(verdict, rows, setting)
    weights, explained = _weights(names, table, _ranks(margins), seed)
    whole = _with_flips(weights, verdict, margins, table, names)
    return Why(whole, explained, switch, _sentences(claim, verdict, whole, explained, switch))


def _margins(claim: Claim, verdict: ModelVerdict) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """How far each draw's effect is beyond (above 0) or short, in spreads, for its worst quantity; its draw, and its setting."""
    contrast = claim.contrast
    assert contrast is not None
    effects = np.concatenate([one.effects for one in verdict.settings])
    rows = np.concatenate([np.arange(len(one.effects)) for one in verdict.settings])
    setting = np.concatenate([np.full(len(one.effects), k) for k, one in enumerate(verdict.settings)])
    margins = np.full(effects.shape, np.nan)
    for k, quantity in enumerate(contrast.quantities):
        form = quantity.form
        column = np.where(np.isfinite(effects[:, k]), effects[:, k], np.nan)
        if form.compare == "ratio":
            column = np.log(np.where(column > 0, column, np.nan))
        at = math.log(form.smallest) if form.compare == "ratio" and form.smallest > 0 else form.smallest
        spread = float(np.nanstd(column)) if np.isfinite(column).any() else 0.0
        margins[:, k] = (column - at) * (1 if form.direction == "above" else -1) / (spread or 1.0)
    known = np.isfinite(margins).all(axis=1)
    return margins[known].min(axis=1), rows[known], setting[known]


def _table(verdict: ModelVerdict, rows: npt.NDArray[np.int64], setting: npt.NDArray[np.int64]) -> tuple[list[str], list[Floats]]:
    """Assumptions by name, each as columns: a parameter's normal scores, or a switch's options but the first."""
    names: list[str] = []
    table: list[Floats] = []
    normal = verdict.uncertain.normal()
    for k, key in enumerate(verdict.uncertain.keys):
        if np.ptp(normal[rows, k]) > 0:
            names.append(key)
            table.append(normal[rows, k][:, None])
    for key in verdict.settings[0].values:
        options = [str(one.values[key]) for one in verdict.settings]
        mine = np.array(options, object)[setting]
        columns = [(mine == option).astype(float) for option in list(dict.fromkeys(options))[1:]]
        if columns:
            names.append(key)
            table.append(np.column_stack(columns))
    return names, table


def _ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), np.float64)


def _r2(columns: Sequence[Floats], y: Floats) -> float:
    """Share of variance that a linear fit explains, corrected for the number of columns."""
    if not columns:
        return 0.0
    x = np.column_stack([np.ones(len(y)), *columns])
    left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    total = float(((y - y.mean()) ** 2).sum())
    spare = len(y) - x.shape[1]
    return 0.0 if total == 0 or spare < 1 else max(0.0, 1 - float((left**2).sum()) / total * (len(y) - 1) / spare)


def shapley(columns: Sequence[Floats], y: Floats) -> Floats:
    """Each assumption's share of the explained variance, averaged over all orders."""
    n = len(columns)
    value = {
        chosen: _r2([columns[k] for k in chosen], y) for size in range(n + 1) for chosen in itertools.combinations(range(n), size)
    }  # fmt: skip
    found = np.zeros(n)
    for k in range(n):
        others = [j for j in range(n) if j != k]
        for size in range(n):
            factor = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for chosen in itertools.combinations(others, size):
                found[k] += factor * (value[tuple(sorted((*chosen, k)))] - value[chosen])
    return found


def _weights(names: list[str], table: list[Floats], y: Floats, seed: int) -> tuple[list[Weight], float]:
    order = sorted(range(len(names)), key=lambda k: -_r2([table[k]], y))[:MOST]
    columns = [table[k] for k in order]
    shares = shapley(columns, y)
    draws, many = Draws(seed), []
    few = columns[:5]  # the heaviest; orders of eight, resampled, would take minutes
    for r in range(RESAMPLES):
        pick = (draws.uniform(SHUFFLED, r, np.arange(len(y))) * len(y)).astype(np.int64)
        many.append(shapley([column[pick] for column in few], y[pick]))
    low, high = np.quantile(np.array(many), [0.05, 0.95], axis=0) if few else (np.zeros(0), np.zeros(0))
    found = []
    for j, k in enumerate(order):
        bounds = (float(low[j]), float(high[j])) if j < len(few) else (float("nan"), float("nan"))
        slope = float(np.corrcoef(_ranks(table[k][:, 0]), y)[0, 1]) if table[k].shape[1] == 1 else float("nan")
        found.append(Weight(names[k], float(shares[j]), *bounds, correlation=slope))
    return sorted(found, key=lambda one: -one.share), _r2(columns, y)


def _with_flips(weights: list[Weight], verdict: ModelVerdict, margins: Floats, table: list[Floats], names: list[str]) -> tuple[Weight, ...]:
    """The weights with the value at which each parameter would flip the verdict."""
    import dataclasses

    found = []
    for one in weights:
        if one.name not in verdict.uncertain.keys:
            found.append(dataclasses.replace(one, correlation=float("nan")))
            continue
        k = verdict.uncertain.keys.index(one.name)
        prior, z = verdict.uncertain.priors[k], table[names.index(one.name)][:, 0]
        now = float(np.median(z))
        at, becomes = _flip(margins >= 0, z, now)
        value = float(prior.from_normal(at)) if math.isfinite(at) else float("nan")
        found.append(dataclasses.replace(one, now=float(prior.from_normal(now)), flip=value, becomes=becomes, unit=prior.unit))
    return tuple(found)


def decided(share: float) -> str:
    """The verdict at a share of draws beyond."""
    from groundswell.claims.sequential import SURE

    return "supported" if share >= SURE else "contradicted" if share <= 1 - SURE else "between"


def _flip(beyond: npt.NDArray[np.bool_], z: Floats, now: float) -> tuple[float, str]:
    """The normal score closest to `now` near which the share of draws beyond gives another verdict, and that verdict.

    It is `now` itself where not the value leaves the verdict open, but how little is known of it.
    """
    here = decided(float(beyond.mean()))
    for at in (now, *sorted(np.linspace(-REACH, REACH, STEPS).tolist(), key=lambda value: abs(value - now))):
        weight = np.exp(-0.5 * ((z - at) / WINDOW) ** 2)
        if float(weight.sum()) ** 2 < ENOUGH * float((weight**2).sum()) or not weight.any():
            continue
        there = decided(float(weight @ beyond / weight.sum()))
        if there != here:
            return at, there
    return float("nan"), ""


def _switch(verdict: ModelVerdict) -> str:
    """In words, which switch changes the verdict."""
    for key in verdict.settings[0].values:
        groups: dict[str, dict[str, str]] = {}
        for one in verdict.settings:
            rest = ", ".join(f"{k} = {v}" for k, v in one.values.items() if k != key)
            groups.setdefault(rest, {})[str(one.values[key])] = one.outcome.decision
        for rest, said in groups.items():
            if len(set(said.values()) - {"undecided"}) > 1:
                told = ", ".join(f"{word} with {option!r}" for option, word in said.items())
                return f"The disputed rule {key} changes the verdict{f' (with {rest})' if rest else ''}: {told}."
    return ""


def _opening(claim: Claim, verdict: ModelVerdict) -> str:
    model = claim.form.model
    assert model is not None
    what = "of the draws are beyond the smallest effect that matters" if model.judge == "draws" else "is the mean effect"
    number = f"{100 * verdict.share:.0f} %" if model.judge == "draws" else f"{verdict.share:.3g}"
    return f"Contrast: {model.contrast}. {number} {what}; the model says: {verdict.word}."


def _moved(one: Weight, unit: str) -> str:
    """Where a parameter would flip the verdict, in words."""
    if not math.isfinite(one.flip):
        return f"it is held at {one.now:.3g}{unit}; nowhere near the draws does the verdict change"
    if one.flip == one.now:
        return f"its middle is {one.now:.3g}{unit}; were it known to be just that, the verdict would be '{one.becomes}'"
    return f"it is held at {one.now:.3g}{unit}; at {one.flip:.3g}{unit} the verdict would be '{one.becomes}'"


def evidence(weights: Sequence[Weight]) -> str:
    """What evidence on the heaviest parameter that can flip the verdict would do it, as a sentence; empty where none can."""
    for one in weights:
        if math.isfinite(one.flip):
            known = f"is {one.now:.3g} and no other value" if one.flip == one.now else f"is {one.flip:.3g}, not {one.now:.3g}"
            return f"Evidence that {one.name} {known}: then '{one.becomes}'."
    return ""


def _sentences(claim: Claim, verdict: ModelVerdict, weights: Sequence[Weight], explained: float, switch: str) -> tuple[str, ...]:
    """The whole in plain words."""
    found = [_opening(claim, verdict)]
    if switch:
        found.append(switch)
    if not weights or weights[0].share < 0.02:
        return (*found, "No assumption that was varied explains the differences between draws: they are chance.")
    first = weights[0]
    bounds = f" ({100 * max(first.low, 0):.0f} to {100 * first.high:.0f})" if math.isfinite(first.low) else ""
    found.append(
        f"The assumption that matters most is {first.name}: it explains {100 * first.share:.0f} %{bounds} of how draws differ"
        f" (all that was varied: {100 * explained:.0f} %)."
    )
    if math.isfinite(first.correlation):
        side = "a larger value speaks for the claim" if first.correlation > 0 else "a larger value speaks against the claim"
        unit = "" if first.unit == "1" else f" {first.unit}"
        found.append(f"{side[0].upper()}{side[1:]}; {_moved(first, unit)}.")
    return tuple(found)
