"""Two scenarios under the same seeds: the effect of what differs between them, and how far chance blurs it.

Both runs of a pair have the same people, the same seed and the same addressed draws: what happens to a person, a unit or a place is
decided by the same random number in both, until something that differs has reached them. The difference within a pair is therefore
much less noisy than that between two runs. Its interval is Student's t over pairs.

>>> from groundswell import experiments
>>> experiments.compare("iran", settings={"fear.decay": 0.1}, replicates=8)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from groundswell.core.errors import InputError
from groundswell.experiments.intervals import LEVEL, Band, interval
from groundswell.experiments.plain import as_document
from groundswell.experiments.read import Options, read, settings_of
from groundswell.experiments.replicates import Replicates, collect, html_table, nation_frame, number, provinces_frame
from groundswell.experiments.running import Progress
from groundswell.experiments.scenario import Scenario
from groundswell.experiments.study import Study, carry_out, seeds_from, shelf
from groundswell.experiments.tables import write_parquet

if TYPE_CHECKING:
    import polars as pl

UNITS = "units"
# Of a real case, what a comparison may tell by province: the public and the drivers. Fear and slogans, too, show where units act.
PUBLIC = (
    "alternative", "attended_livelihood", "attended_pro_state", "blackout", "contact", "economy", "gathered", "gathered_livelihood",
    "gathered_pro_state", "killed", "legitimacy", "livelihood_call", "strength", "turnout",
)  # fmt: skip
# A comparison in which one of these differs is about units: on shared draws every difference in a province would come from one there.
ABOUT_UNITS = (
    "acting.", "brokerage.", "calling.", "detection.", "fear.relief", "first_organisation.", "frames.campaign", "interrogation.",
    "organisations.", "participation.defiance", "recruitment.", "second_organisation.", "third_organisation.", "units.", "witnessing.",
)  # fmt: skip
SAME = ("tables", "scale", "provinces", "population_seed", "growth", "start", "end")  # without these no draw is shared


class Difference(NamedTuple):
    """One national number of both scenarios; low and high bound the mean difference a - b with 90 %."""

    key: str
    label: str
    unit: str
    mean_a: float
    mean_b: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, repr=False)
class Pairs:
    """Pairs of runs that share people, seed and draws.

    Attributes:
        name_a, name_b: what the two scenarios are called; differences are a - b.
        a, b: their runs, under the same seeds.
    """

    name_a: str
    name_b: str
    a: Replicates
    b: Replicates

    def __len__(self) -> int:
        return len(self.a)

    @cached_property
    def rows(self) -> list[Difference]:
        """The national numbers of both and their difference."""
        other = {m.key: m for m in self.b.measures}
        found = []
        for m in self.a.measures:
            if m.key in other:
                values = other[m.key].values
                mean, low, high = (float(v) for v in interval(m.values - values))
                found.append(Difference(m.key, m.label, m.unit, _mean(m.values), _mean(values), mean, low, high))
        return found

    def difference(self, name: str, level: float = LEVEL) -> Band:
        """Mean difference of a national series by day, and its interval."""
        return interval(self.a.national(name) - self.b.national(name), level)

    def numbers_frame(self) -> pl.DataFrame:
        """The rows as a table."""
        import polars as pl

        rows = [(d.key, d.label.strip(), *d[2:]) for d in self.rows]
        return pl.DataFrame(rows, schema=list(Difference._fields), orient="row")

    def nation_frame(self) -> pl.DataFrame:
        """Differences of national series: one row a series and day."""
        return nation_frame(self.a.days, {name: self.difference(name) for name in self.a.nation if name in self.b.nation})

    def provinces_frame(self) -> pl.DataFrame:
        """Differences of the provinces' series: one row a series, place and interval of the case.

        See `by_province` for what a real case does not tell.
        """
        a, b = self.a.of_provinces(), self.b.of_provinces()
        return provinces_frame(self.a, {name: interval(a[name] - b[name]) for name in self.by_province})

    @cached_property
    def by_province(self) -> tuple[str, ...]:
        """The series whose differences are told by province.

        Of a real case those of the public only, and none where the scenarios differ in something about units: with units against
        without them, every difference would say where units are.
        """
        one, other = self.a.scenario, self.b.scenario
        names = tuple(name for name in self.a.of_provinces() if name in self.b.of_provinces())
        if not one.case.real:
            return names
        return () if about_units(one, other) else tuple(name for name in names if name in PUBLIC)

    def __repr__(self) -> str:
        return f"<{len(self)} pairs: {self.name_a} against {self.name_b}>"

    @property
    def title(self) -> str:
        """What is compared, over which time and seeds."""
        s, seeds = self.a.scenario, self.a.seeds
        return f"{s.case.name}, {s.start} to {s.end}, {len(seeds)} pairs, seeds {seeds[0]} to {seeds[-1]}"

    def _repr_html_(self) -> str:
        return self.html()

    def html(self) -> str:
        """The rows as an HTML table."""
        rows = [
            (d.label, number(d.mean_a), number(d.mean_b), number(d.difference), limits(d.low, d.high), "" if d.unit == "1" else d.unit)
            for d in self.rows
        ]
        columns = ("", self.name_a, self.name_b, "difference", "90 % interval", "unit")
        return html_table(self.title, columns, rows, NOTE)


NOTE = "Difference: the first minus the second, mean over pairs that share people, seed and draws. Interval: Student's t over pairs."


def limits(low: float, high: float) -> str:
    """An interval for readers."""
    return f"{number(low)} to {number(high)}" if np.isfinite(low) else "–"


def _mean(values: Any) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


@dataclass(frozen=True)
class Contrast:
    """Two scenarios that may be compared, and what to call them."""

    name_a: str
    a: Scenario
    name_b: str
    b: Scenario


def contrast(
    a: str | Path, b: str | Path | None = None, *, without: str | None = None, changed: Options = (), common: Options = ()
) -> Contrast:
    """What a comparison is between: two targets, or one with and without something.

    Args:
        a, b: what `read` takes.
        without: the name of a policy, a shock or a campaign of `a`, or "units" for all organisations: with it against without it.
        changed: options that the first has and the second has not.
        common: options of both.

    Raises:
        InputError: not exactly one of `b`, `without` and `changed`, or two scenarios that cannot share their draws.
    """
    if (b is not None) + (without is not None) + bool(changed) != 1:
        raise InputError("give a second scenario, or one of --without NAME and --set KEY=VALUE", key="compare")
    if b is not None:
        found = Contrast(str(a), read(a, common), str(b), read(b, common))
    elif without is not None:
        found = Contrast(
            f"with {without}", read(a, common), f"without {without}", read(a, over(without_options(without, a, common), common))
        )
    else:
        told = ", ".join(f"{'.'.join(path[1:])} = {value}" for path, value, _ in changed)
        found = Contrast(told, read(a, over(changed, common)), "as it stands", read(a, common))
    check_shared(found)
    if b is None and _driven(found.a) == _driven(found.b):
        s, what = found.a, f"--without {without}" if without is not None else f"--set {found.name_a}"
        raise InputError(f"changes nothing in this run, {s.start} to {s.end}; there is nothing to compare", key=what[:100])
    return found


def _driven(scenario: Scenario) -> tuple[Any, ...]:
    """What of a scenario drives its runs, beside what the two of a comparison share."""
    values = as_document(scenario, Path())["parameters"]
    drives = [e for e in scenario.effects if e.role == "drives"]
    return values, [(e.parameter, e.operation, e.value, e.start, e.end, e.places) for e in drives]


def over(upper: Options, lower: Options) -> Options:
    """Options over others, which give way where both name the same key."""
    named = {path for path, _, _ in upper}
    return [*(option for option in lower if option[0] not in named), *upper]


def without_options(name: str, target: str | Path, common: Options) -> Options:
    """The options that take something away from a scenario."""
    if name != UNITS:
        return [(("scenario", "without"), [name], f"--without {name[:80]}")]
    about = read(target, common)
    from groundswell.experiments.resolve import model_of

    keys = [key for key in model_of(about.model).parameters if key.endswith(("_organisation.rate", "_organisation.initial"))]
    if not keys:
        raise InputError(f"the model {about.model!r} has no organisations", key="--without units")
    return [(("parameters", key), 0.0, "--without units") for key in keys]


def about_units(a: Scenario, b: Scenario) -> bool:
    """Whether two scenarios differ in a parameter, a policy or a shock that works on units or through their acts."""
    differ = {key for key in {*a.values, *b.values} if a.values.get(key) != b.values.get(key)}
    differ |= {effect.parameter for one, other in ((a, b), (b, a)) for effect in one.effects if effect not in other.effects}
    return any(key.startswith(ABOUT_UNITS) for key in differ)


def check_shared(found: Contrast) -> None:
    """Whether two scenarios share people and draws.

    Raises:
        InputError: they do not; it says in what they differ.
    """
    for name in SAME:
        one, other = getattr(found.a, name), getattr(found.b, name)
        if one != other:
            told = f" ({one} and {other})" if name in ("scale", "start", "end", "growth", "population_seed") else ""
            raise InputError(f"the two scenarios differ in their {name.replace('_', ' ')}{told} and so share no draws", key="compare")


def compare(
    a: Scenario | str | Path,
    b: Scenario | str | Path | None = None,
    *,
    without: str | None = None,
    settings: Mapping[str, Any] | None = None,
    replicates: int = 8,
    out: str | Path | None = None,
    replace: bool = False,
    workers: int | None = None,
    compiled: bool = True,
    report: Callable[[Pairs, Path], object] | None = None,
    progress: Progress | None = None,
    common: Mapping[str, Any] | None = None,
) -> Pairs:
    """Compare two scenarios in pairs of runs that share people, seed and draws.

    Args:
        a, b: two scenarios or what `read` takes; without `b`, `a` is compared with itself without something or as it stands.
        without: the name of a policy, a shock or a campaign of `a`, or "units" for all organisations.
        settings: values that the first has and the second has not.
        replicates: pairs; one alone has no interval.
        out: the folder to keep the comparison in; a stopped one there goes on. Nothing is kept where it is None.
        replace, workers, compiled, progress: as in `replicates`.
        report: writes the page of a kept comparison.
        common: values of both, such as {"scale": 1000, "start": "2022-01-01"}.

    Raises:
        InputError: anything wrong with the scenarios, the number or the folder.
        Interrupted: stopped by a signal; with `out` it can be taken up again.
    """
    if isinstance(a, Scenario) and isinstance(b, Scenario):
        chosen = Contrast("a", a, "b", b) if a.name == b.name else Contrast(a.name, a, b.name, b)
        check_shared(chosen)
    elif isinstance(a, Scenario) or isinstance(b, Scenario):
        raise InputError("give two scenarios, or two cases or files", key="compare")
    else:
        chosen = contrast(a, b, without=without, changed=settings_of(settings or {}), common=settings_of(common or {}))
    return compared(chosen, replicates, out, replace=replace, workers=workers, compiled=compiled, report=report, progress=progress)


def compared(
    chosen: Contrast,
    count: int,
    out: str | Path | None,
    *,
    replace: bool = False,
    workers: int | None = None,
    compiled: bool = True,
    report: Callable[[Pairs, Path], object] | None = None,
    progress: Progress | None = None,
    reused: Callable[[int, int], object] | None = None,
) -> Pairs:
    """Carry out a comparison; see `compare`."""
    seeds = seeds_from(chosen.a.seed, count)
    arms = {"a": chosen.a, "b": chosen.b}
    with shelf(out) as folder:
        study = Study("comparison", arms, seeds, folder, out is not None)
        first = carry_out(study, replace=replace, workers=workers, compiled=compiled, progress=progress, reused=reused)
        a, b = (collect(arms[arm], seeds, [study.place(arm, seed) for seed in seeds], first if arm == "a" else None) for arm in arms)
        result = Pairs(chosen.name_a, chosen.name_b, a, b)
        if out is not None:
            files: dict[str, Callable[[Path], object]] = {
                "numbers.parquet": lambda path: write_parquet(result.numbers_frame(), path),
                "nation.parquet": lambda path: write_parquet(result.nation_frame(), path),
                "provinces.parquet": lambda path: write_parquet(result.provinces_frame(), path),
            }
            if report is not None:
                files["comparison.html"] = lambda path: report(result, path)
            study.finish(files)
    return result
