"""A run's series and events as Parquet: the same bytes for the same run, no finer than its case allows."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import EPOCH
from groundswell.core.rows import pieces
from groundswell.events.acled import from_acled, to_acled, week_start
from groundswell.society import COVERT, RESPONSES, STREAMS, TACTICS

if TYPE_CHECKING:
    import polars as pl

    from groundswell.cases import Case
    from groundswell.core.places import Places
    from groundswell.core.run import Run

Array = npt.NDArray[Any]
NATION = "nation"
KINDS = ("gathering", "act")
WORDS = {"response": RESPONSES, "tactic": TACTICS, "kind": KINDS, "stream": STREAMS}
SCALES = ("Other", "National", "New media")  # ACLED's words for how far the monitor, the state media and a channel reach
ROWS = 1 << 18  # a row group
BLOCK = 1 << 16  # rows of a list of events that are made at once, unless one week has more


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a table whose bytes depend on its content (and the version of polars) alone.

    Raises:
        OSError: it cannot be written; polars says so in an error of its own where the disk is full.
    """
    import polars as pl

    try:
        frame.rechunk().write_parquet(path, compression="zstd", compression_level=3, statistics=True, row_group_size=ROWS)
    except pl.exceptions.ComputeError as error:
        raise OSError(errno.EIO, str(error)[:200]) from None


def write_blocks(blocks: Iterable[pl.DataFrame], path: Path, rows: int | None = None) -> None:
    """Write a table that is made block by block, one at least; the bytes are those of `write_parquet` of all of them together.

    Args:
        blocks: the table.
        path: of the file.
        rows: of a row group, some of which are in memory; None takes `ROWS`.

    Raises:
        OSError: it cannot be written.
    """
    import polars as pl
    from polars.io.plugins import register_io_source

    rest = iter(blocks)
    first = next(rest)

    def source(*_: object) -> Iterator[pl.DataFrame]:
        yield first
        yield from rest

    try:
        table = register_io_source(source, schema=first.schema)
        table.sink_parquet(path, compression="zstd", compression_level=3, statistics=True, row_group_size=rows or ROWS)
    except pl.exceptions.ComputeError as error:
        raise OSError(errno.EIO, str(error)[:200]) from None


def dates(days: npt.ArrayLike) -> Array:
    """Day numbers as dates."""
    return np.datetime64(EPOCH) + np.asarray(days).astype("timedelta64[D]")


def by_interval(days: Array, values: Array, interval: str) -> tuple[Array, Array, Array]:
    """A daily series at the interval that a case allows.

    Args:
        days: day numbers; shape (days,).
        values: shape (days, places).
        interval: `day` leaves it as it is; `week` takes means over weeks from Saturday. Days before the first or after the
            last whole week belong to that week, so that nothing finer than a week is told.

    Returns:
        First day of each interval, means of shape (intervals, places), and how many days of the run each one holds.
    """
    if interval == "day" or not len(days):
        return days, values, np.ones(len(days), np.int64)
    starts, first, count = np.unique(weeks_within(days, days), return_index=True, return_counts=True)
    sums = np.add.reduceat(np.asarray(values, np.float64), first, axis=0)
    return np.maximum(starts, days[0]), sums / count[:, None], count


def weeks_within(days: Array, of_run: Array) -> Array:
    """The first day of the week of each day, where days outside the run's whole weeks belong to the nearest of them."""
    whole, size = np.unique(week_start(of_run), return_counts=True)
    whole = whole[size == 7] if (size == 7).any() else whole[:1]
    return np.clip(week_start(days), whole[0], whole[-1])


def series_frame(run: Run, interval: str = "day", *, real: bool = False) -> pl.DataFrame:
    """Recorded series, one row an interval and place; national ones stand in rows of their own.

    Of a real case, what would say where units are is summed over the nation.

    Columns: date (first day), days (of the run in the interval), place (a province's id, or `nation`), and the daily mean
    of each series. A series is empty in rows of the other kind of place.
    """
    import polars as pl

    parts = []
    for national, places in ((False, [p.id for p in run.places.provinces]), (True, [NATION])):
        series = {name: run.total(name)[:, None] if real and name in COVERT else values for name, values in run.series.items()}
        names = sorted(name for name in series if (_national(run, name) or (real and name in COVERT)) == national)
        kept = {name: by_interval(run.days, series[name], interval) for name in names}
        if kept:
            first, _, count = kept[names[0]]
            head = {"date": np.repeat(dates(first), len(places)), "days": np.repeat(count, len(places)), "place": places * len(first)}
            parts.append(pl.DataFrame({**head, **{name: values.reshape(-1) for name, (_, values, _) in kept.items()}}))
    return pl.concat(parts, how="diagonal") if parts else pl.DataFrame({"date": dates([]), "days": np.empty(0, np.int64), "place": []})


