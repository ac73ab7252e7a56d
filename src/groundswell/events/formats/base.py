"""What a format is, and how its cells become columns of the Events table, with every cell that cannot be read put on a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any

from groundswell.events.table import NAMES, schema

if TYPE_CHECKING:
    import polars as pl

NAMES_PEOPLE = "may name people"
PROSE = "quotes prose"
NOT_NEEDED = "is not needed"

LONGEST_TEXT = 200  # characters of a name of a place
MISSING = ("", ".", "NA", "N/A", "NULL", "NaN", "nan", "None")  # how R, Stata and others write that there is no value
DATES = ("%Y-%m-%d", "%d %B %Y", "%d-%B-%Y", "%d %b %Y", "%d-%b-%Y", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f")
FORMULA = r"^[=+\-@]"  # a text that begins so is one for a spreadsheet
CONTROL = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
MOST = 1 << 53  # the largest count that a number of a spreadsheet holds exactly
LARGEST = 10**11  # of a count: more than people who ever lived, and ten million of them add up exactly
PROBLEM = ("row", "reason", "column", "value", "fatal")


@dataclass(frozen=True)
class Format:
    """A format in which records of events are published.

    Args:
        name: as in `--format`.
        title: what it is.
        codebook: title, version, year and address of what its columns and codes were taken from.
        required: columns without which it cannot be read, in lower case.
        optional: columns that are read where they are there.
        dropped: columns that are known and not read, with the reason.
        normalise: makes rows of the Events table from a batch.
        unverified: what of the codebook could not be checked, in a sentence; empty where nothing is open.
        since: first year that the project covers; earlier dates are noted.
        ids: whether ids are the file's own (or its keys), so that the same id twice is the same event twice.
        simulated: rows are of a simulation; days to come are no mistake.
        told_by: the beginning of the ids that tells it from another format of the same columns.
    """

    name: str
    title: str
    codebook: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    dropped: Mapping[str, str]
    normalise: Callable[[Batch], pl.DataFrame] = field(repr=False)
    unverified: str = ""
    since: int | None = None
    ids: bool = True
    simulated: bool = False
    told_by: tuple[str, str] | None = None

    @property
    def known(self) -> tuple[str, ...]:
        """All columns that the format may have."""
        return (*self.required, *self.optional, *self.dropped)

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are read."""
        return (*self.required, *self.optional)


