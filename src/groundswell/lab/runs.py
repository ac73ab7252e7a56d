"""What a kept run or a study of replicates tells: the nation by day, provinces by the case's interval, truth against record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import InputError
from groundswell.lab.answers import Opened, days, number, plain, table
from groundswell.society import COVERT, SOURCES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from groundswell.core.run import Run

    Floats = npt.NDArray[np.float64]

KINDS = ("run", "replicates")
MOST = 2_000_000  # numbers of a map that are sent at once; of more, only the series that are asked for
TRUTH = ("gathered", "gathered_livelihood", "gathered_pro_state")


def series(one: Opened) -> dict[str, Any]:
    """The nation by day, with bands where there are replicates."""
    import polars as pl

    nation = table(one.folder / "nation.parquet")
    if one.kind == "run":
        dated = nation["date"]
        bands: dict[str, Any] = {name: (nation[name], None, None) for name in nation.columns if name != "date"}
    else:
        parts = {str(name): part for (name,), part in nation.group_by("series", maintain_order=True)}
        dated = next(iter(parts.values()))["date"] if parts else pl.Series("date", [], pl.Date)
        bands = {name: (part["mean"], part["low"], part["high"]) for name, part in parts.items()}
    found = []
    for name, (mean, low, high) in bands.items():
        told = one.label(name)
        entry = {"name": name, "title": told.title, "unit": told.unit, "group": told.group, "values": plain(mean)}
        found.append(entry if low is None else {**entry, "low": plain(low), "high": plain(high)})
    return {"days": days(dated), "series": found}


def by_place(one: Opened, asked: Sequence[str] = ()) -> dict[str, Any]:
    """What the run tells by province; of many numbers, only the values of the series that are asked for.

    Raises:
        InputError: it tells nothing by province.
    """
    steps, lengths, provinces, values = _wide(one) if one.kind == "run" else _long(one)
    if not steps or not values:
        raise InputError("this run tells nothing by province", key="id")
    width, by_day = len(provinces), max(lengths) == 1
    if not one.invented:  # whatever a folder holds
        values = {name: column for name, column in values.items() if name not in COVERT}
        if by_day and len(steps) > 1:
            raise InputError("a real case tells its provinces by week, and this folder does not", key="id")
    all_of_it = len(values) * width * len(steps) <= MOST
    found = []
    for name in sorted(values):
        told = one.label(name)
        if told.unit == "index":
            continue
        numbers = plain(values[name]) if all_of_it or name in asked else None
        rows = [numbers[k : k + width] for k in range(0, len(numbers), width)] if numbers is not None else None
        found.append({"name": name, "title": told.title, "unit": told.unit, "group": told.group, "values": rows})
    return {"step": "day" if by_day else "week", "steps": steps, "days": lengths, "provinces": provinces, "series": found}


Wide = tuple[list[str], list[int], list[str], dict[str, Any]]


def _wide(one: Opened) -> Wide:
    """Steps, their days, provinces and values of `series.parquet`, whose series have columns."""
    import polars as pl

    frame = table(one.folder / "series.parquet").filter(pl.col("place") != "nation")
    names = [name for name in frame.columns if name not in ("date", "days", "place") and frame[name].null_count() == 0]
    return *_axes(frame), {name: frame[name] for name in names}


def _long(one: Opened) -> Wide:
    """The same of `provinces.parquet`, whose series stand below each other: means over replicates."""
    frame = table(one.folder / "provinces.parquet")
    parts = {str(name): part for (name,), part in frame.group_by("series", maintain_order=True)}
    if not parts:
        return [], [], [], {}
    return *_axes(next(iter(parts.values()))), {name: part["mean"] for name, part in parts.items()}


def _axes(frame: pl.DataFrame) -> tuple[list[str], list[int], list[str]]:
    steps = frame.unique("date", maintain_order=True)
    return days(steps["date"]), steps["days"].to_list(), frame["place"].unique(maintain_order=True).to_list()


def record(one: Opened) -> dict[str, Any]:
    """Gatherings by whole week: as they happened, and as each source reported them; means and bands where there are replicates.

    Raises:
        InputError: nothing is reported in this run, or it has no whole week.
    """
    import numpy as np

    from groundswell.core.draws import day_date
    from groundswell.experiments.measures import tables_by_run
    from groundswell.experiments.nation import whole_weeks

    folders = one.runs()
    nations = [table(folder / "nation.parquet") for folder in folders]
    numbers = _numbers(nations[0]["date"])
    first, last = whole_weeks(numbers)
    if last < first:
        raise InputError("this run has no whole week", key="id")
    within = (numbers >= first) & (numbers <= last)
    names = [name for name in TRUTH if name in nations[0].columns]
    happened = np.array([nation.select(names).sum_horizontal().to_numpy()[within].reshape(-1, 7).sum(axis=1) for nation in nations])
    weekly = [table(folder / "weekly.parquet") for folder in folders]
    period = day_date(int(numbers[0])), day_date(int(numbers[-1]))
    told = []
    for source in SOURCES:
        counts = np.array([found.sum(axis=1) for found in tables_by_run(weekly, source, _places(folders[0]), *period)], np.float64)
        if len(counts):
            told.append({"name": source, "title": one.sources.get(source, source), **_values(counts)})
    truth = _values(happened.astype(np.float64))
    weeks = [day_date(day).isoformat() for day in range(first, last, 7)]
    limits = {f"truth_{end}": truth[end] for end in ("low", "high") if end in truth}
    return {"weeks": weeks, "unit": "gatherings", "truth": truth["values"], **limits, "sources": told}


def _numbers(dated: pl.Series) -> npt.NDArray[np.int64]:
    """Dates as day numbers."""
    import numpy as np

    from groundswell.core.draws import EPOCH

    return (dated.to_numpy().astype("datetime64[D]") - np.datetime64(EPOCH)).astype(np.int64)


def _places(folder: Path) -> list[str]:
    import polars as pl

    places = table(folder / "series.parquet")["place"].unique(maintain_order=True)
    return places.filter(places != pl.Series(["nation"])).to_list()


def _values(runs: Floats) -> dict[str, Any]:
    """One run as it is, several as means with bands; shape (runs, weeks)."""
    from groundswell.experiments.intervals import band

    if len(runs) == 1:
        return {"values": plain(runs[0])}
    found = band(runs)
    return {"values": plain(found.mean), "low": plain(found.low), "high": plain(found.high)}


def summary(one: Opened) -> list[dict[str, Any]]:
    """The numbers that the command line prints: of one run its summary, of replicates their means and bands."""
    from groundswell.experiments.replicates import number as read_as
    from groundswell.report.numbers import shown

    if one.kind == "replicates":
        rows = table(one.folder / "numbers.parquet").to_dicts()
        return [
            {
                "label": row["label"],
                "value": number(row["mean"]),
                "text": read_as(row["mean"]),
                "unit": "" if row["unit"] == "1" else row["unit"],
                "note": f"{read_as(row['low'])} to {read_as(row['high'])}" if number(row["low"]) is not None else "",
                "low": number(row["low"]),
                "high": number(row["high"]),
            }
            for row in rows
        ]
    from groundswell.report.summary import summary as lines, unit_text

    return [
        {"label": line.label, "value": number(line.value), "text": shown(line.value), "unit": unit_text(line), "note": line.note,
         "low": None, "high": None}
        for line in lines(daily(one.folder))
    ]  # fmt: skip


def daily(folder: Path) -> Run:
    """A kept run with every day of the nation, as the command that made it had it: provinces have each interval's mean on its days.

    Raises:
        StoreError: a file is missing or was altered.
    """
    import dataclasses

    import numpy as np
    import polars as pl

    from groundswell import experiments

    run = experiments.load(folder)
    nation = table(folder / "nation.parquet")
    if len(nation) == len(run.days):
        return run
    regional = table(folder / "series.parquet").filter(pl.col("place") == run.places.provinces[0].id)
    lengths = regional["days"].to_numpy()
    told = {name: nation[name].to_numpy() for name in nation.columns if name in run.series}
    whole = {}
    for name, values in run.series.items():
        by_day = values.shape[1] == 1 and name in told
        whole[name] = told[name][:, None] if by_day else np.repeat(values, lengths, axis=0)
    of_nation = {name: values for name, values in told.items() if whole[name].shape[1] > 1}
    return dataclasses.replace(run, days=_numbers(nation["date"]), series=whole, nation=of_nation)


def provenance(one: Opened) -> list[list[str]]:
    """What a run is repeated from, in pairs of words."""
    document = one.document
    about = one.about if one.kind == "run" else _first(one)
    made, where = about.get("made_with", {}), about.get("provenance", {})
    run, population = document["run"], document["population"]
    seeds = one.about.get("seeds")
    pairs: list[tuple[str, Any]] = [
        ("scenario", document["scenario"]["name"]),
        ("case", Path(str(document["scenario"]["case"])).name),
        ("period", f"{run['start']} to {run['end']}"),
        ("seed", f"{seeds[0]} to {seeds[-1]}" if seeds and len(seeds) > 1 else run["seed"]),
        ("people", f"{where.get('persons', 0):,} in {where.get('rows', 0):,} rows, {population['scale']} persons a row"),
        ("seed of the people", population["seed"]),
        ("model", document["model"]["name"]),
        ("state hash", one.about.get("state_hash") or ", ".join(hashes(one))),
        ("people's digest", where.get("population_digest", "")),
        *((name, made[name]) for name in sorted(made)),
        *((f"table of {role}", digest) for role, digest in sorted(about.get("inputs", {}).items())),
    ]
    return [[name, str(value)] for name, value in pairs if value not in ("", None)]


def hashes(one: Opened) -> list[str]:
    """The state hashes of the runs of a study."""
    return [text for arm in one.about.get("state_hashes", {}).values() for text in arm]


def _first(one: Opened) -> Mapping[str, Any]:
    from groundswell.experiments.directory import read_about

    return read_about(one.runs(next(iter(one.about["arms"])))[0])


def notes(one: Opened) -> list[str]:
    """What a reader must know: on what the values rest, and what is not told."""
    from groundswell import experiments
    from groundswell.report.tables import standing

    found = standing(experiments.load(one.runs(next(iter(one.about.get("arms", ("runs",)))))[0]), one.case)
    name = one.case.name if one.case is not None else "a real country"
    told = [found.words + ("." if one.invented else f": no finding about {name}.")]
    if not one.invented:
        told.append("Of a real case the nation is told by day, provinces by week, and units, acts and who is taken for the nation only.")
    return told
