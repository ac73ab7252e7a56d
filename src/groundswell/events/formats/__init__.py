"""Formats in which records of events are published, one file each, and how a file's format is told from its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundswell.core.errors import InputError, nearest
from groundswell.events.formats import acled, mass_mobilization, navco, plain, ucdp, weekly
from groundswell.events.formats.base import NAMES_PEOPLE, PROSE, Batch, Format

__all__ = ["FORMATS", "Batch", "Format", "find", "named", "plainly", "private", "recognise"]

# In this order where two fit equally well.
FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        acled.EVENTS, acled.BEFORE_2023, acled.SIMULATED, acled.WEEKLY, mass_mobilization.PROTESTS, navco.DAILY, navco.CAMPAIGNS,
        ucdp.GED, weekly.TABLE, plain.TABLE, plain.PLAIN,
    )
}  # fmt: skip


_DATE = re.compile(r"\d{1,4}([-/. ])(\d{1,2}|[A-Za-z]{3,9})\1\d{1,4}\b")


def private() -> dict[str, str]:
    """Columns that some format has and no reader reads, because they may name people or quote prose, with the reason."""
    every = [pair for form in FORMATS.values() for pair in form.dropped.items()]
    return {column: why for column, why in every if why in (NAMES_PEOPLE, PROSE)}


def named(columns: Sequence[str], file: str) -> None:
    """Refuse a file whose first line is a row: what it says of people would be taken, and told, as names of columns.

    Raises:
        InputError: a column is called like a day.
    """
    if any(_DATE.match(name.strip()) for name in columns):
        raise InputError("the first line names the columns, and here it is a row with a date; write the names above it", file=file, line=1)


def plainly(name: str) -> str:
    """The name of a column as formats know it: lower case, with underscores."""
    return re.sub(r"[\s.\-]+", "_", name.strip().strip("\ufeff\"' ").lower())


def find(name: str) -> Format:
    """The format of a name.

    Raises:
        InputError: there is none of that name.
    """
    if name not in FORMATS:
        raise InputError(f"there is no such format; there are {', '.join(FORMATS)}", key=name, nearest=nearest(name, FORMATS))
    return FORMATS[name]


def recognise(columns: Sequence[str], first_id: str | None = None, *, file: str | None = None) -> Format:
    """The format of a file with these columns.

    Args:
        columns: as in the file.
        first_id: what stands in the column of ids in the first row; it tells a simulated record from ACLED's.
        file: what errors call it.

    Raises:
        InputError: no format fits; the nearest is named with what it lacks.
    """
    names = [plainly(name) for name in columns]
    fitting = [form for form in FORMATS.values() if form is not plain.PLAIN and set(form.required) <= set(names)]
    if fitting:
        best = max(fitting, key=lambda form: len(set(form.known) & set(names)))
        for form in fitting:
            if form.told_by and first_id is not None and first_id.startswith(form.told_by[1]):
                return form
        return best if best.told_by is None else acled.EVENTS
    raise unlike(columns, closest(names), file)


def closest(names: Sequence[str]) -> Format | None:
    """The format that shares most with the columns, if it shares half of what it needs, or has them under like names."""
    found = set(names)

    def share(form: Format) -> float:
        return sum(name in found or nearest_of(name, found) is not None for name in form.required) / len(form.required)

    every = [form for form in FORMATS.values() if form is not plain.PLAIN and form.told_by is None]
    best = max(every, key=lambda form: (share(form), len(set(form.known) & found)))
    return best if share(best) >= 0.5 else None


def nearest_of(name: str, found: set[str]) -> str | None:
    """A column that may be a misspelling of a name."""
    import difflib

    like = difflib.get_close_matches(name, sorted(found), n=1, cutoff=0.8)
    return like[0] if like else None


def unlike(columns: Sequence[str], form: Format | None, file: str | None) -> InputError:
    """What to tell of columns that are no format's, or that lack some of one."""
    shown = ", ".join(repr(name[:40]) for name in columns[:8]) + (f" and {len(columns) - 8} more" if len(columns) > 8 else "")
    if form is None:
        mend = "`groundswell data check` maps them with --map first=DATE_COLUMN and more"
        problem = f"the columns ({shown}) are those of no format known here; {mend}"
        return InputError(problem, file=file, line=1)
    names = [plainly(name) for name in columns]
    missing = [name for name in form.required if name not in names]
    spare = {name for name in names if name not in form.known}
    like = nearest_of(missing[0], spare)
    told = columns[names.index(like)] if like else None
    lacks = ", ".join(repr(name) for name in missing)
    hint = f" (is it {told[:40]!r}?)" if told else ""
    problem = f"this is most like {form.name} ({form.title}), but has no column {lacks}{hint}; or map columns with --map"
    return InputError(problem, file=file, line=1)