def _national(run: Run, name: str) -> bool:
    return bool(run.about(name).level.name == NATION)


def by_week(
    fields: Mapping[str, Array], week: Callable[[Mapping[str, Array]], Array], mine: Callable[[Mapping[str, Array]], Array] | None = None
) -> Iterator[dict[str, Array]]:
    """Rows by week, some whole weeks at a time, about `BLOCK` rows and one block at least; within it in the order in which they stood.

    The rows are gone through a piece at a time, so that no more than a block is in memory.

    Args:
        fields: equally long arrays.
        week: a number for each row, the week's.
        mine: which rows to take; all where None.
    """

    def weeks(piece: Mapping[str, Array]) -> tuple[Array, Array]:
        taken = np.flatnonzero(mine(piece)) if mine is not None else np.arange(len(next(iter(piece.values()))))
        return taken, np.asarray(week(piece))[taken]

    counts: dict[int, int] = {}
    spans = []
    for piece in pieces(fields):
        found, count = np.unique(weeks(piece)[1], return_counts=True)
        spans.append((int(found[0]), int(found[-1])) if len(found) else (1, 0))
        for number, rows in zip(found.tolist(), count.tolist(), strict=True):
            counts[number] = counts.get(number, 0) + rows
    for low, high in _stretches(counts):
        parts = []
        for (least, most), piece in zip(spans, pieces(fields), strict=True):
            if least <= high and most >= low:
                taken, numbers = weeks(piece)
                at = taken[(numbers >= low) & (numbers <= high)]
                parts.append({name: values[at] for name, values in piece.items()})
        yield {name: np.concatenate([part[name] for part in parts]) if parts else values[:0] for name, values in fields.items()}


