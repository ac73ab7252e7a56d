"""The command `data describe`: what a record looks like, in numbers and figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundswell.cli.data import _indented, _many, _write, mapped
from groundswell.cli.outputs import check_target
from groundswell.core.errors import InputError

if TYPE_CHECKING:
    from groundswell.events.exploring import Exploration
    from groundswell.events.reading import Reading

NAMES, WIDE = 30, 25  # columns of the table of moments


def describe_command(
    file: Path,
    *,
    form: str | None,
    maps: Sequence[str],
    country: str | None,
    encoding: str | None,
    first: str | None,
    last: str | None,
    out: Path | None,
    record: Path | None,
    quiet: bool,
) -> int:
    """Read a record, print its moments, and write figures and numbers where they are asked for."""
    from groundswell.cli.progress import Ticker
    from groundswell.events.exploring import as_json, explore
    from groundswell.events.reading import read
    from groundswell.events.scope import check_period, last_closed
    from groundswell.report.exploring import PAGE

    period = _day(first, "from"), _day(last, "until")
    if record is not None:
        check_target(record, [file])
    if out is not None:
        check_target(out / PAGE, [file, *([record] if record is not None else [])])
    with Ticker(quiet=quiet) as ticker:
        ticker("reading", 0, 100)
        columns = mapped(maps)
        reading = read(file, format=form, columns=columns, country=country, encoding=encoding)
        if not reading.counts["kept"]:
            why = "; ".join((*(f"{n:,} {reason}" for reason, n in reading.reasons.items()), *reading.notes))
            raise InputError(f"no row of it is kept ({why}): see groundswell data check", file=file)
        closed = last_closed(reading)
        check_period(*period, closed)
        found = explore(reading.events, first=period[0], last=period[1], closed=closed, progress=ticker)
        written = []
        if out is not None:
            from groundswell.report.exploring import write

            written = write(found, reading, out, ticker)
    for line in lines(found, reading):
        click.echo(line)
    if record is not None:
        about = {"file": reading.events.file, "digest": reading.events.digest, "format": reading.format.name}
        _write(record, about | as_json(found) | {"reading": {"counts": dict(reading.counts), "notes": list(reading.notes)}})
    for path in (*written[:1], *((record,) if record is not None else ())):
        click.echo(str(path))
    return 0


def _day(text: str | None, key: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text[:40]!r} is no date such as 2022-09-16", key=key) from None


def lines(found: Exploration, reading: Reading) -> Iterator[str]:
    """What is said of a record, for a terminal of 80 columns."""
    import numpy as np

    from groundswell.events.formats.acled import SIMULATED
    from groundswell.report.exploring import INVENTED, WHERE, moment_rows, named, title, told_regions
    from groundswell.report.numbers import shown

    weekly = found.weekly
    yield title(found, reading)
    kinds = _many(sum(year.events for year in found.years), named(found).removesuffix("s"))
    weeks = _many(len(weekly.total), "whole week")
    yield f"{kinds}, {weeks}" + (f", {told_regions(found)}" if len(weekly.total) else "")
    rows = moment_rows(found)
    if rows:
        heads = "".join(f"{name:>{WIDE}}" for name in (named(found), "contested")[: len(rows[0].texts)])
        yield f"{'weekly counts':{NAMES}}{heads}"
    for row in rows:
        yield f"{row.short:{NAMES}}" + "".join(f"{f'{value} ({span})':>{WIDE}}" for value, span in row.texts)
    for name, bursts in found.bursts.items():
        if bursts:
            longest, largest = max(one.weeks for one in bursts), max(bursts, key=lambda one: one.events)
            what = named(found) if name == "total" else "contested"
            yield f"bursts of {what}: {len(bursts)}, up to {longest} weeks; largest {largest.events:,} from {largest.start}"
    if (days := found.weekdays) is not None:
        most = int(np.argmax([one.value for one in days.shares]))
        day, share = DAYS[(days.first + most) % 7], shown(days.shares[most].value)
        yield f"weekdays: most on {day}, {share} times a seventh (p = {days.p:.3f} for any pattern)"
    for name, one in found.echoes.items():
        span = f"{shown(one.echo)} ({shown(one.echo_low)} to {shown(one.echo_high)})"
        said = f"fortieth day, in {WHERE[name]}: {span} events a week more than after matched weeks; {one.cases} weeks with deaths"
        yield from _indented(said, "").splitlines()
    for year in found.years:
        empty = f", {100 * year.empty:.0f} % of region-weeks empty" if np.isfinite(year.empty) else ""
        deaths = f"{year.deaths:,} {'death' if year.deaths == 1 else 'deaths'}"
        yield f"{year.year}: {year.events:,} ({year.contested:,} contested, {deaths}){empty}"
    for note in (*found.notes, *((INVENTED,) if reading.format.name == SIMULATED.name else ())):
        yield from _indented(f"note: {note}", "").splitlines()


DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
