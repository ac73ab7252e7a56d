"""The same scenario under several seeds: how much of a result is chance.

>>> from groundswell import experiments
>>> sixteen = experiments.replicates("iran", 16, out="runs/sixteen")
>>> sixteen.band("turnout").high  # where one more replicate would fall, each day of the nation
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import EPOCH
from groundswell.core.errors import InputError, StoreError, nearest
from groundswell.experiments.directory import kept
from groundswell.experiments.intervals import LEVEL, Band, band
from groundswell.experiments.measures import Measure, measures
from groundswell.experiments.read import read, settings_of
from groundswell.experiments.running import Progress, simulated, within_scope
from groundswell.experiments.scenario import Scenario
from groundswell.experiments.study import Study, carry_out, seeds_from, shelf
from groundswell.experiments.tables import NATION, dates, read_series, write_parquet

if TYPE_CHECKING:
    import polars as pl

    from groundswell.core.run import Run

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Replicates:
    """Runs of one scenario that differ in their seed only, as far as its case may be told: the nation by day, provinces by week.

    Attributes:
        scenario: what ran; its own seed is the first of `seeds`.
        seeds: of the runs, in order.
        hashes: the state hash of each.
        days: day numbers; shape (days,).
        nation: national series by name, and acts and reports by day (see `nation.parquet`); shape (runs, days).
        weekly: what sources reported by week and province, one table a run; empty where nothing is reported.
        places: ids of the provinces.
        intervals: first day number of each interval at which the case tells of provinces, and how many days it has; two rows.
        series: recorded series by name, means of an interval; shape (runs, intervals, provinces), or 1 in the end for the nation's.
        first: the first run with every day and place, where it was simulated here; it is for reports of this process only.
    """

    scenario: Scenario
    seeds: tuple[int, ...]
    hashes: tuple[str, ...]
    days: npt.NDArray[np.int64]
    nation: Mapping[str, Floats]
    weekly: tuple[pl.DataFrame, ...]
    places: tuple[str, ...]
    intervals: npt.NDArray[np.int64]
    series: Mapping[str, Floats]
    first: Run | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.seeds)

    def national(self, name: str) -> Floats:
        """A national series of every run; shape (runs, days).

        Raises:
            InputError: no such series, with the nearest one.
        """
        if name not in self.nation:
            raise InputError(f"the runs have no national series {name!r}", nearest=nearest(name, self.nation))
        return self.nation[name]

    def band(self, name: str, level: float = LEVEL) -> Band:
        """Mean of a national series and where one more replicate would fall, by day."""
        return band(self.national(name), level)

    def _repr_html_(self) -> str:
        return self.html()

    @cached_property
    def measures(self) -> list[Measure]:
        """National numbers, one value a run."""
        s = self.scenario
        return measures(self.nation, self.weekly, self.places, s.case.names.sources, (s.start, s.end))

    def numbers_frame(self) -> pl.DataFrame:
        """The national numbers: key, label, unit, mean and 90 % band."""
        import polars as pl

        rows = [(m.key, m.label.strip(), m.unit, *(float(v) for v in m.band)) for m in self.measures]
        return pl.DataFrame(rows, schema=["key", "label", "unit", "mean", "low", "high"], orient="row")

    def nation_frame(self) -> pl.DataFrame:
        """Mean and 90 % band of each national series: one row a series and day."""
        return nation_frame(self.days, {name: band(values) for name, values in self.nation.items()})

    def provinces_frame(self) -> pl.DataFrame:
        """Mean and 90 % band of each series of the provinces: one row a series, interval of the case and province."""
        return provinces_frame(self, {name: band(values) for name, values in self.of_provinces().items()})

    def of_provinces(self) -> dict[str, Floats]:
        """The series that the provinces have; shape (runs, intervals, provinces)."""
        return {name: values for name, values in self.series.items() if values.shape[2] == len(self.places)}

    def runs(self) -> list[Run]:
        """The runs as values: the first whole where it is there, the others at the interval of the case and without journals.

        Raises:
            InputError: the first run is not there; see `with_first`.
        """
        first = self.first
        if first is None:
            raise InputError("these replicates were read from their folders, which do not keep every day", key="replicates")
        made = [
            dataclasses.replace(
                first,
                days=self.intervals[0],
                series={name: values[k] for name, values in self.series.items()},
                journals={},
                nation={},
                state_hash=self.hashes[k],
                provenance={**first.provenance, "seed": self.seeds[k]},
            )
            for k in range(1, len(self))
        ]
        return [first, *made]

    def _rows(self) -> list[tuple[str, str, Band]]:
        return [(m.label, "" if m.unit == "1" else m.unit, m.band) for m in self.measures]

    def __repr__(self) -> str:
        s = self.scenario
        return f"<{len(self)} replicates of {s.name}, {s.start} to {s.end}, seeds {self.seeds[0]} to {self.seeds[-1]}>"

    def html(self) -> str:
        """The numbers as an HTML table."""
        s = self.scenario
        head = f"{s.name}, {s.start} to {s.end}: {len(self)} replicates, seeds {self.seeds[0]} to {self.seeds[-1]}"
        rows = [(label, number(b.mean), f"{number(b.low)} to {number(b.high)}", unit) for label, unit, b in self._rows()]
        note = "Band: where one more replicate would fall with 90 % (Student's t)."
        return html_table(head, ("", "mean", "90 % band", "unit"), rows, note)


def number(value: Any) -> str:
    """A number for readers: thousands by comma, three significant digits below a thousand, a dash where undefined."""
    value = float(value)
    if not np.isfinite(value):
        return "–"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-3 else f"{value:.5f}"


def html_table(head: str, columns: Sequence[str], rows: Sequence[Sequence[str]], note: str) -> str:
    """A table for notebooks; every text is escaped."""
    top = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(head)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table><p>{escape(note)}</p>"


def nation_frame(days: npt.NDArray[np.int64], bands: Mapping[str, Band]) -> pl.DataFrame:
    """National bands as a table: one row a series and day."""
    return _long({"date": dates(days)}, bands)


def provinces_frame(runs: Replicates, bands: Mapping[str, Band]) -> pl.DataFrame:
    """Bands of shape (intervals, provinces) as a table: one row a series, interval and province."""
    first, days = runs.intervals
    width = len(runs.places)
    head = {"date": np.repeat(dates(first), width), "days": np.repeat(days, width), "place": [*runs.places] * len(first)}
    return _long(head, {name: Band(*(limit.reshape(-1) for limit in each)) for name, each in bands.items()})


def _long(head: Mapping[str, Any], bands: Mapping[str, Band]) -> pl.DataFrame:
    import polars as pl

    def part(name: str, found: Band) -> pl.DataFrame:
        return pl.DataFrame({**head, "series": [name] * len(found.mean), "mean": found.mean, "low": found.low, "high": found.high})

    parts = [part(name, bands[name]) for name in sorted(bands)]
    return pl.concat(parts) if parts else part("", Band(*np.zeros((3, len(head["date"]))))).clear()


def collect(scenario: Scenario, seeds: Sequence[int], folders: Sequence[Path], first: Run | None = None) -> Replicates:
    """Replicates from the folders of their runs.

    Raises:
        StoreError: a table is missing or was altered.
    """
    import polars as pl

    found = [kept(folder) for folder in folders]
    for one in found:
        if one.altered:
            raise StoreError(f"{one.folder / one.altered[0]}: missing, or altered since it was written")
    nation = [pl.read_parquet(folder / "nation.parquet") for folder in folders]
    head = pl.read_parquet(folders[0] / "series.parquet", columns=["date", "days", "place"])
    places = tuple(name for name in head["place"].unique(maintain_order=True).to_list() if name != NATION)
    series = [read_series(folder / "series.parquet", len(places)) for folder in folders]
    days = head.filter(pl.col("place") == head["place"][0])["days"].to_numpy()
    return Replicates(
        scenario=dataclasses.replace(scenario, seed=seeds[0]),
        seeds=tuple(seeds),
        hashes=tuple(str(one.about["state_hash"]) for one in found),
        days=_numbers(nation[0]["date"]),
        nation={name: _stack([table[name].to_numpy() for table in nation]) for name in nation[0].columns if name != "date"},
        weekly=tuple(pl.read_parquet(f / "weekly.parquet") for f in folders if (f / "weekly.parquet").is_file()),
        places=places,
        intervals=np.stack([series[0][0], days.astype(np.int64)]),
        series={name: _stack([each[name] for _, each in series]) for name in series[0][1]},
        first=first,
    )


def _numbers(column: pl.Series) -> npt.NDArray[np.int64]:
    return (column.to_numpy().astype("datetime64[D]") - np.datetime64(EPOCH)).astype(np.int64)


def _stack(arrays: Sequence[npt.NDArray[Any]]) -> Floats:
    return np.stack([array.astype(np.float64) for array in arrays])


def replicates(
    target: Scenario | str | Path,
    count: int = 16,
    *,
    out: str | Path | None = None,
    replace: bool = False,
    workers: int | None = None,
    compiled: bool = True,
    report: Callable[[Replicates, Path], object] | None = None,
    progress: Progress | None = None,
    reused: Callable[[int, int], object] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Replicates:
    """Run a scenario under several seeds: its own, the next, and so on.

    Args:
        target: a scenario, or what `read` takes.
        count: how many; one alone has no band.
        out: the folder to keep the study in; a stopped or shorter study there goes on. Nothing is kept where it is None.
        replace: whether another study that `out` keeps may be replaced.
        workers: processes, this one included; as many as cores and memory allow where None. 1 starts none.
        compiled: whether steps are compiled; the result is the same.
        report: writes the page of a kept study; its `first` is then there.
        progress: called with "days", the days that are done and the days there are, over all runs.
        reused: called with how many runs were there already, of how many.
        settings: values that win over a file, as in `run`.

    Raises:
        InputError: anything wrong with the scenario, the number or the folder.
        Interrupted: stopped by a signal; with `out` it can be taken up again.
    """
    scenario = target if isinstance(target, Scenario) else read(target, settings_of(settings or {}))
    seeds = seeds_from(scenario.seed, count)
    with shelf(out) as folder:
        study = Study("replicates", {"runs": scenario}, seeds, folder, out is not None)
        first = carry_out(study, replace=replace, workers=workers, compiled=compiled, progress=progress, reused=reused)
        folders = [study.place("runs", seed) for seed in seeds]
        result = collect(scenario, seeds, folders, first)
        if out is not None:
            finish(study, result, report, compiled)
    return result


def finish(study: Study, result: Replicates, report: Callable[[Replicates, Path], object] | None, compiled: bool) -> None:
    """Write what the runs say together."""
    files: dict[str, Callable[[Path], object]] = {
        "numbers.parquet": lambda path: write_parquet(result.numbers_frame(), path),
        "nation.parquet": lambda path: write_parquet(result.nation_frame(), path),
        "provinces.parquet": lambda path: write_parquet(result.provinces_frame(), path),
    }
    if report is not None:
        shown = with_first(result, compiled)
        files["report.html"] = lambda path: report(shown, path)
    study.finish(files)


def with_first(result: Replicates, compiled: bool = True) -> Replicates:
    """Replicates whose first run is there with every day and place, which no folder keeps: simulated again where it must be."""
    if result.first is not None:
        return result
    scenario = result.scenario
    again = simulated(scenario, checkpoint=None, resume=False, compiled=compiled, progress=None)
    if again.state_hash != result.hashes[0]:
        raise StoreError("the first run of this study does not repeat to the same state; use --replace to begin anew")
    return dataclasses.replace(result, first=within_scope(again, scenario.case))
