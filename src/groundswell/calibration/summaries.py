"""From weekly counts by province to a vector of named numbers: first and second moments, bursts, spread, kinds, dated windows.

One function for data and simulation. Every summary is on a scale on which its noise is about even (logs of counts and ratios, logits of
shares, Fisher's z of correlations) and is defined for every table, empty ones too. Totals and contested counts have the same summaries:
a record names no stream, and totals alone would let livelihood protest stand for unrest.

What may have moments without a limit is kept finite: counts enter logs as count + 1/2, shares as (k + 1/2) / (n + 1), correlations are
cut at +-0.99 and 0 where nothing varies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from groundswell.calibration.counts import Counts
    from groundswell.cases import Case

Floats = npt.NDArray[np.float64]

PARTS = 6  # of the period, in each of which the level is told: drift of reporting, slow change
LAGS = (1, 2, 4)  # weeks
LEVELS = {"low": 0.1, "median": 0.5, "high": 0.9, "top": 0.98}  # quantiles of the nation's weekly count
LONGEST_WINDOW = 100  # days of a dated shock that is told on its own
AFTER = 14  # days after it that belong to it

DOCS: Mapping[str, str] = {
    "level": "log of the mean weekly count in each sixth of the period",
    "dispersion": "log of variance over mean of the nation's weekly count; 0 for a Poisson process",
    "autocorrelation": "Fisher's z of the correlation of the nation's count with itself some weeks later",
    "log_autocorrelation": "Fisher's z of the correlation of log(1 + the nation's count) with itself some weeks later: quiet weeks count",
    "province_correlation": "mean correlation of two provinces' counts",
    "empty": "logit of the share of province-weeks without an event",
    "fano": "log of the median over provinces of variance over mean",
    "rough": "log of half the mean squared change from week to week over the mean: noise without slow change; the nation",
    "province_rough": "log of half the mean squared change from week to week over the mean; mean over provinces with an event",
    "quantile": "log(1/2 + quantile) of the nation's weekly count",
    "spread": "log of the mean number of provinces with an event in a week",
    "widest": "log of the most provinces with an event in one week",
    "unequal": "standard deviation over provinces of the log mean count",
    "size": "slope over provinces of the log mean count on log residents",
    "persistence": "mean over provinces of the correlation of log(1 + count) with the next week's",
    "local": "mean over provinces of the same correlation of log(1 + count), less the nation's weekly mean: what stays local",
    "before": "log ratio of the week before the highest week to that week",
    "after": "log ratio of the week after the highest week to that week",
    "later": "log ratio of the mean of the second to fourth week after the highest week to that week",
    "contested": "logit of the contested share: of all, in the quieter half of weeks, in the highest twentieth",
    "together": "Fisher's z of the correlation of log(1 + total) and log(1 + contested), nation",
    "kind": "logit of the share of excessive force, and of violence, among contested",
    "window": "log of the mean weekly count in and two weeks after a dated shock over that of the median week, 1/2 added to both",
}


@dataclass(frozen=True)
class Windows:
    """Stretches of weeks around dated shocks, fixed before a fit.

    Args:
        names: of the shocks.
        edges: first and last day number of each, both included.
    """

    names: tuple[str, ...] = ()
    edges: tuple[tuple[int, int], ...] = ()

    def within(self, first: int, weeks: int) -> list[tuple[str, slice]]:
        """Those that lie in a table, as positions of weeks."""
        found = []
        for name, (start, end) in zip(self.names, self.edges, strict=True):
            low, high = max((start - first) // 7, 0), min((end - first) // 7, weeks - 1)
            if low <= high and start >= first and start < first + 7 * weeks:
                found.append((name, slice(low, high + 1)))
        return found


NONE = Windows()


def windows_of(case: Case) -> Windows:
    """The windows of a case: its dated shocks that raise the rate of occasions, where they are short."""
    from groundswell.core.draws import day_number

    found = {}
    for event in case.events:
        if event.role == "drives" and event.parameter == "occasions.rate" and event.days <= LONGEST_WINDOW:
            start = day_number(event.start)
            found[event.id] = (start, start + event.days - 1 + AFTER)
    return Windows(tuple(found), tuple(found.values()))


@dataclass(frozen=True, eq=False)
class Summaries:
    """Named numbers of one table of counts.

    Attributes:
        names: such as `total.dispersion` or `contested.window.fuel-price-sparks`.
        values: in their order; finite.
    """

    names: tuple[str, ...]
    values: Floats

    def as_dict(self) -> dict[str, float]:
        """By name."""
        return dict(zip(self.names, self.values.tolist(), strict=True))


def summarise(counts: Counts, persons: Floats, windows: Windows = NONE) -> Summaries:
    """The summaries of a table of counts.

    Args:
        counts: at least 8 weeks.
        persons: residents by province, in the order of its columns; shape (provinces,).
        windows: of dated shocks.
    """
    total, contested = counts.total.astype(np.float64), counts.contested.astype(np.float64)
    found: dict[str, float] = {}
    for name, table in (("total", total), ("contested", contested)):
        nation = table.sum(axis=1)
        one = {**_levels(nation), **_moments(table, nation), **_places(table, persons), **_burst(nation)}
        usual = float(np.median(nation))
        for window, weeks in windows.within(counts.first, len(table)):
            one[f"window.{window}"] = _log(nation[weeks].mean()) - _log(usual)
        found |= {f"{name}.{key}": value for key, value in one.items()}
    found |= {f"both.{key}": value for key, value in _both(total.sum(axis=1), contested.sum(axis=1), counts.kinds).items()}
    return Summaries(tuple(found), np.array(list(found.values()), np.float64))


def about(name: str) -> str:
    """One sentence on a summary."""
    parts = name.split(".")
    key = next((key for key in DOCS if parts[1] == key or parts[1].startswith(f"{key}_")), parts[1])
    return DOCS.get(key, "")


def _log(count: float) -> float:
    return float(np.log(count + 0.5))


def _logit(k: float, n: float) -> float:
    share = (k + 0.5) / (n + 1.0)
    return float(np.log(share / (1.0 - share)))


def _z(correlation: float) -> float:
    return float(np.arctanh(np.clip(correlation, -0.99, 0.99)))


def _correlation(a: Floats, b: Floats) -> float:
    x, y = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / scale if scale > 1e-9 else 0.0


def _levels(nation: Floats) -> dict[str, float]:
    parts = np.array_split(nation, PARTS)
    found = {f"level_{k + 1}": float(np.log((part.sum() + 0.5) / len(part))) for k, part in enumerate(parts)}
    return {**found, **{f"quantile_{name}": _log(float(np.quantile(nation, q))) for name, q in LEVELS.items()}}


def _moments(table: Floats, nation: Floats) -> dict[str, float]:
    mean = float(nation.mean())
    ratio = float(nation.var(ddof=1)) / mean if mean > 0 else 1.0
    found = {"dispersion": float(np.log(max(ratio, 0.05)))}
    logs = np.log1p(nation)
    for lag in LAGS:
        found[f"autocorrelation_{lag}"] = _z(_correlation(nation[lag:], nation[:-lag]))
        found[f"log_autocorrelation_{lag}"] = _z(_correlation(logs[lag:], logs[:-lag]))
    means = table.mean(axis=0)
    some = means > 0
    fano = float(np.median(table[:, some].var(axis=0, ddof=1) / means[some])) if some.any() else 1.0
    found["fano"] = float(np.log(max(fano, 0.05)))
    found["rough"] = float(np.log(max(_rough(nation[:, None]), 0.05)))
    found["province_rough"] = float(np.log(max(_rough(table), 0.05)))
    found["province_correlation"] = _z(_mean_correlation(table))
    found["empty"] = _logit(float((table == 0).sum()), float(table.size))
    return found


def _rough(table: Floats) -> float:
    """Half the mean squared change from week to week over the mean, of columns with any event; 1 where there is none."""
    means = table.mean(axis=0)
    some = means > 0
    change = np.diff(table[:, some], axis=0)
    return float(((change * change).mean(axis=0) / (2 * means[some])).mean()) if some.any() else 1.0


def _mean_correlation(table: Floats) -> float:
    centred = table - table.mean(axis=0)
    size = np.sqrt((centred * centred).sum(axis=0))
    standard = centred[:, size > 0] / size[size > 0]
    pairs = standard.shape[1] * (standard.shape[1] - 1)
    if not pairs:
        return 0.0
    together = standard.sum(axis=1)
    return float((together @ together - standard.shape[1]) / pairs)


def _places(table: Floats, persons: Floats) -> dict[str, float]:
    """How counts are spread over provinces, and what of them stays there from week to week."""
    weeks = len(table)
    rates = np.log((table.sum(axis=0) + 0.5) / weeks)
    size = np.log(persons) - np.log(persons).mean()
    slope = float(size @ rates) / float(size @ size) if float(size @ size) > 1e-12 else 0.0
    hit = (table > 0).sum(axis=1)
    logs = np.log1p(table)
    apart = logs - logs.mean(axis=1, keepdims=True)
    return {
        "spread": _log(float(hit.mean())),
        "widest": _log(float(hit.max())),
        "unequal": float(rates.std()),
        "size": slope,
        "persistence": _z(_lagged(logs)),
        "local": _z(_lagged(apart)),
    }


def _lagged(table: Floats) -> float:
    """Mean over columns of the correlation with the next week; 0 for a column that does not vary."""
    x, y = table[1:] - table[1:].mean(axis=0), table[:-1] - table[:-1].mean(axis=0)
    size = np.sqrt((x * x).sum(axis=0) * (y * y).sum(axis=0))
    return float(np.where(size > 1e-9, (x * y).sum(axis=0) / np.maximum(size, 1e-9), 0.0).mean()) if table.shape[1] else 0.0


def _burst(nation: Floats) -> dict[str, float]:
    """The course around the highest week; 0 where it lies at an end."""
    top = int(np.argmax(nation))
    high = _log(float(nation[top]))
    later = nation[top + 2 : top + 5]
    return {
        "quantile_most": high,
        "before": _log(float(nation[top - 1])) - high if top else 0.0,
        "after": _log(float(nation[top + 1])) - high if top + 1 < len(nation) else 0.0,
        "later": _log(float(later.mean())) - high if len(later) else 0.0,
    }


def _both(total: Floats, contested: Floats, kinds: npt.NDArray[np.int64]) -> dict[str, float]:
    """Contested against all, and the mix of kinds."""
    quiet, high = total <= np.median(total), total >= np.quantile(total, 0.95)
    by_kind = np.asarray(kinds, np.float64).sum(axis=0)
    hard = float(by_kind[1:].sum())
    return {
        "contested_all": _logit(contested.sum(), total.sum()),
        "contested_quiet": _logit(contested[quiet].sum(), total[quiet].sum()),
        "contested_high": _logit(contested[high].sum(), total[high].sum()),
        "together": _z(_correlation(np.log1p(total), np.log1p(contested))),
        "kind_force": _logit(float(by_kind[2]), hard),
        "kind_violence": _logit(float(by_kind[3]), hard),
    }
