"""Reading a record of events into the Events table: each row is kept, kept with a note, or set aside with the reason.

A file is read in slices, so that memory follows the table that comes out and not the file. What a format drops is never looked at:
columns that name people or quote prose do not leave the file.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import InputError, nearest, one_line
from groundswell.events import formats, scope
from groundswell.events.checking import OTHER_COUNTRY, check_place, check_time, no_records, whole
from groundswell.events.formats import plain
from groundswell.events.formats.base import CONTROL, Batch, Format
from groundswell.events.opening import BLOCK, Source, digest_of, open_source, utf8
from groundswell.events.slicing import Text
from groundswell.events.table import Events

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 10_000_000  # about 200 bytes each once they are read
MOST_TOLD = 100_000  # rows told one by one; beyond them they are counted
SHOWN = 40  # characters of a value that is told
ID = "event_id_cnty"  # tells a simulated record from ACLED's


@dataclass(frozen=True, eq=False)
class Reading:
    """A record as it was read, and everything that was found on the way.

    Args:
        events: the table.
        format: what the file is.
        counts: rows of the file (`rows`), those `kept`, `set_aside` and kept with a note (`noted`), events that the table stands for
            (`events`), and rows of the table (`table`).
        reasons: how many rows were set aside for each reason.
        set_aside: those rows: row, reason, column, value (shortened and made harmless); the first 100,000.
        noted: the same for rows that were kept with a note; the first 100,000.
        notes: sentences about the whole.
        dropped_columns: known columns that were not read, with the reason.
        unknown_columns: columns that the format does not have, with the column that each may be meant for, or None.
        seconds: what reading took.
    """

    events: Events
    format: Format
    counts: Mapping[str, int]
    reasons: Mapping[str, int]
    set_aside: pl.DataFrame
    noted: pl.DataFrame
    notes: Sequence[str]
    dropped_columns: Mapping[str, str]
    unknown_columns: Mapping[str, str | None]
    seconds: float


@dataclass
class _Plan:
    """Which columns of a file are read as what."""

    form: Format
    positions: list[int]
    names: list[str]
    constants: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str | None] = field(default_factory=dict)


@dataclass
class _Found:
    """Problems of all slices so far: counts of all, and the first rows of each list."""

    counts: dict[tuple[bool, str, str], int] = field(default_factory=dict)
    first: dict[tuple[bool, str, str], int] = field(default_factory=dict)
    told: dict[bool, list[pl.DataFrame]] = field(default_factory=lambda: {True: [], False: []})
    room: dict[bool, int] = field(default_factory=lambda: {True: MOST_TOLD, False: MOST_TOLD})
    rows: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})

    def add(self, problems: pl.DataFrame, *, fatal: bool) -> None:
        """Take up the problems of some rows that no earlier call was about."""
        import polars as pl

        if problems.is_empty():
            return
        self.rows[fatal] += problems["row"].n_unique()
        for reason, column, n, row in problems.group_by("reason", "column").agg(pl.len(), pl.col("row").min().alias("at")).iter_rows():
            key = (fatal, reason, column)
            self.counts[key] = self.counts.get(key, 0) + n
            self.first[key] = min(self.first.get(key, row), row)
        shown = problems.head(self.room[fatal]).select("row", "reason", "column", value=told(pl.col("value")))
        self.room[fatal] -= shown.height
        self.told[fatal].append(shown)

    def frame(self, fatal: bool) -> pl.DataFrame:
        """The rows of one list, in the order of the file."""
        import polars as pl

        if not self.told[fatal]:
            return pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String, "column": pl.String, "value": pl.String})
        return pl.concat(self.told[fatal]).sort("row", maintain_order=True)


def told(value: pl.Expr) -> pl.Expr:
    """A value fit to be told: short, on one line, and no formula of a spreadsheet."""
    import polars as pl

    plainly = value.str.slice(0, 4 * SHOWN).str.replace_all(CONTROL, " ")
    short = pl.when(plainly.str.len_chars() > SHOWN).then(plainly.str.slice(0, SHOWN - 1) + "…").otherwise(plainly)
    return pl.when(short.str.contains(r"^\s*[=+\-@]")).then("'" + short).otherwise(short)


def read(
    path: str | Path,
    *,
    format: str | None = None,  # the word that users know
    columns: Mapping[str, str] | None = None,
    country: str | None = None,
    regions: Sequence[str] | None = None,
    today: date | None = None,
    encoding: str | None = None,
) -> Reading:
    """Read a record of events.

    Args:
        path: .csv, .tsv, .json (as ACLED's API answers), .parquet; text also as .gz, or in a .zip that holds one table.
        format: name of the format; by default told from the columns.
        columns: for a plain CSV, the file's column for each of ours (`first`, `region`, ...), or `=VALUE` for a constant.
        country: rows of other countries are set aside; where the file names none, it is this one.
        regions: known names; others are noted.
        today: events after it are set aside; by default the day of the call.
        encoding: of text; by default UTF-8.

    Raises:
        InputError: the file, or the whole of it, cannot be read: one sentence, with the line where there is one.
    """
    if country is not None and not country.strip():
        raise InputError("is empty; give the name as it stands in the file", key="country")
    began = time.perf_counter()
    source = open_source(Path(path))
    stop = threading.Event()
    given = (source, str(path), format, columns, country, regions, today or date.today(), encoding)
    with source.at_end:
        if source.packed <= BLOCK:
            reading = _read(*given)
            digest = digest_of(source.path, stop)
        else:  # at the same time, for there is much to do for both
            with ThreadPoolExecutor(1) as aside:
                later = aside.submit(digest_of, source.path, stop)
                try:
                    reading = _read(*given)
                except BaseException:
                    stop.set()
                    raise
                digest = later.result()
    return replace(reading, events=replace(reading.events, digest=digest), seconds=time.perf_counter() - began)


def _read(
    source: Source,
    path: str,
    name: str | None,
    columns: Mapping[str, str] | None,
    country: str | None,
    regions: Sequence[str] | None,
    today: date,
    encoding: str | None,
) -> Reading:
    """A reading without its digest and its time."""
    plan, batches = _opened(source, name, columns, encoding)
    found = _Found()
    parts, rows = [], 0
    for batch_rows, wrong, frame in batches:
        batch = Batch(frame, plan.form, today, country)
        kept, lost, noted = _batch(batch, plan, country, regions)
        parts.append(kept)
        found.add(lost, fatal=True)
        found.add(noted, fatal=False)
        if wrong:
            found.add(no_records(wrong), fatal=True)
        rows += batch_rows
        if rows > MOST_ROWS:
            raise InputError(f"more than {MOST_ROWS:,} rows: split the file by country or year", file=source.path)
    frame, doubles, odd = whole(parts, ids=plan.form.ids or "id" in plan.names)
    found.add(doubles, fatal=True)
    found.add(odd, fatal=False)
    events = Events(frame, plan.form.name, path, "")
    counts = {
        "rows": rows, "kept": rows - found.rows[True], "set_aside": found.rows[True], "noted": found.rows[False],
        "events": events.total, "table": len(events),
    }  # fmt: skip
    return Reading(
        events=events,
        format=plan.form,
        counts=counts,
        reasons=_reasons(found),
        set_aside=found.frame(True),
        noted=found.frame(False),
        notes=_notes(found, frame, plan, country, rows),
        dropped_columns=plan.dropped,
        unknown_columns=plan.unknown,
        seconds=0.0,
    )


Rows = tuple[int, list[tuple[int, str, str]], Any]  # how many, which are no records, the others as text


def _opened(source: Source, name: str | None, columns: Mapping[str, str] | None, encoding: str | None) -> tuple[_Plan, Iterator[Rows]]:
    """The plan of a file and its rows as text."""
    if source.kind == "text":
        return _text(source, name, columns, encoding)
    from groundswell.events.structured import json_rows, parquet_rows

    head, frames = json_rows(source) if source.kind == "json" else parquet_rows(source, MOST_ROWS)
    first = next(frames, None)
    plan = _plan(head, name, columns, _first_id(first, head), str(source.path))
    every = frames if first is None else chain([first], frames)
    return plan, ((frame.height, [], _named(frame, plan)) for frame in every)


def _text(source: Source, name: str | None, columns: Mapping[str, str] | None, encoding: str | None) -> tuple[_Plan, Iterator[Rows]]:
    """The same of text; of the first slice all columns are read, for an id may tell the format."""
    text = Text(utf8(source.path, source.blocks(), encoding), str(source.path))
    first = next(text.slices(range(len(text.columns))), None)
    plan = _plan(text.columns, name, columns, _first_id(first.frame if first else None, text.columns), str(source.path))
    if first is None:
        return plan, iter(())
    rest = text.slices(plan.positions, row=1 + first.records)
    return plan, ((part.records, part.wrong, _named(part.frame, plan)) for part in chain([first], rest))


def _first_id(frame: pl.DataFrame | None, head: Sequence[str]) -> str | None:
    """What stands in ACLED's column of ids in the first row."""
    names = [formats.plainly(name) for name in head]
    if frame is None or frame.is_empty() or ID not in names:
        return None
    return str(frame[f"c{names.index(ID)}"][0] or "")


def _named(frame: pl.DataFrame, plan: _Plan) -> pl.DataFrame:
    """The columns under the names of the format, constants added."""
    import polars as pl

    named = (pl.col(f"c{k}").alias(name) for k, name in zip(plan.positions, plan.names, strict=True))
    return frame.select("row", *named, **{name: pl.lit(value) for name, value in plan.constants.items()})


def _plan(head: Sequence[str], name: str | None, columns: Mapping[str, str] | None, first_id: str | None, file: str) -> _Plan:
    """What is read of a file with these columns.

    Raises:
        InputError: no format fits, the given one lacks a column, or the map names what is not there.
    """
    formats.named(head, file)
    if columns:
        return _mapped(head, name, columns, file)
    if name is None:
        form = formats.recognise(head, first_id, file=file)
    else:
        form = formats.find(name)
    names = [formats.plainly(column) for column in head]
    if missing := [column for column in form.required if column not in names]:
        raise (
            formats.unlike(head, form, file)
            if form is not plain.PLAIN
            else InputError(f"a plain CSV needs to know the column of dates: --map {missing[0]}=COLUMN", file=file, line=1)
        )
    plan = _Plan(form, [], [])
    spare = [column for column in form.read if column not in names]
    for k, (column, given) in enumerate(zip(names, head, strict=True)):
        if column in form.read and column not in plan.names:
            plan.positions.append(k)
            plan.names.append(column)
        elif column in form.dropped:
            plan.dropped[given] = form.dropped[column]
        elif why := scope.sounds_of(given):
            plan.dropped[given] = why
        else:
            plan.unknown[given] = nearest(column, spare) if len(column) > 2 else None
    return plan


def _mapped(head: Sequence[str], name: str | None, columns: Mapping[str, str], file: str) -> _Plan:
    if name not in (None, plain.PLAIN.name):
        raise InputError("a map of columns is for the format plain", key=str(name))
    plan = _Plan(plain.PLAIN, [], [])
    plainly, private = [formats.plainly(column) for column in head], formats.private()
    for ours, theirs in columns.items():
        if ours not in plain.PLAIN.read:
            there = ", ".join(plain.PLAIN.read)
            raise InputError(f"there is no such column of ours; there are {there}", key=ours, nearest=nearest(ours, plain.PLAIN.read))
        if theirs.startswith("="):
            plan.constants[ours] = theirs[1:]
            continue
        at = head.index(theirs) if theirs in head else plainly.index(formats.plainly(theirs)) if formats.plainly(theirs) in plainly else -1
        if at < 0:
            raise InputError("the file has no such column", file=file, line=1, key=theirs[:SHOWN], nearest=nearest(theirs, head))
        if plainly[at] in private and (ours, plainly[at]) != ("reporter", "source"):
            raise InputError(f"this column {private[plainly[at]]} and is not read", file=file, line=1, key=theirs[:SHOWN])
        if why := scope.why_not(ours, head[at]):
            raise InputError(why, file=file, line=1, key=theirs[:SHOWN])
        plan.positions.append(at)
        plan.names.append(ours)
    if "first" not in columns:
        raise InputError("the map lacks the column of dates: --map first=COLUMN", file=file)
    reasons = {name: private.get(plainly[k]) or scope.sounds_of(name) for k, name in enumerate(head) if k not in plan.positions}
    plan.dropped = {name: why for name, why in reasons.items() if why}
    plan.unknown = {name: None for name, why in reasons.items() if not why}
    return plan


def _batch(
    batch: Batch, plan: _Plan, country: str | None, regions: Sequence[str] | None
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The rows of a slice that are kept, the problems of those that are set aside, and those of the others."""
    import polars as pl

    events = plan.form.normalise(batch)
    own = Batch(events, plan.form, batch.today)  # what is checked of all formats; a row of the file may give several here
    check_time(own)
    events = check_place(own, country, regions)
    if not (batch.problems or own.problems):
        return events, no_records([]), no_records([])
    problems = pl.concat([*batch.problems, *own.problems]).unique(maintain_order=True)
    fatal = problems.filter("fatal").unique("row", keep="first", maintain_order=True)  # one reason a row, so that reasons add up
    if fatal.is_empty():
        return events, fatal, problems
    lost = pl.col("row").is_in(fatal["row"].implode())
    return events.filter(~lost), fatal, problems.filter(~pl.col("fatal") & ~lost)


def _reasons(found: _Found) -> dict[str, int]:
    total: dict[str, int] = {}
    for (fatal, reason, _), n in found.counts.items():
        if fatal:
            total[reason] = total.get(reason, 0) + n
    return dict(sorted(total.items(), key=lambda pair: (-pair[1], pair[0])))


def _notes(found: _Found, frame: pl.DataFrame, plan: _Plan, country: str | None, rows: int) -> list[str]:
    """What is to be said of the whole, the most frequent first."""
    import polars as pl

    some = sorted(((n, key) for key, n in found.counts.items() if not key[0]), key=lambda pair: (-pair[0], pair[1]))
    notes = [] if rows else ["the table has no rows"]
    for n, key in some:
        where = f"{key[2]}: " if key[2] else ""
        notes.append(f"{where}{n:,} {'cell' if n == 1 else 'cells'} {key[1]} (first in row {found.first[key]})")
    for fatal, what in ((True, "set aside"), (False, "noted")):
        if found.room[fatal] <= 0:
            notes.append(f"only the first {MOST_TOLD:,} of the rows that were {what} are told one by one")
    named = frame["country"].n_unique() - bool(frame["country"].null_count())
    if country is None and named > 1:
        most = (
            frame.group_by("country")
            .agg(pl.len())
            .sort(["len", "country"], descending=[True, False])["country"]
            .drop_nulls()
            .head(3)
            .to_list()
        )
        notes.append(f"{named} countries ({', '.join(most)}{', ...' if named > 3 else ''}); keep one with --country")
    if country is not None and rows and frame.is_empty():
        others = found.frame(True).filter(pl.col("reason") == OTHER_COUNTRY)["value"].drop_nulls().unique().sort().to_list()
        like = nearest(country, others)
        if others:
            notes.append(f"no row of {one_line(country)[:SHOWN]!r} is kept" + (f"; did you mean {like!r}?" if like else ""))
    if plan.form is plain.PLAIN and "kind" not in (*plan.names, *plan.constants):
        notes.append("no column says what happened: every event is 'other'; --map kind=COLUMN or kind==peaceful_protest")
    return notes
