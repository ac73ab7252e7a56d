"""The commands about records of events: `data check` and `data formats`."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groundswell.cli.outputs import check_target, write_text
from groundswell.core.errors import InputError, one_line

if TYPE_CHECKING:
    import polars as pl

    from groundswell.events.reading import Reading

WIDTH = 118


def formats_command() -> None:
    """Print every format with its codebook and what of it is unverified."""
    from groundswell.events.formats import FORMATS

    for form in FORMATS.values():
        click.secho(f"{form.name}: {form.title}", bold=True)
        click.echo(_indented(f"Needs {', '.join(form.required)}."))
        click.echo(_indented(f"Source: {form.codebook}."))
        if form.unverified:
            click.echo(_indented(f"Unverified: {form.unverified}"))


def check_command(
    file: Path,
    *,
    form: str | None,
    maps: Sequence[str],
    country: str | None,
    case: str | None,
    encoding: str | None,
    rows: bool,
    record: Path | None,
) -> int:
    """Read a file and print what it is, what is kept, and what is set aside; 1 where nothing is kept."""
    from groundswell.events.reading import read

    if record is not None:
        check_target(record, [file])
    columns, regions = mapped(maps), regions_of(case)
    reading = read(file, format=form, columns=columns, country=country, regions=regions, encoding=encoding)
    for line in lines(reading):
        click.echo(line)
    if rows:
        for title, frame in (("Set aside", reading.set_aside), ("Noted", reading.noted)):
            for line in _row_by_row(title, frame):
                click.echo(line)
    if record is not None:
        _write(record, as_json(reading, rows=rows))
        click.echo(str(record))
    return int(not reading.counts["kept"])


def mapped(maps: Sequence[str]) -> dict[str, str]:
    """`OURS=THEIRS` by ours.

    Raises:
        InputError: one has no `=`, or a column of ours is mapped twice.
    """
    found: dict[str, str] = {}
    for given in maps:
        ours, mark, theirs = given.partition("=")
        if not mark or not ours.strip() or not theirs.strip():
            raise InputError("a map is OURS=THEIRS, such as first=Date, or OURS==VALUE for the same value in all rows", key=given[:80])
        if ours.strip() in found:
            raise InputError("the column is mapped twice", key=ours.strip())
        found[ours.strip()] = theirs.strip()
    return found


def regions_of(case: str | None) -> list[str] | None:
    """Names and ids of a case's provinces."""
    if case is None:
        return None
    from groundswell import cases
    from groundswell.cases.tables import read_provinces

    return [word for pair in read_provinces(cases.load(case).tables["provinces"]).items() for word in pair]


def lines(reading: Reading) -> Iterator[str]:
    """What is said of a reading."""
    counts, events = reading.counts, reading.events
    yield f"{one_line(events.file)}: {reading.format.title} ({reading.format.name})"
    kept = f"{counts['kept']:,} of {_many(counts['rows'], 'row')} kept"
    yield f"{kept}, {counts['events']:,} {'event' if counts['events'] == 1 else 'events'}{_period(reading)}"
    if counts["set_aside"]:
        yield f"{_many(counts['set_aside'], 'row')} set aside:"
        for reason, n in reading.reasons.items():
            yield f"  {n:,}  {reason}"
    yield from (line for note in reading.notes for line in _indented(f"note: {note}", "").splitlines())
    for name, like in reading.unknown_columns.items():
        hint = f" (did you mean {like!r}?)" if like else ""
        yield f"unknown column, not read: {name[:80]!r}{hint}"
    for why in dict.fromkeys(reading.dropped_columns.values()):
        names = [one_line(name) for name, reason in reading.dropped_columns.items() if reason == why]
        yield from _indented(f"not read, {why}: {', '.join(names)}", "").splitlines()
    yield f"read in {reading.seconds:.1f} s; digest {events.digest}"


def _period(reading: Reading) -> str:
    import polars as pl

    frame = reading.events.frame
    if frame.is_empty():
        return ""
    kinds = frame.group_by("kind").agg(events=pl.col("count").sum()).sort(["events", "kind"], descending=[True, False])
    told = ", ".join(f"{n:,} {str(kind).replace('_', ' ')}" for kind, n in kinds.iter_rows() if n)
    ends = frame.select(first=pl.col("first").min().dt.to_string(), last=pl.col("last").max().dt.to_string()).row(0)
    return f", {ends[0]} to {ends[1]}: {told}"


def _row_by_row(title: str, frame: pl.DataFrame) -> Iterator[str]:
    for row, reason, column, value in frame.iter_rows():
        where = f", {column}" if column else ""
        yield f"{title}, row {row}{where}: {reason}" + (f" ({value})" if value else "")


def as_json(reading: Reading, *, rows: bool) -> dict[str, Any]:
    """What is said of a reading, for programs."""
    found: dict[str, Any] = {
        "file": reading.events.file,
        "digest": reading.events.digest,
        "format": reading.format.name,
        "codebook": reading.format.codebook,
        "unverified": reading.format.unverified,
        "counts": dict(reading.counts),
        "reasons": dict(reading.reasons),
        "notes": list(reading.notes),
        "dropped_columns": dict(reading.dropped_columns),
        "unknown_columns": dict(reading.unknown_columns),
        "seconds": round(reading.seconds, 3),
    }
    if rows:
        found |= {"set_aside": reading.set_aside.to_dicts(), "noted": reading.noted.to_dicts()}
    return found


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _indented(text: str, before: str = "  ") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=before, subsequent_indent=before + "  ", break_long_words=False, break_on_hyphens=False
    )


def _write(target: Path, content: dict[str, Any]) -> None:
    write_text(target, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