def _stretches(counts: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """The first and the last week of each block, one at least."""
    low, high, rows = 0, 0, 0
    for number in sorted(counts):
        if rows and rows + counts[number] > BLOCK:
            yield low, high
            rows = 0
        low, high, rows = (low if rows else number), number, rows + counts[number]
    yield low, high


def events_frames(run: Run, case: Case) -> Iterator[pl.DataFrame]:
    """What truly happened, as the frames of a table; a week's events, where weeks are told, lose the order in which they happened."""
    fields = run.journals["events"]
    if case.interval != "week":
        blocks: Iterable[Mapping[str, Array]] = pieces(fields, BLOCK)
    elif next(iter(fields), "") == "day":
        blocks = by_week(fields, lambda piece: weeks_within(piece["day"], run.days))
    else:  # sorted by something else first
        blocks = [fields]
    for block in blocks:
        yield _events_frame(block, run, case)


def _events_frame(fields: Mapping[str, Array], run: Run, case: Case) -> pl.DataFrame:
    """Events with places by id and name, codes as words, no finer than the case allows."""
    import polars as pl

    columns: dict[str, Any] = {}
    for name, values in fields.items():
        if name == "day":
            columns["date"] = dates(weeks_within(values, run.days) if case.interval == "week" else values)
        elif name == "province":
            codes = {p.code: p.id for p in run.places.provinces}
            columns[name] = _words(codes[v] for v in values.tolist())
            if case.real:  # an act is an event of the nation: see society.COVERT
                columns[name] = [NATION if kind == 1 else place for place, kind in zip(columns[name], fields["kind"].tolist(), strict=True)]
        elif name == "city":
            if case.level == "city":
                columns["city_key"] = values
                columns[name] = _city_names(fields["province"], values, run.places)
        elif name == "number" and case.level != "city":
            continue  # of the gathering within its city
        elif name in WORDS:
            columns[name] = _words(WORDS[name][v] if v < len(WORDS[name]) else str(v) for v in values.tolist())
        else:
            columns[name] = values
    frame = pl.DataFrame(columns)
    return frame.sort(frame.columns) if len(frame) and case.interval == "week" else frame


def _words(words: Iterable[str]) -> pl.Series:
    """A column of text, also where it has no rows."""
    import polars as pl

    return pl.Series(list(words), dtype=pl.String)


def _city_names(provinces: Array, keys: Array, places: Places) -> pl.Series:
    names = {(places.provinces[c.province].code, c.key): c.name for c in places.cities}
    return _words(names[pair] for pair in zip(provinces.tolist(), keys.tolist(), strict=True))


def record_frame(run: Run, case: Case, sources: Sequence[str]) -> pl.DataFrame | None:
    """The record as one table; None where the model reports nothing."""
    import polars as pl

    return pl.concat(record_frames(run, case, sources)) if "record" in run.journals else None


def record_frames(run: Run, case: Case, sources: Sequence[str]) -> Iterator[pl.DataFrame]:
    """What each source reported, in ACLED's columns, one source after the other, as the frames of a table.

    Args:
        sources: what the column `source` calls the sources, by number.
    """
    record = run.journals["record"]
    level, interval = cast(Literal["province", "city"], case.level), cast(Literal["week", "day"], case.interval)
    told: dict[str, Any] = {"level": level, "interval": interval}

    def week(piece: Mapping[str, Array]) -> Array:
        return weeks_within(piece["event_day"], run.days) if interval == "week" else week_start(piece["event_day"])

    for number, (name, scale) in enumerate(zip(sources, SCALES, strict=True)):
        for block in by_week(record, week, lambda piece, number=number: piece["source"] == number):  # type: ignore[misc]
            if interval == "week":
                block["event_day"] = week(block)
                block["reported_day"] = np.maximum(block["reported_day"], block["event_day"])
            yield to_acled(block, run.places, case.name, case.iso, name, source_scale=scale, **told)


def read_series(path: Path, provinces: int) -> tuple[Array, dict[str, Array]]:
    """Days and series back from a file; shapes (intervals,) and (intervals, places)."""
    import polars as pl

    frame = pl.read_parquet(path)
    national = frame.filter(pl.col("place") == NATION)
    regional = frame.filter(pl.col("place") != NATION)
    series: dict[str, Array] = {}
    for part, width in ((regional, provinces), (national, 1)):
        for name in part.columns:
            if name not in ("date", "days", "place") and len(part) and part[name].null_count() == 0:
                series[name] = part[name].to_numpy().reshape(-1, width)
    chosen = regional if len(regional) else national
    days = chosen["date"].unique(maintain_order=True).to_numpy() if len(chosen) else np.empty(0, "datetime64[D]")
    return (days.astype("datetime64[D]") - np.datetime64(EPOCH)).astype(np.int64), series


def read_events(path: Path, places: Places) -> dict[str, Array]:
    """The journal of events back from a file, as far as the case let it be kept."""
    import polars as pl

    if not path.exists():
        return {}
    frame = pl.read_parquet(path)
    fields: dict[str, Array] = {}
    for name in frame.columns:
        column = frame[name]
        if name == "date":
            fields["day"] = (column.to_numpy().astype("datetime64[D]") - np.datetime64(EPOCH)).astype(np.int32)
        elif name == "province":
            codes = {NATION: 0} | {p.id: p.code for p in places.provinces}
            fields[name] = np.array([codes[v] for v in column.to_list()], np.int64)
        elif name == "city_key":
            fields["city"] = column.to_numpy()
        elif name in WORDS:
            fields[name] = np.array([WORDS[name].index(v) if v in WORDS[name] else int(v) for v in column.to_list()], np.uint8)
        elif name != "city":
            fields[name] = column.to_numpy()
    return fields


def read_record(path: Path, places: Places, sources: Sequence[str]) -> dict[str, Array]:
    """The journal of reports back from a file, as far as ACLED's columns hold it; empty where there is none.

    Args:
        places: their names must tell provinces apart, and cities in a province.
        sources: what the file calls the sources, by number.
    """
    import polars as pl

    return from_acled(pl.read_parquet(path), places, sources) if path.exists() else {}