class Batch:
    """Some rows of a file as text, and the problems found in them.

    Args:
        frame: text columns by the format's names, and `row`.
        form: the format.
        today: days after it are in the future.
        country: what the user said that the country is, for files that do not say it.

    Each method that reads a column returns a series as long as the frame, null where nothing (or nothing readable) stands.
    """

    def __init__(self, frame: pl.DataFrame, form: Format, today: date, country: str | None = None) -> None:
        self.frame, self.form, self.today, self.country = frame, form, today, country
        self.problems: list[pl.DataFrame] = []
        self._stripped: pl.DataFrame | None = None
        self._values: dict[tuple[str, tuple[str, ...]], pl.Series] = {}

    def has(self, name: str) -> bool:
        """Whether the file has the column."""
        return name in self.frame.columns

    def note(self, where: pl.Series, reason: str, column: str, values: pl.Series | None = None, *, fatal: bool = False) -> None:
        """Put rows on the list of problems.

        Args:
            where: which rows; null counts as no.
            reason: what is wrong.
            column: of the file.
            values: what stands there.
            fatal: the rows are set aside; otherwise they are kept.
        """
        import polars as pl

        if not where.any():
            return
        told = values if values is not None else self.cells(column)
        rows = pl.DataFrame({"row": self.frame["row"].filter(where), "value": told.filter(where).cast(pl.String)})
        self.problems.append(
            rows.select("row", pl.lit(reason).alias("reason"), pl.lit(column).alias("column"), "value", pl.lit(fatal).alias("fatal"))
        )

    def cells(self, name: str, missing: tuple[str, ...] = ()) -> pl.Series:
        """The texts as they stand, stripped of blanks; null where a word for nothing stands or the column is not there."""
        import polars as pl

        if not self.has(name):
            return pl.Series(name, [None], dtype=pl.String).new_from_index(0, self.frame.height)
        if self._stripped is None:  # all columns at once: for small files the number of plans counts, not what is in them
            self._stripped = self.frame.select(pl.col(pl.String).str.strip_chars())
        if (name, missing) not in self._values:
            text = self._stripped[name]
            self._values[name, missing] = only(text, ~text.is_in(["", *missing]) if missing else text != "")
        return self._values[name, missing]

    def missing(self, name: str) -> pl.Series:
        """Whether nothing stands in a cell, or a word that says so."""
        return self.cells(name, MISSING).is_null()

    def text(self, name: str, *, missing: tuple[str, ...] = MISSING) -> pl.Series:
        """Short texts: names of places and ids. Control characters become blanks and long texts are cut, which is noted."""
        import polars as pl

        text = self.cells(name)
        each = pl.col(text.name)
        odd = (each.str.contains(CONTROL).any(), each.str.len_bytes().max() > LONGEST_TEXT, each.str.contains(FORMULA).any())
        strange, nothing = text.to_frame().select(pl.any_horizontal(*odd), nothing=each.is_in(list(missing)).any()).row(0)
        if nothing:
            text = self.cells(name, missing)
        if not strange:  # no word for nothing is
            return text
        if (control := text.str.contains(CONTROL)).any():
            self.note(control, "control characters, read as blanks", name, text)
            text = text.str.replace_all(CONTROL, " ").str.strip_chars()
        if (long := text.str.len_bytes() > LONGEST_TEXT).any() and (long := text.str.len_chars() > LONGEST_TEXT).any():
            self.note(long, f"longer than {LONGEST_TEXT} characters, cut", name, text)
            text = text.str.slice(0, LONGEST_TEXT)
        self.note(text.str.contains(FORMULA), "begins like a formula of a spreadsheet, kept as text", name, text)
        return text

    def whole(self, name: str, *, low: int = 0, missing: tuple[str, ...] = MISSING, fatal: bool = False) -> pl.Series:
        """Whole numbers; what is none is noted (or set aside) and left out."""
        import polars as pl

        text = self.cells(name)
        number = text.cast(pl.Int64, strict=False)
        # No word for nothing is a whole number of 0 or more.
        if number.null_count() == text.null_count() and not (number < low).any() and not (number > LARGEST).any():
            return number
        text = self.cells(name, missing)
        frame = pl.DataFrame({"text": text, "whole": text.cast(pl.Int64, strict=False), "real": text.cast(pl.Float64, strict=False)})
        whole, real = pl.col("whole"), pl.col("real")
        exact = (real == real.round()) & (real.abs() < MOST)  # 12.0, as pandas writes whole numbers beside empty cells
        either = pl.when(whole.is_null() & exact).then(real.cast(pl.Int64, strict=False)).otherwise(whole)
        large = (whole > LARGEST).fill_null(False) | ((real > LARGEST) & real.is_finite()).fill_null(False)
        wrong = pl.col("text").is_not_null() & (either.is_null() | (either < low)) & ~large
        found = frame.select(number=pl.when(~(wrong | large)).then(either), large=large, wrong=wrong)
        self.note(found["large"], f"more than {LARGEST:,}, which nothing counts", name, text, fatal=fatal)
        self.note(found["wrong"], "not a whole number" + (f" of {low} or more" if low else ""), name, text, fatal=fatal)
        return found["number"]

    def real(self, name: str) -> pl.Series:
        """Decimal numbers; what is none is noted and left out."""
        import polars as pl

        text = self.cells(name)
        number = text.cast(pl.Float64, strict=False)
        if number.null_count() == text.null_count() and isfinite(number.sum()):  # each of them is finite, and no word for nothing
            return number
        text = self.cells(name, MISSING)
        number = text.cast(pl.Float64, strict=False)
        wrong = text.is_not_null() & ~number.is_finite().fill_null(False)
        self.note(wrong, "not a number", name, text)
        return only(number, ~wrong)

    def day(self, name: str, *, needed: bool = True) -> pl.Series:
        """Dates; a row with one that cannot be read is set aside, and where `needed` also one without any."""
        text = self.cells(name, MISSING)
        days = parsed(text)
        if days.null_count() > text.null_count():
            self.note(text.is_not_null() & days.is_null(), "not a date such as 2022-09-16 or 16 September 2022", name, text, fatal=True)
        if needed and text.null_count():
            self.note(text.is_null(), "no date", name, text, fatal=True)
        return days

    def code(self, name: str, meanings: Mapping[str, str], default: str, *, needed: bool = False) -> pl.Series:
        """Words for codes; what is unknown is noted and read as the default.

        Args:
            meanings: by code in lower case.
            default: of unknown and empty cells.
            needed: note empty cells too.
        """
        import polars as pl

        text = self.cells(name)
        plain = pl.col(name).str.to_lowercase().str.strip_suffix(".0")
        found = text.to_frame().select(plain.replace_strict(dict(meanings), default=None, return_dtype=pl.String)).to_series()
        if not found.null_count():
            return found
        unknown = found.is_null() if needed else found.is_null() & text.is_not_null()
        self.note(unknown, f"unknown, read as {default!r}", name, text)
        return found.fill_null(default)

    def constant(self, value: Any) -> pl.Series:
        """One value for all rows."""
        import polars as pl

        return pl.Series([value]).new_from_index(0, self.frame.height)

    def events(self, columns: Mapping[str, pl.Series]) -> pl.DataFrame:
        """Rows of the Events table from its columns; those that are not given are null, `row` is the batch's."""
        import polars as pl

        types = schema()
        made = {"row": self.frame["row"], **columns}
        none = pl.Series([None]).new_from_index(0, self.frame.height)
        return pl.DataFrame({name: made.get(name, none).cast(types[name]) for name in NAMES}, schema=types)


def parsed(text: pl.Series) -> pl.Series:
    """Dates in any of the ways in which the projects write them; null where a text is none of them."""
    import polars as pl

    days = text.str.to_date(DATES[0], strict=False)
    if days.null_count() > text.null_count():
        open_ = pl.select(pl.lit(days).is_null() & pl.lit(text).is_not_null()).to_series()
        left, at = text.filter(open_), open_.arg_true()
        for form in DATES[1:]:
            found = (
                left.str.to_datetime(form, strict=False, time_unit="us").dt.date() if "%H" in form else left.str.to_date(form, strict=False)
            )
            days = days.scatter(at, found)
            if not found.null_count():
                break
            still = found.is_null()
            left, at = left.filter(still), at.filter(still)
    return only(days, (days >= date(1, 1, 1)) & (days <= date(9999, 12, 31)))


def only(values: pl.Series, where: pl.Series) -> pl.Series:
    """The values where something holds, null elsewhere and where it is null whether it holds."""
    import polars as pl

    return values.zip_with(where, pl.Series([None], dtype=values.dtype))


def spread(days: pl.Series, precision: pl.Series) -> tuple[pl.Series, pl.Series]:
    """First and last day of the week (from Saturday), month or year in which an event is known to have happened."""
    import polars as pl

    frame = pl.DataFrame({"day": days, "precision": precision.cast(pl.String)})
    day, how = pl.col("day"), pl.col("precision")
    week = day - pl.duration(days=(day.dt.weekday() + 1) % 7)
    year = pl.date(day.dt.year(), 12, 31)
    first = pl.when(how == "week").then(week).when(how == "month").then(day.dt.month_start())
    last = pl.when(how == "week").then(week + pl.duration(days=6)).when(how == "month").then(day.dt.month_end())
    both = frame.select(
        first=first.when(how == "year").then(pl.date(day.dt.year(), 1, 1)).otherwise(day),
        last=last.when(how == "year").then(year).otherwise(day),
    )
    return both["first"], both["last"]
